//! What is wrong with a configuration, where, and what to do about it.
//!
//! A problem is shown the way compilers show theirs: what, where, the line
//! itself, and a hint. The line is masked by [`quote`](super::quote) first.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::document::Position;
use super::quote::Quote;

/// All that is wrong, in the order of files and lines. Never empty.
#[derive(Debug)]
pub struct Problems(Vec<Problem>);

/// One thing that is wrong, or that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub level: Level,
    pub message: String,
    /// `None`: it is about what is not written anywhere.
    #[serde(flatten)]
    pub place: Option<Place>,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The configuration is refused.
    Error,
    /// It works, but probably not as meant.
    Warning,
}

/// Where something is written; lines and columns count from one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    #[serde(skip)]
    quote: Quote,
}

/// Why one value is refused, before anyone knows where it stands.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// Whether the value must not be quoted, not even as the culprit.
    pub(super) is_private: bool,
}

/// Where problems are noted, so that reading goes on after the first.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<Noted>>);

#[derive(Debug)]
struct Noted {
    /// Which file, and how far into it.
    order: (usize, usize),
    /// About what is not there: worthless where the file could not be parsed.
    absence: bool,
    syntax: bool,
    problem: Problem,
}

impl Problems {
    /// Nothing was found wrong, and yet there is nothing to run: our fault, said as such.
    pub(super) fn unexplained() -> Self {
        let message = "the configuration could not be understood, for no known reason".to_owned();
        let hint = Some("please report this".to_owned());
        Self(vec![Problem { level: Level::Error, message, place: None, hint }])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}: {}", self.message)?;
        let gutter = self.place.as_ref().map_or(1, |place| place.line.to_string().len());
        if let Some(place) = &self.place {
            let (file, line, column) = (place.file.display(), place.line, place.column);
            write!(f, "\n{:gutter$}--> {file}:{line}:{column}", "")?;
            write!(f, "\n{:gutter$} |\n{line} | {}", "", place.quote.text)?;
            write!(f, "\n{:gutter$} | {}", "", place.quote.underline)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n{:gutter$} = help: {hint}", ""),
            None => Ok(()),
        }
    }
}

impl Complaint {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, is_private: false }
    }

    pub(super) fn hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    pub(super) fn private(self) -> Self {
        Self { is_private: true, ..self }
    }

    /// The same, as the end of a sentence that begins with `subject`.
    pub(super) fn about(self, subject: impl fmt::Display) -> Self {
        Self { message: format!("{subject} {}", self.message), ..self }
    }
}

impl Notes {
    /// Notes what is wrong with what is written at `position`.
    pub(super) fn error(&self, position: Position<'_>, complaint: Complaint) {
        self.note(Level::Error, Some(position), complaint, false, false);
    }

    /// Notes that the file breaks off or cannot be parsed at `position`.
    pub(super) fn syntax(&self, position: Position<'_>, complaint: Complaint) {
        self.note(Level::Error, Some(position), complaint, false, true);
    }

    /// Notes that something is missing where `position` would hold it.
    pub(super) fn absence(&self, position: Option<Position<'_>>, complaint: Complaint) {
        self.note(Level::Error, position, complaint, true, false);
    }

    /// Notes that a whole file cannot be read.
    pub(super) fn unreadable(&self, number: usize, complaint: Complaint) {
        self.note(Level::Error, None, complaint, false, true);
        if let Some(noted) = self.0.borrow_mut().last_mut() {
            noted.order = (number, 0);
        }
    }

    pub(super) fn warning(&self, position: Option<Position<'_>>, complaint: Complaint) {
        self.note(Level::Warning, position, complaint, false, false);
    }

    /// As [`warning`](Self::warning), but the same words only once, wherever they stand.
    pub(super) fn warning_once(&self, position: Position<'_>, complaint: Complaint) {
        let is_known = self.0.borrow().iter().any(|note| note.problem.message == complaint.message);
        if !is_known {
            self.warning(Some(position), complaint);
        }
    }

    fn note(
        &self,
        level: Level,
        position: Option<Position<'_>>,
        Complaint { message, hint, .. }: Complaint,
        absence: bool,
        syntax: bool,
    ) {
        let order = position.map_or((usize::MAX, 0), Position::order);
        let place = position.map(|position| {
            let (line, column) = position.line_and_column();
            let file = position.document.path.clone();
            Place { file, line, column, quote: Quote::of(position) }
        });
        let (message, hint) = (without_keys(message), hint.map(without_keys));
        let problem = Problem { level, message, place, hint };
        self.0.borrow_mut().push(Noted { order, absence, syntax, problem });
    }

    /// `Ok` with the warnings when nothing is wrong, `Err` with all errors otherwise.
    pub(super) fn finish(self) -> Result<Vec<Problem>, Problems> {
        let mut noted = self.0.into_inner();
        noted.sort_by_key(|note| note.order);
        forget_consequences(&mut noted);
        let mut problems: Vec<Problem> = noted.into_iter().map(|note| note.problem).collect();
        problems.dedup();
        let is_error = |problem: &Problem| problem.level == Level::Error;
        if problems.iter().any(is_error) {
            problems.retain(is_error);
            return Err(Problems(problems));
        }
        Ok(problems)
    }
}

/// A key put where a name or a path belongs must not come back in a message.
fn without_keys(text: String) -> String {
    const PREFIX: &str = "sk-ant-";
    if !text.contains(PREFIX) {
        return text;
    }
    let is_part_of_a_key = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut pieces = text.split(PREFIX);
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        shown += "sk-ant-***";
        shown += piece.trim_start_matches(is_part_of_a_key);
    }
    shown
}

/// A line that could not be parsed makes other things look missing or wrong; only
/// the line itself is worth a word.
fn forget_consequences(noted: &mut Vec<Noted>) {
    let broken: Vec<Broken> = noted.iter().filter(|note| note.syntax).map(Broken::of).collect();
    noted.retain(|note| note.syntax || !broken.iter().any(|broken| broken.causes(note)));
}

/// A line that could not be parsed.
struct Broken {
    file: usize,
    line: usize,
    /// What follows a broken header looks as if it stood in the table before.
    is_header: bool,
}

impl Broken {
    fn of(note: &Noted) -> Self {
        let place = note.problem.place.as_ref();
        let is_header = place.is_some_and(|place| place.quote.text.trim_start().starts_with('['));
        Self { file: note.order.0, line: place.map_or(0, |place| place.line), is_header }
    }

    /// Whether `note` may be nothing but a consequence.
    fn causes(&self, note: &Noted) -> bool {
        let line = note.problem.place.as_ref().map_or(0, |place| place.line);
        let (is_same_file, is_nowhere) = (self.file == note.order.0, note.order.0 == usize::MAX);
        if note.absence {
            return is_same_file || is_nowhere;
        }
        is_same_file && (self.line == line || (self.is_header && self.line < line))
    }
}
