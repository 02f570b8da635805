//! The latest snapshot of every organization, for those who only read.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::OrganizationName;

/// Latest snapshots. The lock is held for as long as a pointer takes to copy.
#[derive(Debug, Default)]
pub struct Views(RwLock<BTreeMap<OrganizationName, Arc<Snapshot>>>);

impl Views {
    /// Shows a snapshot, unless a newer one is shown already.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        let mut views = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let shown = views.get(&snapshot.organization).map_or(0, |shown| shown.revision);
        if snapshot.revision >= shown {
            views.insert(snapshot.organization.clone(), snapshot);
        }
    }

    pub fn get(&self, organization: &OrganizationName) -> Option<Arc<Snapshot>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(organization).cloned()
    }
}
