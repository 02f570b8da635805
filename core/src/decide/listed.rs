//! What a list said last: who was on it, each with one word of it, a status or a role.
//!
//! It is remembered as text in the order of the list, a line each, and compared line by line
//! without making any text: nearly always nothing has changed, and a list may have ten
//! thousand lines. What is gone from a list is remembered for a day, so that one answer that
//! lacks something does not make it new.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;

use crate::alert::Seen;

/// Who is on the list, and who was until lately. Both are one text, a line each.
const LISTED: &str = "listed";
const GONE: &str = "gone";

/// How long what is gone stays known, in seconds.
const GONE_KEPT: i64 = 86_400;

/// More could only go at once by mistake.
const GONE_MAX: usize = 20_000;

/// Whoever is on a list, and a word of them.
pub(super) type Line<'a> = (&'a str, &'a str);

/// A list that is not what it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compared<'a> {
    /// What is to be remembered of it.
    pub(super) seen: Seen,
    /// Who is new on it, or has another word, in its order.
    pub(super) moved: Vec<Moved<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved<'a> {
    pub(super) id: &'a str,
    /// The word before; `None`: it is new.
    pub(super) before: Option<String>,
}

/// What a list that was heard at `heard_at` says anew. `None`: nothing is to be remembered.
/// The first look moves nothing.
pub(super) fn compare<'a>(
    seen: Option<&'a Seen>,
    list: impl Iterator<Item = Line<'a>> + Clone,
    heard_at: Timestamp,
) -> Option<Compared<'a>> {
    let list = list.filter(|line| is_plain(*line));
    let before = seen.and_then(|seen| seen.get(LISTED)).map(String::as_str);
    if before.is_some_and(|before| parse(before).eq(list.clone())) {
        return None;
    }
    let gone = seen.and_then(|seen| seen.get(GONE)).map_or("", String::as_str);
    let moved = before.map(|before| moved(before, gone, list.clone(), heard_at));
    let gone = gone_now(before.unwrap_or_default(), gone, list.clone(), heard_at);
    let mut text = String::new();
    for (id, word) in list {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{id}\t{word}");
    }
    let mut seen = Seen::from([(LISTED.to_owned(), text)]);
    if !gone.is_empty() {
        seen.insert(GONE.to_owned(), gone);
    }
    Some(Compared { seen, moved: moved.unwrap_or_default() })
}

/// What cannot be a line could be news for ever.
fn is_plain((id, word): Line<'_>) -> bool {
    !id.is_empty() && !id.contains(['\t', '\n', '\r']) && !word.contains(['\t', '\n', '\r'])
}

fn parse(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

/// Id, word, and when it went.
fn parse_gone(text: &str, now: Timestamp) -> impl Iterator<Item = (&str, &str, i64)> {
    fn line(line: &str) -> Option<(&str, &str, i64)> {
        let (id, rest) = line.split_once('\t')?;
        let (word, at) = rest.split_once('\t')?;
        Some((id, word, at.parse().ok()?))
    }
    text.lines()
        .filter_map(line)
        .filter(move |(_, _, at)| now.as_second().abs_diff(*at) < GONE_KEPT.unsigned_abs())
}

/// Of several with one id the first counts, before and now.
fn moved<'a>(
    before: &str,
    gone: &str,
    list: impl Iterator<Item = Line<'a>>,
    heard_at: Timestamp,
) -> Vec<Moved<'a>> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    let missed = parse_gone(gone, heard_at).map(|(id, word, _)| (id, word));
    for (id, word) in parse(before).chain(missed) {
        known.entry(id).or_insert(word);
    }
    let mut met = BTreeSet::new();
    let first = list.filter(|(id, _)| met.insert(*id));
    first
        .filter_map(|(id, word)| match known.get(id) {
            None => Some(Moved { id, before: None }),
            Some(before) if *before != word => {
                Some(Moved { id, before: Some((*before).to_owned()) })
            }
            Some(_) => None,
        })
        .collect()
}

/// Who is not on the list any more; whoever went last is kept first.
fn gone_now<'a>(
    before: &str,
    gone: &str,
    list: impl Iterator<Item = Line<'a>>,
    heard_at: Timestamp,
) -> String {
    let mut here: BTreeSet<&str> = list.map(|(id, _)| id).collect();
    let now = heard_at.as_second();
    let newly = parse(before).map(|(id, word)| (id, word, now));
    let mut text = String::new();
    let all = newly.chain(parse_gone(gone, heard_at));
    for (id, word, at) in all.filter(|(id, _, _)| here.insert(id)).take(GONE_MAX) {
        let _ = writeln!(text, "{id}\t{word}\t{at}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + minute * 60).unwrap()
    }

    /// Plays `(minute, list, what is told)` rows against one memory.
    #[track_caller]
    fn check(rows: &[(i64, &[Line<'_>], &[&str])]) {
        let mut seen: Option<Seen> = None;
        for (minute, list, expected) in rows {
            let compared = compare(seen.as_ref(), list.iter().copied(), at(*minute));
            let told: Vec<String> = compared.iter().flat_map(|it| &it.moved).map(shown).collect();
            assert_eq!(told, *expected, "minute {minute}");
            seen = compared.map(|compared| compared.seen).or(seen);
            let again = compare(seen.as_ref(), list.iter().copied(), at(*minute));
            assert_eq!(again, None, "minute {minute}: looked at twice");
        }
    }

    fn shown(moved: &Moved<'_>) -> String {
        let before = moved.before.as_deref().map(|before| format!(" was {before}"));
        format!("{}{}", moved.id, before.unwrap_or_default())
    }

    #[test]
    fn the_first_look_remembers_and_each_change_is_told_once() {
        check(&[
            (0, &[("a", "on"), ("b", "off")], &[]),
            (1, &[("b", "off"), ("a", "on")], &[]),
            (2, &[("b", "on"), ("c", "on"), ("a", "on")], &["b was off", "c"]),
            (3, &[], &[]),
            (4, &[("d", "on")], &["d"]),
        ]);
        check(&[(0, &[], &[]), (1, &[("a", "on")], &["a"])]);
    }

    #[test]
    fn what_was_missed_in_an_answer_is_not_new_when_it_comes_back_within_a_day() {
        check(&[
            (0, &[("a", "on"), ("b", "on")], &[]),
            (1, &[("a", "on")], &[]),
            (2, &[], &[]),
            (3, &[("b", "off"), ("a", "on")], &["b was on"]),
            (4, &[("b", "off")], &[]),
            (3 + 1_440, &[("b", "off"), ("a", "on")], &[]),
            (3 + 1_441, &[("b", "off")], &[]),
            (3 + 1_441 + 1_440, &[("b", "off"), ("a", "on")], &["a"]),
        ]);
    }

    #[test]
    fn what_is_no_line_or_stands_there_twice_is_no_news_however_often_it_is_seen() {
        let odd: &[Line<'_>] = &[("a\nb", "on"), ("", "on"), ("c", "o\tn"), ("a\tb", "on")];
        check(&[(0, &[("a", "on")], &[]), (1, odd, &[]), (2, odd, &[])]);
        let twice: &[Line<'_>] = &[("a", "on"), ("a", "off")];
        check(&[(0, twice, &[]), (1, twice, &[]), (2, &[("a", "on")], &[])]);
    }
}
