//! How the polls go, as it is shown to people. Whoever polls answers.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jiff::Timestamp;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Width;

/// Knows how the polls of every organization go.
pub trait Polls: Debug + Send + Sync + 'static {
    /// `None` when the organization is not polled here.
    fn standing(&self, organization: &OrganizationName) -> Option<Standing>;
}

/// How the polls of one organization go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What keeps the organization as a whole from being polled, in a sentence.
    pub trouble: Option<String>,
    pub reports: BTreeMap<Report, PollState>,
}

/// How the polls of one report go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollState {
    /// The word of the label `outcome`; `None` before the first answer.
    pub outcome: Option<&'static str>,
    pub succeeded_at: Option<Timestamp>,
    /// Why it fails now; `None` when it does not.
    pub problem: Option<Problem>,
    pub backfill: Vec<BackfillState>,
}

/// What is wrong, in words an operator can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub since: Timestamp,
    pub cause: String,
    pub fix: String,
}

/// How far the past of one report has been read, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackfillState {
    pub width: Width,
    /// Where what has been read begins.
    pub read_from: Timestamp,
    /// Where it is to begin.
    pub target: Timestamp,
    pub percent: u8,
}
