//! Whether the daemon can do its work: the store is open, every part runs.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// Named conditions, all of which must hold.
///
/// Every condition is named at the start, unmet, so that forgetting one is not readiness.
/// Stale data are not among them: they are status, metrics and alerts.
#[derive(Debug)]
pub struct Readiness(RwLock<BTreeMap<&'static str, Option<String>>>);

impl Readiness {
    const NOT_YET: &'static str = "not yet";

    pub fn of(conditions: impl IntoIterator<Item = &'static str>) -> Self {
        let unmet = |name| (name, Some(Self::NOT_YET.to_owned()));
        Self(RwLock::new(conditions.into_iter().map(unmet).collect()))
    }

    /// The condition holds from now on.
    pub fn met(&self, condition: &'static str) {
        self.set(condition, None);
    }

    /// The condition does not hold, and why.
    pub fn unmet(&self, condition: &'static str, why: impl Into<String>) {
        self.set(condition, Some(why.into()));
    }

    /// What does not hold and why; empty when ready.
    pub fn missing(&self) -> Vec<(&'static str, String)> {
        let conditions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let unmet = conditions.iter().filter_map(|(name, why)| Some((*name, why.clone()?)));
        unmet.collect()
    }

    fn set(&self, condition: &'static str, why: Option<String>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(condition, why);
    }
}
