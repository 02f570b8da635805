//! Sliding stretches of time: what was used in the last hour, day or week.
//!
//! A stretch is asked for by its length, and ends where the readings do: now, or at the
//! newest bucket that has settled. It says what it came to row by row, so that whoever
//! judges it can take the rows of a scope and group them. It never passes off a part for
//! the whole: [`WindowUse::covered`] says whether all of it was read.

use jiff::SignedDuration;

use crate::amount::Amount;
use crate::ledger::Basis;
use crate::reading::Tokens;
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};
use crate::window::Window;

/// A sliding stretch of time that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// From a minute to thirty days, in whole minutes.
    pub length: SignedDuration,
    pub buckets: Buckets,
}

/// Which buckets a stretch ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Buckets {
    /// Up to now, buckets that may still grow included: for what can only grow.
    Open,
    /// Up to the newest closed bucket: for ratios, and for what may fall.
    Closed,
}

/// What one stretch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowUse {
    pub wanted: Wanted,
    /// The stretch itself, on whole minutes. Where nothing so fine is kept it begins with the
    /// hour or day, and is longer than wanted.
    pub window: Window,
    /// Whether readings tell of all of it, and were heard within the last fifteen minutes. If
    /// not, the sums are a lower bound.
    pub covered: bool,
    /// Sorted, no two alike in workspace, model, key and tier.
    pub rows: Vec<UseRow>,
    /// Where a source counts requests and tells them for a stretch of this length.
    pub requests: Option<RequestUse>,
}

/// What was used, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRow {
    pub workspace: WorkspaceId,
    /// `None`: not for a model (code execution, sessions).
    pub model: Option<ModelId>,
    pub key: ApiKeyId,
    pub tier: ServiceTier,
    pub tokens: Tokens,
    pub web_searches: u64,
    pub cost: Amount,
    /// `None`: nothing was spent.
    pub basis: Option<Basis>,
    /// Tokens without a price.
    pub unpriced: u64,
}

/// Tokens, searches and money of many rows, as a row has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UseSums {
    pub tokens: Tokens,
    pub web_searches: u64,
    pub cost: Amount,
    pub basis: Option<Basis>,
    pub unpriced: u64,
}

/// Requests of whole hours. Who counts them is hours behind, so they have a window of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestUse {
    pub window: Window,
    /// Sorted, no two alike in workspace and model.
    pub rows: Vec<(WorkspaceId, ModelId, u64)>,
}

impl WindowUse {
    /// Adds up the rows that are to be kept.
    pub fn sum(&self, keep: impl Fn(&UseRow) -> bool) -> UseSums {
        let mut sums = UseSums::default();
        for row in self.rows.iter().filter(|row| keep(row)) {
            sums.add(row);
        }
        sums
    }
}

impl UseSums {
    /// Adds a row: what is billed and what is estimated make a mixture.
    pub fn add(&mut self, row: &UseRow) {
        self.count(row.tokens, row.web_searches);
        if let Some(basis) = row.basis {
            self.charge(basis, row.cost);
        }
        self.unpriced = self.unpriced.saturating_add(row.unpriced);
    }

    pub(crate) fn count(&mut self, tokens: Tokens, web_searches: u64) {
        self.tokens += tokens;
        self.web_searches = self.web_searches.saturating_add(web_searches);
    }

    pub(crate) fn charge(&mut self, basis: Basis, cost: Amount) {
        self.cost += cost;
        self.basis = match self.basis {
            Some(known) if known != basis => Some(Basis::Mixed),
            Some(_) | None => Some(basis),
        };
    }
}
