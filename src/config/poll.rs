//! `[poll]`: how often each report is read.

use croner::Cron;
use jiff::SignedDuration;
use usagewarden_core::reading::Report;

/// When each report is read, in the order of [`Report::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll([Cadence; Report::ALL.len()]);

/// When one report is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cadence {
    Every(SignedDuration),
    /// Five or six fields, in the organization's zone. Never fires faster than the report's floor.
    Cron(Box<Cron>),
}

impl Poll {
    pub fn of(&self, report: Report) -> &Cadence {
        &self.0[report as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (Report, &Cadence)> {
        Report::ALL.into_iter().zip(&self.0)
    }
}
