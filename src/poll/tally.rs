//! The polls of each organization, counted and shown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::reports;
use crate::claude::{Api, Outcome};

/// What the polls of one report came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// In the order of [`Outcome::ALL`].
    outcomes: [u64; Outcome::ALL.len()],
    /// In seconds since the epoch; 0 before the first success.
    pub last_success: f64,
}

/// By report.
pub type Tallies = BTreeMap<Report, Tally>;

/// Called with all tallies of an organization whenever one of them has moved.
pub type Show = Arc<dyn Fn(&OrganizationName, &Tallies) + Send + Sync>;

impl Tally {
    pub fn outcomes(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.into_iter().zip(self.outcomes)
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        self.outcomes[outcome as usize] += 1;
    }
}

/// The tallies of all organizations. A move is shown under the lock, so that what is
/// shown never goes back.
#[derive(Clone)]
pub(super) struct Tallied {
    rows: Arc<BTreeMap<OrganizationName, Mutex<Tallies>>>,
    show: Show,
}

impl fmt::Debug for Tallied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tallied").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Tallied {
    /// Every report of every organization at zero.
    pub(super) fn new(organizations: &[(OrganizationName, Api)]) -> Self {
        let row = |(name, api): &(OrganizationName, Api)| {
            let zero = reports(*api).iter().map(|report| (*report, Tally::default())).collect();
            (name.clone(), Mutex::new(zero))
        };
        let rows = Arc::new(organizations.iter().map(row).collect());
        Self { rows, show: Arc::new(|_, _| {}) }
    }

    /// Shows all there is, and from now on what moves.
    pub(super) fn shown_by(&mut self, show: Show) {
        self.show = show;
        for name in self.rows.keys() {
            self.update(name, |_| {});
        }
    }

    pub(super) fn update(
        &self,
        organization: &OrganizationName,
        change: impl FnOnce(&mut Tallies),
    ) {
        let Some(row) = self.rows.get(organization) else { return };
        let mut tallies = row.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut tallies);
        (self.show)(organization, &tallies);
    }
}
