//! What the poller is told of one organization.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::Task;
use crate::claude::{Api, Client};
use crate::schedule::{Bell, Cadence, Job};
use crate::store::Fence;

/// How one organization is polled.
#[derive(Clone, Debug)]
pub struct Settings {
    pub organization: OrganizationName,
    /// The name it must have at first contact.
    pub expect_name: Option<String>,
    pub cadences: Cadences,
    /// The least time between two polls of a report, and between two chunks of its past:
    /// a minute, as the reports ask of their clients; less where the API is a rehearsal.
    pub floor: SignedDuration,
    /// Polls begin within this time of their cadence, each at a place of its own.
    pub start_jitter: SignedDuration,
    pub ledger: LedgerSettings,
}

/// How often each report is polled.
#[derive(Clone, Debug, PartialEq)]
pub struct Cadences(BTreeMap<Report, Cadence>);

/// One organization to poll, with what is its own.
#[derive(Debug)]
pub struct Organization {
    pub settings: Settings,
    pub client: Client,
    pub fence: Fence,
    /// Rung after each commit.
    pub committed: Bell,
}

impl Cadences {
    pub fn new(of: impl FnMut(Report) -> Cadence) -> Self {
        let mut of = of;
        Self(Report::ALL.into_iter().map(|report| (report, of(report))).collect())
    }

    fn of(&self, report: Report) -> Option<&Cadence> {
        self.0.get(&report)
    }
}

impl Settings {
    pub(super) fn job(&self, task: Task) -> Job {
        let (floor, spread) = (self.floor, self.start_jitter);
        let at_floor = Cadence::Every(floor);
        match task {
            Task::Poll(report) => {
                let cadence = self.cadences.of(report).cloned().unwrap_or(at_floor);
                Job { cadence, floor, spread }
            }
            Task::Fill(_) => Job { cadence: at_floor, floor, spread: floor },
        }
    }
}

/// The reports that an API has.
pub const fn reports(api: Api) -> &'static [Report] {
    match api {
        Api::Admin => &[
            Report::Usage,
            Report::Cost,
            Report::Analytics,
            Report::Company,
            Report::RateLimits,
            Report::SpendLimits,
            Report::Keys,
            Report::Members,
            Report::Audit,
        ],
        // Its totals by day have money beside the tokens.
        Api::Company => &[
            Report::Usage,
            Report::Company,
            Report::Quota,
            Report::Keys,
            Report::Members,
            Report::Audit,
        ],
    }
}
