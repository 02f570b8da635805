//! Where the rules stand: every figure they look at, and how many alerts there are.

use serde::Serialize;
use usagewarden_core::alert::AlertState;
use usagewarden_core::decide::{Judged, Standing, Unknown};
use usagewarden_core::notice::Kind;
use usagewarden_core::rule::Severity;

use super::super::figures::Figures;

/// What a rule looks at, in figures, whether anything is wrong or not.
#[derive(Debug, Serialize)]
pub(in crate::web) struct BudgetStatus {
    pub(in crate::web) state: &'static str,
    /// Of what is wrong; null while nothing is.
    pub(in crate::web) severity: Option<&'static str>,
    #[serde(flatten)]
    pub(in crate::web) figures: Figures,
    /// Why nothing can be said.
    pub(in crate::web) unknown: Option<&'static str>,
    /// What the page shows where.
    #[serde(skip)]
    pub(in crate::web) kind: Kind,
}

/// How many alerts an organization has.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(in crate::web) struct AlertCounts {
    pending: usize,
    firing: usize,
}

impl BudgetStatus {
    fn of(standing: &Standing) -> Option<Self> {
        let severity = match &standing.state {
            AlertState::Quiet => None,
            AlertState::Pending { .. } => Some(standing.facts.severity),
            AlertState::Firing(episode) => Some(episode.severity),
        };
        let figures = Figures::of(&standing.facts);
        figures.is_known().then(|| Self {
            state: standing.state.label().unwrap_or("quiet"),
            severity: severity.map(Severity::label),
            figures,
            unknown: standing.unknown.map(Unknown::words),
            kind: standing.facts.kind,
        })
    }
}

/// Every standing that has a figure, in the order of the rules.
pub(super) fn budgets(judged: &Judged) -> Vec<BudgetStatus> {
    judged.standings.iter().filter_map(BudgetStatus::of).collect()
}

impl AlertCounts {
    pub(super) fn of(judged: &Judged) -> Self {
        let mut counts = Self::default();
        for standing in &judged.standings {
            match &standing.state {
                AlertState::Quiet => {}
                AlertState::Pending { .. } => counts.pending += 1,
                AlertState::Firing(_) => counts.firing += 1,
            }
        }
        counts
    }
}
