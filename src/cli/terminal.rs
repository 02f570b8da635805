//! Where answers go: text for people, JSON for programs, errors to stderr.
//!
//! The only place that writes to the standard streams. A reader that has gone away
//! (`usagewarden status | head -1`) is no error: what it did not want is dropped.
//!
//! Names, addresses and messages come from outside. Whatever in them could move a cursor, hide
//! or turn around what is shown is replaced here, so that nobody agrees to what they cannot see.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr, stdin, stdout};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use serde::Serialize;
use serde_json::Value;

use crate::config::{Environment, Problem, Problems};

/// The standard streams, and how to write to them.
#[derive(Debug)]
pub struct Terminal {
    json: bool,
    color: bool,
    live: bool,
    /// Letters of the line that may still be redrawn.
    open: usize,
    /// Whoever read the answers is gone.
    left: bool,
}

/// How a word is marked where there is color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Good,
    Warn,
    Bad,
    Strong,
    Faint,
}

/// What [`Terminal::marked`] writes, and nothing else may.
const MARKS: [&str; 6] = ["\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"];

impl Mark {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "31",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

impl Terminal {
    pub fn of_process(environment: &Environment, json: bool) -> Self {
        let is_terminal = stdout().is_terminal();
        let live = is_terminal && environment.text("TERM") != Some("dumb");
        Self { json, color: is_terminal && !environment.no_color(), live, open: 0, left: false }
    }

    /// Whether a program asked.
    pub const fn json(&self) -> bool {
        self.json
    }

    pub fn marked(&self, mark: Mark, text: impl Display) -> String {
        if self.color { format!("\x1b[{}m{text}\x1b[0m", mark.code()) } else { text.to_string() }
    }

    /// One line of an answer.
    pub fn line(&mut self, text: impl Display) {
        self.raw(harmless(&text.to_string()));
    }

    /// What programs read stays as it is: JSON escapes on its own.
    fn raw(&mut self, text: impl Display) {
        self.close();
        self.left |= writeln!(stdout().lock(), "{text}").is_err();
    }

    /// Whether nobody reads any more, so that an answer without end may end.
    pub const fn is_left(&self) -> bool {
        self.left
    }

    /// A line that must arrive: a secret that is shown once. Fails where nobody can have read it.
    pub fn hand(&mut self, secret: &str) -> std::io::Result<()> {
        self.close();
        let mut out = stdout().lock();
        writeln!(out, "{secret}").and_then(|()| out.flush())
    }

    /// Whether a line can be redrawn: people watch, and their terminal can go back.
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// A line that stands until the next one, redrawn or not. `letters` are those that
    /// show; it must fit the terminal's width.
    pub fn redraw(&mut self, text: &str, letters: usize) {
        let (rest, mut out) = (self.open.saturating_sub(letters), stdout().lock());
        let _ = write!(out, "\r{text}{:rest$}", "").and_then(|()| out.flush());
        self.open = letters;
    }

    /// Clears the line that may be redrawn.
    fn close(&mut self) {
        if self.open > 0 {
            // Behind it may stand the `^C` of whoever ends it.
            let _ = write!(stdout().lock(), "\r{:1$}\r", "", self.open + 2);
            self.open = 0;
        }
    }

    /// One of many answers for a program, on a line of its own.
    pub fn record(&mut self, value: &Value) {
        self.raw(value);
    }

    /// One answer for a program.
    pub fn value(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.raw(text),
            Err(error) => {
                self.error(format_args!("the answer could not be written as JSON: {error}"))
            }
        }
    }

    /// A table without lines: columns, aligned; numbers at the right.
    pub fn table(&mut self, heads: &[&str], rows: Vec<Vec<String>>, right: &[usize]) {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(align(heads.iter().map(ToString::to_string).collect(), right));
        for row in rows {
            table.add_row(align(row, right));
        }
        for line in table.lines() {
            self.raw(line.trim_end());
        }
    }

    /// Asks whoever sits at the terminal. `None`: nobody does, or they are gone.
    pub fn ask(&mut self, question: &str) -> Option<bool> {
        if !stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        self.close();
        let mut err = stderr().lock();
        write!(err, "{question} [y/N] ").and_then(|()| err.flush()).ok()?;
        let mut answer = String::new();
        let length = stdin().read_line(&mut answer).ok()?;
        let word = answer.trim().to_lowercase();
        (length > 0).then(|| word == "y" || word == "yes")
    }

    pub fn error(&mut self, text: impl Display) {
        self.close();
        let text = text.to_string();
        let _ = writeln!(stderr().lock(), "error: {}", harmless(&text));
    }

    /// What to do about the error above.
    pub fn hint(&mut self, text: impl Display) {
        let text = text.to_string();
        let _ = writeln!(stderr().lock(), "  {}", harmless(&text));
    }

    /// Everything that is wrong with the configuration.
    pub fn problems(&mut self, problems: &Problems) {
        let _ = writeln!(stderr().lock(), "{problems}");
    }

    pub fn warnings(&mut self, warnings: &[Problem]) {
        for warning in warnings {
            let _ = writeln!(stderr().lock(), "{warning}");
        }
    }
}

fn align(cells: Vec<String>, right: &[usize]) -> Vec<Cell> {
    let aligned = cells.into_iter().enumerate().map(|(column, text)| {
        let side = if right.contains(&column) { CellAlignment::Right } else { CellAlignment::Left };
        // A cell has one line.
        Cell::new(harmless(&text).replace(['\n', '\t'], " ")).set_alignment(side)
    });
    aligned.collect()
}

/// `text` without what a terminal would obey: control characters but for the ends of lines and
/// our own marks, and the marks that turn the order of letters around.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
        let length = mark.map_or(letter.len_utf8(), |mark| mark.len());
        match mark {
            Some(mark) => kept.push_str(mark),
            None if is_obeyed(letter) => kept.push(char::REPLACEMENT_CHARACTER),
            None => kept.push(letter),
        }
        rest = &rest[length..];
    }
    Cow::Owned(kept)
}

fn is_obeyed(letter: char) -> bool {
    let is_turn = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_turn || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_our_marks_stay() {
        let cases = [
            ("schlüssel-ä 鍵", "schlüssel-ä 鍵"),
            ("a\u{1b}[2K\rb", "a\u{fffd}[2K\u{fffd}b"),
            ("a\u{1b}]0;title\u{7}", "a\u{fffd}]0;title\u{fffd}"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("ci\u{202e}dorp", "ci\u{fffd}dorp"),
            ("\u{1b}[31mbad\u{1b}[0m", "\u{1b}[31mbad\u{1b}[0m"),
            ("\u{1b}[8mhidden", "\u{fffd}[8mhidden"),
            ("two\nlines", "two\nlines"),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_mark_of_ours_is_known_and_stays() {
        for mark in [Mark::Good, Mark::Warn, Mark::Bad, Mark::Strong, Mark::Faint] {
            let marked = format!("\x1b[{}mword\x1b[0m", mark.code());
            assert_eq!(harmless(&marked), marked);
        }
    }

    #[test]
    fn a_cell_is_one_line() {
        let cells = align(vec!["a\nb".to_owned(), "c\u{1b}[2J".to_owned()], &[]);
        let shown: Vec<String> = cells.iter().map(Cell::content).collect();
        assert_eq!(shown, ["a b", "c\u{fffd}[2J"]);
    }
}
