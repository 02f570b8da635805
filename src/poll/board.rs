//! What the status page can know of the polls: written here, read elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Width;

use super::health::Health;
use super::identity::Identity;
use super::progress::Progress;

/// How the polls of every organization are doing. A clone is the same board; outside
/// of this room it can only be read.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<OrganizationName, Standing>>>);

/// How the polls of one organization are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub identity: Identity,
    /// Another daemon has taken it over; it is no longer polled here.
    pub taken_over: bool,
    pub polls: BTreeMap<Report, Health>,
    /// Filling in the past, by report.
    pub fills: BTreeMap<Report, Health>,
    pub progress: BTreeMap<(Report, Width), Progress>,
}

impl Board {
    /// One organization as it stands; `None` when it is not polled here.
    pub fn standing(&self, organization: &OrganizationName) -> Option<Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(organization).cloned()
    }

    pub fn organizations(&self) -> Vec<OrganizationName> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Changes what stands of one organization, creating it when new.
    pub(super) fn change<R>(
        &self,
        organization: &OrganizationName,
        change: impl FnOnce(&mut Standing) -> R,
    ) -> R {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(board.entry(organization.clone()).or_default())
    }
}
