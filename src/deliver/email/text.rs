//! A mail for people who read plain text.

use crate::deliver::email::story::{Item, Spender, Story};
use usagewarden_core::words::whole_percent;

/// Lines that most mail programs leave alone.
const WIDTH: usize = 76;

/// Lays `story` out in lines. The line breaks are those of mail: CR and LF.
pub(super) fn render(story: &Story) -> String {
    let mut lines = wrapped(&story.headline, "", "");
    match story.items.as_slice() {
        [only] if story.left_out == 0 => lines.extend(body(only)),
        several => {
            for item in several {
                lines.extend(part(item));
            }
        }
    }
    if story.left_out > 0 {
        lines.extend([String::new(), left_out(story)]);
    }
    lines.extend([String::new(), format!("Look here: {}", story.url), String::new()]);
    lines.push("-- ".to_owned());
    lines.extend(wrapped(&story.footer, "", ""));
    lines.push(String::new());
    lines.join("\r\n")
}

/// For both bodies.
pub(super) fn left_out(story: &Story) -> String {
    format!("And {} more, which {}.", story.left_out, story.left_out_at)
}

/// One of several: a rule, its heading, and what there is to say.
fn part(item: &Item) -> Vec<String> {
    let mut lines = vec![String::new(), "-".repeat(WIDTH)];
    let label = item.label.to_uppercase();
    lines.extend(wrapped(&item.heading, &format!("{label}: "), "  "));
    lines.push(String::new());
    lines.extend(wrapped(&item.sentence, "", ""));
    lines.extend(body(item));
    lines
}

/// Everything below the sentence.
fn body(item: &Item) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(wrapped(&item.lead, "", ""));
    lines.push(String::new());
    let names = item.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &item.rows {
        let first = format!("  {name:names$}  ");
        lines.extend(wrapped(value, &first, &" ".repeat(first.len())));
    }
    lines.extend(spenders(&item.spenders));
    lines.extend(points(DONE, &item.actions));
    lines.extend(points(TO_DO, &item.advice));
    lines
}

/// For both bodies.
pub(super) const DONE: &str = "What is done about it";
pub(super) const TO_DO: &str = "What to do";

/// Nothing, where there are none.
fn points(title: &str, points: &[String]) -> Vec<String> {
    if points.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), title.to_owned(), String::new()];
    for point in points {
        lines.extend(wrapped(point, "  - ", "    "));
    }
    lines
}

fn spenders(spenders: &[Spender]) -> Vec<String> {
    if spenders.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), "Who spent most".to_owned(), String::new()];
    let values = spenders.iter().map(|spender| spender.value.len()).max().unwrap_or(0);
    for Spender { share, value, who } in spenders {
        let percent = whole_percent(*share).to_string();
        let first = format!("  {percent:>3} %  {value:>values$}  ");
        lines.extend(wrapped(who, &first, &" ".repeat(first.len())));
    }
    lines
}

/// Breaks `text` at spaces, but never between a number and its `%`; a word that is too
/// long stays whole.
fn wrapped(text: &str, first: &str, rest: &str) -> Vec<String> {
    let text = text.replace(" %", "\u{a0}%");
    let mut lines = Vec::new();
    let (mut line, mut is_fresh) = (first.to_owned(), true);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(&word.replace('\u{a0}', " "));
        is_fresh = false;
    }
    lines.push(line);
    lines
}
