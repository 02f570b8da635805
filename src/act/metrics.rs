//! What acting counts: where actions stand, and what came of each attempt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use usagewarden_core::action::course::Errand;
use usagewarden_core::action::{ActionState, Stage};
use usagewarden_core::subject::{ActionName, OrganizationName};

use crate::store::{Store, StoreError};

/// Of so many of the newest actions it is counted where they stand.
const COUNTED_MAX: usize = 1_000;

/// What came of one attempt at one target; the label `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Done,
    /// It was as it should be already.
    Unneeded,
    Refused,
    /// It did not work, and may heal.
    Failed,
    Undone,
    /// An undo left it alone.
    Kept,
}

impl Outcome {
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Unneeded, Self::Refused, Self::Failed, Self::Undone, Self::Kept];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unneeded => "unneeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Kept => "kept",
        }
    }

    /// What a target that was settled at `stage` is counted as.
    pub(super) const fn of(stage: Stage, errand: Errand) -> Self {
        match (stage, errand) {
            (Stage::Done, _) => Self::Done,
            (Stage::Undone, _) => Self::Undone,
            (Stage::Refused | Stage::Doubted | Stage::Stuck, _) => Self::Refused,
            (Stage::Kept, _) => Self::Kept,
            (Stage::Left | Stage::Waiting | Stage::Begun | Stage::Returning, Errand::Do) => {
                Self::Unneeded
            }
            (Stage::Left | Stage::Waiting | Stage::Begun | Stage::Returning, Errand::Undo) => {
                Self::Kept
            }
        }
    }
}

type Pair = (OrganizationName, ActionName);

/// The counters of the lanes.
#[derive(Clone, Debug)]
pub struct ActMetrics {
    actions: IntGaugeVec,
    attempts: IntCounterVec,
    /// Those that have series: what drains goes to zero.
    known: Arc<Mutex<BTreeSet<Pair>>>,
}

impl ActMetrics {
    /// `pairs`: every organization that allows actions, with every action it may take.
    pub fn register(registry: &Registry, pairs: &[Pair]) -> prometheus::Result<Self> {
        let help = "Actions that steps have ordered, by state; of the newest thousand.";
        let opts = Opts::new("usagewarden_actions", help);
        let actions = IntGaugeVec::new(opts, &["organization", "action", "state"])?;
        let help = "Attempts to change a target of an action, or to change it back, by outcome.";
        let opts = Opts::new("usagewarden_action_attempts_total", help);
        let attempts = IntCounterVec::new(opts, &["organization", "action", "outcome"])?;
        registry.register(Box::new(actions.clone()))?;
        registry.register(Box::new(attempts.clone()))?;
        let metrics = Self { actions, attempts, known: Arc::default() };
        metrics.know(pairs.iter().cloned());
        metrics.show(&BTreeMap::new());
        Ok(metrics)
    }

    /// A series that does not exist yet cannot be alerted on, so all start at zero.
    fn know(&self, pairs: impl Iterator<Item = Pair>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (organization, action) in pairs {
            for outcome in Outcome::ALL {
                let labels = [organization.as_str(), action.as_str(), outcome.label()];
                self.attempts.with_label_values(&labels);
            }
            known.insert((organization, action));
        }
    }

    pub(super) fn attempted(
        &self,
        organization: &OrganizationName,
        action: &ActionName,
        outcome: Outcome,
    ) {
        let labels = [organization.as_str(), action.as_str(), outcome.label()];
        self.attempts.with_label_values(&labels).inc();
    }

    /// Counts where actions stand.
    pub(super) async fn count(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut counts: BTreeMap<Pair, BTreeMap<ActionState, i64>> = BTreeMap::new();
        for record in store.actions(COUNTED_MAX).await? {
            let pair = (record.order.organization, record.order.action);
            *counts.entry(pair).or_default().entry(record.state).or_default() += 1;
        }
        self.know(counts.keys().cloned());
        self.show(&counts);
        Ok(())
    }

    fn show(&self, counts: &BTreeMap<Pair, BTreeMap<ActionState, i64>>) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for pair in known.iter() {
            for state in ActionState::ALL {
                let count = counts.get(pair).and_then(|states| states.get(&state));
                let labels = [pair.0.as_str(), pair.1.as_str(), state.label()];
                self.actions.with_label_values(&labels).set(count.copied().unwrap_or(0));
            }
        }
    }
}
