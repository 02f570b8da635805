//! The offending line as it is shown: without secrets, underlined.
//!
//! A line may hold a key or a password anywhere: under a misspelled name, in an
//! inline table beside the real mistake, without its quotes, in the middle of a
//! text that never ends, in a comment. So every value is masked, unless the key
//! before it is known to be harmless, or the stretch complained about is public.

use std::ops::Range;

use super::document::Position;

/// A line and the marks beneath it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) text: String,
    pub(super) underline: String,
}

const MASK: &str = "***";

/// Keys whose values are no secrets, so that their lines can be shown in full.
const HARMLESS: [&str; 41] = [
    "allow_plain",
    "allow_public",
    "amount",
    "analytics",
    "api",
    "at",
    "ca_file",
    "company",
    "cost",
    "days",
    "every",
    "expect_name",
    "fallback",
    "fallback_after",
    "format",
    "from",
    "give_up_after",
    "hours",
    "id",
    "key_spend",
    "keys",
    "level",
    "listen",
    "members",
    "minutes",
    "name",
    "organization",
    "organizations_dir",
    "path",
    "period",
    "quota",
    "rate_limits",
    "series_max",
    "severity",
    "spend_limits",
    "time_zone",
    "tls",
    "to",
    "usage",
    "username",
    "week_start",
];

/// Longer lines are cut around the mark.
const WIDTH_MAX: usize = 160;

impl Quote {
    pub(super) fn of(position: Position<'_>) -> Self {
        let (line, span) = position.line();
        // An array or a table that stands where a word should may hold anything.
        let is_word = !line[span.clone()].starts_with(['[', '{']);
        let public = if position.is_public && is_word { span.clone() } else { 0..0 };
        let mut shown = Shown { text: String::new(), marked: Vec::new(), span };
        for piece in pieces(line) {
            let is_public = public.start <= piece.range.start && piece.range.end <= public.end;
            // Whatever else is true of it, this is a key.
            let is_key = line[piece.range.clone()].contains("sk-ant-");
            if is_key || (piece.is_doubtful && !is_public) {
                shown.mask(piece.range);
            } else {
                shown.copy(line, piece.range);
            }
        }
        shown.finish()
    }
}

/// A stretch of a line, and whether it may be a secret.
struct Piece {
    range: Range<usize>,
    is_doubtful: bool,
}

/// Splits a line into what can be shown and what must be masked.
fn pieces(line: &str) -> Vec<Piece> {
    let is_header = is_header(line);
    let mut scan = Scan { line, at: 0, brackets: 0, is_header, is_harmless: is_header };
    std::iter::from_fn(|| scan.next()).collect()
}

/// A table's header holds names only.
fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[') && !line.contains(['=', ','])
}

/// Where a line has been read to, and what is known of what follows.
struct Scan<'a> {
    line: &'a str,
    at: usize,
    /// How many arrays are open.
    brackets: usize,
    is_header: bool,
    /// Whether the key before is one of [`HARMLESS`].
    is_harmless: bool,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<Piece> {
        let rest = &self.line[self.at..];
        let (length, is_doubtful) = match rest.chars().next()? {
            '#' => (rest.len(), true),
            '=' | ',' | '{' | '}' | ' ' | '\t' => (1, false),
            '[' => {
                self.brackets += 1;
                (1, false)
            }
            ']' => {
                self.brackets = self.brackets.saturating_sub(1);
                // What stands behind an array belongs to no key.
                self.is_harmless &= self.brackets > 0;
                (1, false)
            }
            first => self.word(rest, first),
        };
        let range = self.at..self.at + length;
        self.at = range.end;
        Some(Piece { range, is_doubtful })
    }

    /// A key, when `=` follows it and none stands before it, else a value.
    fn word(&mut self, rest: &str, first: char) -> (usize, bool) {
        let length = word_length(rest, first);
        let is_key = rest[length..].trim_start().starts_with('=')
            && !self.line[..self.at].trim_end().ends_with('=');
        if is_key {
            self.is_harmless = HARMLESS.contains(&last_name(&rest[..length]));
            return (length, false);
        }
        // A text without an end may have swallowed what came after it.
        let has_swallowed = is_unended(&rest[..length]);
        // What our arrays hold stands in quotes.
        let is_stray = !self.is_header && self.brackets > 0 && !"\"'".contains(first);
        let is_doubtful = !self.is_harmless || has_swallowed || is_stray;
        // A key has one value, or those of its array. What else follows is in ruins.
        self.is_harmless &= self.brackets > 0;
        (length, is_doubtful)
    }
}

/// The part of a dotted key that names the value.
fn last_name(key: &str) -> &str {
    let last = key.rsplit('.').next().unwrap_or(key);
    last.trim_matches(['"', '\''])
}

/// How long the quoted text or the bare word is that `rest` begins with.
fn word_length(rest: &str, first: char) -> usize {
    if first == '"' || first == '\'' {
        return literal_length(rest, first);
    }
    rest.find(|c: char| c.is_whitespace() || "=,{}[]\"'#".contains(c))
        .filter(|length| *length > 0)
        .unwrap_or(if "\r\u{b}\u{c}".contains(first) { 1 } else { rest.len() })
}

fn is_unended(word: &str) -> bool {
    let quote = word.chars().next().filter(|first| "\"'".contains(*first));
    let is_escaped = word.ends_with("\\\"") && !word.ends_with("\\\\\"");
    quote.is_some_and(|quote| word.len() < 2 || !word.ends_with(quote) || is_escaped)
}

/// How long the quoted text is that `rest` begins with; to the end when it never ends.
fn literal_length(rest: &str, quote: char) -> usize {
    let triple = String::from(quote).repeat(3);
    let fence = if rest.starts_with(&triple) { &triple } else { &triple[..1] };
    let mut at = fence.len();
    while at < rest.len() {
        let left = &rest[at..];
        if left.starts_with(fence) {
            return at + fence.len();
        }
        let is_escape = quote == '"' && left.starts_with('\\');
        at += left.chars().take(1 + usize::from(is_escape)).map(char::len_utf8).sum::<usize>();
    }
    rest.len()
}

/// A line on its way to the screen.
struct Shown {
    text: String,
    /// For each character of `text`, whether it is underlined.
    marked: Vec<bool>,
    /// What is to be underlined, in bytes of the line.
    span: Range<usize>,
}

impl Shown {
    fn mask(&mut self, range: Range<usize>) {
        let is_marked = self.span.start < range.end && range.start < self.span.end;
        MASK.chars().for_each(|c| self.put(c, is_marked));
    }

    fn copy(&mut self, line: &str, range: Range<usize>) {
        for (offset, c) in line[range.clone()].char_indices() {
            let is_marked = self.span.contains(&(range.start + offset));
            let c = if c == '\t' { ' ' } else { c };
            // What a terminal would obey rather than show is replaced.
            self.put(if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }, is_marked);
        }
    }

    fn put(&mut self, c: char, is_marked: bool) {
        self.text.push(c);
        self.marked.push(is_marked);
    }

    fn finish(mut self) -> Quote {
        let first = self.marked.iter().position(|marked| *marked).unwrap_or(self.marked.len());
        if first == self.marked.len() {
            // Something is missing at the end of the line.
            self.marked.push(true);
        }
        let skipped = if first < WIDTH_MAX { 0 } else { first - WIDTH_MAX / 2 };
        let text: String = self.text.chars().skip(skipped).take(WIDTH_MAX).collect();
        let marks = self.marked.iter().skip(skipped).take(WIDTH_MAX);
        let underline: String = marks.map(|marked| if *marked { '^' } else { ' ' }).collect();
        Quote { text: text.trim_end().to_owned(), underline: underline.trim_end().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::document::Document;
    use super::*;

    fn quoted(line: &str, marked: &str, is_public: bool) -> (String, String) {
        let (number, path) = (0, PathBuf::from("file"));
        let document = Document { number, path, text: line.to_owned(), is_exposed: false };
        let start = line.find(marked).unwrap();
        let position = document.position(start..start + marked.len());
        let quote = Quote::of(if is_public { position.public() } else { position });
        (quote.text, quote.underline)
    }

    #[test]
    fn harmless_lines_are_shown_in_full() {
        let lines = [
            "listen = \"127.0.0.1:9185\"",
            "keep = { minutes = \"2d\", hours = \"60d\", days = \"3y\" }",
            "[channel.email.\"on call\"]",
            "to = [\"a@example.com\", \"b@example.com\"]",
            "poll.usage = \"1m\"",
        ];
        for line in lines {
            assert_eq!(quoted(line, line, false).0, line);
        }
    }

    #[test]
    fn no_line_shows_a_secret() {
        let lines = [
            "key = \"hunter2\"",
            "kye = \"hunter2\"",
            "api =[ \"admin\" , hunter2",
            "api =[ \"admin\" ] hunter2",
            "api =[ \"admin\" \" hunter2",
            "key = hunter2",
            "key = \"hunter2",
            "key = '''hunter2",
            "hunter2",
            "  and hunter2 goes on\"\"\"",
            "organization = [{ name = \"acme\", key = \"hunter2\" }]",
            "key \"hunter2\"",
            "listen = \"x\" # hunter2",
            "name = \"acme\", password = \"a\\\"hunter2\"",
            "\"password\" = \"hunter2\"",
            "\"pass.word\" = 'hunter2'",
            "password = = hunter2 = 3",
            "key = { value = \"hunter2\" }",
            "secret = [\"x\", \"hunter2\"]",
            "api = \"admi\\\" # hunter2",
            "name = \"acme\" key \"hunter2\"",
        ];
        for line in lines {
            let (text, _) = quoted(line, line, false);
            assert!(!text.contains("hunter2"), "{line} is shown as {text}");
        }
        assert_eq!(quoted("listen = \"sk-ant-1\"", "\"sk-ant-1\"", true).0, "listen = ***");
    }

    #[test]
    fn the_mark_stands_under_what_it_means_also_after_a_mask() {
        let line = "\tkey = \"a long secret\", lisen = \"127.0.0.1\"";
        let (text, underline) = quoted(line, "lisen", false);
        assert_eq!(text, " key = ***, lisen = ***");
        assert_eq!(underline, "            ^^^^^");
        let (text, underline) = quoted(line, "\"127.0.0.1\"", true);
        assert_eq!(text, " key = ***, lisen = \"127.0.0.1\"");
        assert_eq!(underline.trim_start(), "^^^^^^^^^^^");
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let line = format!("to = [{}\"b\"]", "\"a@example.com\", ".repeat(200));
        let (text, underline) = quoted(&line, "\"b\"", true);
        assert!(text.ends_with("\"b\"]"), "{text}");
        assert!(underline.ends_with(" ^^^"), "{underline}");
    }

    #[test]
    fn terminals_are_not_sent_commands() {
        assert_eq!(quoted("name = \"\u{1b}[2J\"", "name", false).0, "name = \"\u{fffd}[2J\"");
    }
}
