//! What a budget or quota remembers, so that each step is told once.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::action::ActionId;
use crate::period::PeriodKind;
use crate::subject::ActionName;

/// The steps of one period, as far as people know of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMemory {
    /// Where the period began that the steps belong to. A rolling period, and one that only
    /// the API knows, begin when they are first judged.
    pub period_from: Option<Timestamp>,
    /// `None`: a period of the API, which says when it resets.
    pub kind: Option<PeriodKind>,
    /// When the API said at last that it resets its count.
    pub resets_at: Option<Timestamp>,
    /// What the steps are shares of: dollars or tokens.
    #[serde(with = "rust_decimal::serde::str")]
    pub limit: Decimal,
    /// How often steps were armed again within the period: one that is told again is
    /// another notice.
    pub revision: u32,
    /// Shares of what is used that were told, or that a higher one spoke for; ascending.
    pub told: Vec<Decimal>,
    /// Shares of the forecast that were told or are about to be; ascending.
    pub foreseen: Vec<Foreseen>,
    /// What was done about steps, by whatever limit they were shares of: once a period.
    pub ordered: Vec<Ordered>,
}

/// An action that a step took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    pub action: ActionName,
    pub id: ActionId,
    pub at: Timestamp,
    /// It was only shown: the same action may still be taken.
    pub dry_run: bool,
}

/// What is remembered of one step of the forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseen {
    #[serde(with = "rust_decimal::serde::str")]
    pub at: Decimal,
    /// Judgements in a row that found the forecast over it.
    pub over: u8,
    /// The newest data of the last of them: the same data are judged once.
    pub judged_until: Option<Timestamp>,
    pub told: bool,
    /// How often it was armed again.
    pub revision: u32,
}

impl StepMemory {
    /// A period in which nobody was told anything yet.
    pub fn begin(kind: Option<PeriodKind>, period_from: Timestamp, limit: Decimal) -> Self {
        Self { kind, period_from: Some(period_from), limit, ..Self::default() }
    }

    /// Whether people know of any step.
    pub fn is_told(&self) -> bool {
        !self.told.is_empty() || self.foreseen.iter().any(|step| step.told)
    }

    /// Whether nothing is remembered but where the period began.
    pub fn is_untouched(&self) -> bool {
        self.told.is_empty() && self.foreseen.is_empty() && self.revision == 0
    }
}

impl Foreseen {
    /// A step of which the forecast was never over.
    pub const fn new(at: Decimal) -> Self {
        Self { at, over: 0, judged_until: None, told: false, revision: 0 }
    }

    /// Whether it need not be kept.
    pub fn is_blank(&self) -> bool {
        *self == Self::new(self.at)
    }
}
