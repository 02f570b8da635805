//! How the polls are doing: what judging must know that no reading tells.
//!
//! Readings say what was heard. That nothing is heard, or that a stranger answers, only
//! the polls know; they hand it in beside the snapshot. It is not stored: after a
//! restart it is unknown until the first poll, and unknown moves nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::reading::Report;

/// How the polls of one organization are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polling {
    pub identity: Identity,
    /// Reports whose last poll failed.
    pub failing: BTreeMap<Report, Failing>,
    /// Reports whose last poll answered, also those that are not granted.
    pub answering: std::collections::BTreeSet<Report>,
}

/// Whether the organization that answers is the one that is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Its profile has not been heard since the start.
    #[default]
    Unknown,
    Right,
    /// It is not; nothing is stored and nothing else is judged.
    Wrong(Stranger),
}

/// Who answers instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// A name or an id, as it was expected.
    pub expected: String,
    /// The name and the id that were heard.
    pub heard: String,
    /// What to do, in one sentence.
    pub fix: String,
}

/// A report that fails now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub since: Timestamp,
    /// The key was refused: nothing gets better before somebody acts.
    pub refused: bool,
    pub cause: String,
    pub fix: String,
}
