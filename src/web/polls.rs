//! How the polls of each report go, as it is shown to people.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

/// The last poll of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollState {
    /// The word of the label `outcome`.
    pub outcome: &'static str,
    pub asked_at: Timestamp,
    pub succeeded_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    /// Why the last poll failed; `None` when it did not.
    pub problem: Option<Problem>,
}

/// What is wrong, in words an operator can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub cause: String,
    pub fix: String,
}

/// How much of the past of one report has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackfillState {
    pub buckets_read: u64,
    pub buckets_wanted: u64,
}

/// What is known of one report's polls.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportPolls {
    pub(super) last: Option<PollState>,
    pub(super) backfill: Option<BackfillState>,
}

/// The polls of every organization. Written by whoever polls, read by page and status.
#[derive(Debug, Default)]
pub struct Polls(RwLock<BTreeMap<OrganizationName, BTreeMap<Report, ReportPolls>>>);

impl Polls {
    pub fn polled(&self, organization: &OrganizationName, report: Report, state: PollState) {
        self.change(organization, report, |polls| polls.last = Some(state));
    }

    pub fn backfilled(
        &self,
        organization: &OrganizationName,
        report: Report,
        state: BackfillState,
    ) {
        self.change(organization, report, |polls| polls.backfill = Some(state));
    }

    pub fn remove(&self, organization: &OrganizationName) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(organization);
    }

    pub(super) fn of(&self, organization: &OrganizationName) -> BTreeMap<Report, ReportPolls> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(organization).cloned().unwrap_or_default()
    }

    fn change(
        &self,
        organization: &OrganizationName,
        report: Report,
        change: impl FnOnce(&mut ReportPolls),
    ) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(organization.clone()).or_default().entry(report).or_default());
    }
}
