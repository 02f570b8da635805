//! Whether reports fail together: nothing has answered since they began to.

use jiff::Timestamp;

use crate::polling::Failing;
use crate::reading::Report;
use crate::snapshot::Snapshot;

/// Reports that fail, none of which any answer has followed.
#[derive(Debug)]
pub(super) struct Outage<'a> {
    failing: Vec<(Report, &'a Failing)>,
    /// When anything was last heard. It is stored, and so outlasts a restart.
    answered_at: Option<Timestamp>,
    /// Something has answered since the start.
    answers: bool,
}

impl<'a> Outage<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let answered_at = snapshot.heard.values().map(|heard| heard.heard_at).max();
        let answers = !snapshot.polling.answering.is_empty();
        let mut outage = Self { failing: Vec::new(), answered_at, answers };
        let failing = snapshot.polling.failing.iter().map(|(report, it)| (*report, it));
        outage.failing = failing.filter(|(_, it)| outage.has_lasted_since(it.since)).collect();
        outage
    }

    /// Whether nothing was heard after `since`.
    pub(super) fn has_lasted_since(&self, since: Timestamp) -> bool {
        self.answered_at.is_none_or(|answered_at| since > answered_at)
    }

    /// One report may fail alone, unless it is the profile: nothing is asked before that.
    pub(super) fn is_common(&self) -> bool {
        self.failing.len() > 1 || self.has_profile()
    }

    /// Whether this report's trouble is everyone's.
    pub(super) fn holds(&self, report: Report) -> bool {
        let fails = || self.failing.iter().any(|(one, _)| *one == report);
        self.is_common() && (self.has_profile() || fails())
    }

    /// Something answers, whatever else may fail.
    pub(super) fn is_over(&self) -> bool {
        self.answers && !self.is_common()
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        self.failing.iter().map(|(_, failing)| failing.since).min()
    }

    /// What explains the rest: a refused key, else what failed first.
    pub(super) fn first(&self) -> Option<(Report, &'a Failing)> {
        self.failing.iter().copied().min_by_key(|(_, it)| (!it.refused, it.since))
    }

    fn has_profile(&self) -> bool {
        self.failing.iter().any(|(report, _)| *report == Report::Company)
    }
}
