//! One tick's decision: from a snapshot to what must be written down.

use crate::notice::{AlertRecord, Notice};
use crate::outbox::Destination;

/// What a tick decided. It is committed whole, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Alerts that moved, as they stand now.
    pub alerts: Vec<AlertRecord>,
    /// What people must be told, each with everyone it goes to.
    pub notices: Vec<(Notice, Vec<Destination>)>,
}

impl Plan {
    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.notices.is_empty()
    }
}
