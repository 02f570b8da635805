//! What the outside sees of a commit, and of the polls.

use std::sync::Arc;

use usagewarden_core::snapshot::Snapshot;

use crate::metrics::Exposition;
use crate::web::Views;

/// Where snapshots go once they are committed: metrics and pages, from the same one.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) exposition: Arc<Exposition>,
    pub(super) views: Arc<Views>,
}

impl Front {
    pub(super) fn publisher(self: &Arc<Self>) -> Arc<dyn Fn(Arc<Snapshot>) + Send + Sync> {
        let front = Arc::clone(self);
        Arc::new(move |snapshot| {
            front.exposition.publish(&snapshot);
            front.views.publish(snapshot);
        })
    }
}
