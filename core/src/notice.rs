//! What people must be told, with an identity that never changes.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::ledger::Basis;
use crate::rule::Severity;
use crate::subject::{OrganizationName, RuleName, Subject};
use crate::window::Window;

/// Why people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    Fired,
    Reminded,
    Resolved,
    Test,
}

impl Effect {
    pub const ALL: [Self; 4] = [Self::Fired, Self::Reminded, Self::Resolved, Self::Test];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Reminded => "reminded",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }
}

/// Names an episode: one stay of an alert outside quiet, from fire to resolve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpisodeId(pub String);

/// Names a notice for ever: `webhook-id`, and the root of every `Message-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub String);

/// Where one rule stands for one subject: one packed row of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    pub rule: RuleName,
    pub subject: Subject,
    pub state: AlertState,
    /// Steps of which people were told, in the period they were told in.
    pub memory: StepMemory,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertState {
    Quiet,
    Firing { episode: EpisodeId, severity: Severity, since: Timestamp, last_notice: Timestamp },
}

/// What a budget remembers, so that each step is told once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMemory {
    /// Where the period began that the steps belong to.
    pub period_from: Option<Timestamp>,
    pub amount: Amount,
    /// Shares that were told, ascending.
    pub told: Vec<Decimal>,
}

/// One effect, frozen as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    pub organization: OrganizationName,
    pub decided_at: Timestamp,
    pub effect: Effect,
    pub facts: Facts,
}

/// What a notice says. Everything a message shows is here; it is never looked up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub episode: EpisodeId,
    pub rule: RuleName,
    /// `budget`, …
    pub kind: String,
    pub severity: Severity,
    pub subject: Subject,
    /// The step that was crossed: 0.8 is 80 %.
    pub step: Decimal,
    pub value: Amount,
    pub limit: Amount,
    pub basis: Option<Basis>,
    pub data_until: Option<Timestamp>,
    pub since: Timestamp,
    pub period: Window,
    /// The zone that times are shown in.
    pub zone_name: String,
    /// Who spent most, largest first.
    pub contributors: Vec<Contributor>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributor {
    pub workspace: String,
    pub model: Option<String>,
    pub api_key: String,
    pub value: Amount,
    /// Of the value the notice is about.
    #[serde(with = "rust_decimal::serde::str")]
    pub share: Decimal,
}
