//! What was judged last of every organization, for those who only read.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use usagewarden_core::decide::Judged;
use usagewarden_core::subject::OrganizationName;

/// What was judged last. The lock is held for as long as a pointer takes to copy.
#[derive(Debug, Default)]
pub struct Views(RwLock<BTreeMap<OrganizationName, Arc<Judged>>>);

impl Views {
    /// Shows what was judged, unless a newer one is shown already.
    pub fn publish(&self, judged: Arc<Judged>) {
        let mut views = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let shown =
            views.get(&judged.snapshot.organization).map_or(0, |shown| shown.snapshot.revision);
        if judged.snapshot.revision >= shown {
            views.insert(judged.snapshot.organization.clone(), judged);
        }
    }

    pub fn get(&self, organization: &OrganizationName) -> Option<Arc<Judged>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(organization).cloned()
    }

    /// What was judged last of everyone, by name.
    pub fn all(&self) -> Vec<Arc<Judged>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
