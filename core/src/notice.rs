//! What people must be told, with an identity that never changes.
//!
//! An episode bears the name of its first notice: whoever knows a notice knows
//! the root of its thread. Identities are made from what was decided, never from
//! chance, so deciding twice after a crash names the same notice.

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
    /// The period before, for as long as late data may still move it.
    pub ended: Option<Ended>,
}

/// Where an alert stood when its period ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub state: AlertState,
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
    /// How often the amount changed within the period: a step that is armed
    /// again is another notice.
    pub revision: u32,
    /// Shares that were told, or that a higher one spoke for; ascending.
    pub told: Vec<Decimal>,
}

impl AlertRecord {
    /// An alert that nothing is known of yet.
    pub fn quiet(rule: RuleName, subject: Subject) -> Self {
        let (state, memory) = (AlertState::Quiet, StepMemory::default());
        Self { rule, subject, state, memory, ended: None }
    }
}

impl StepMemory {
    /// A period in which nobody was told anything yet.
    pub fn begin(period_from: Timestamp, amount: Amount) -> Self {
        Self { period_from: Some(period_from), amount, revision: 0, told: Vec::new() }
    }
}

impl Notice {
    /// Whether its episode began with it.
    pub fn is_root(&self) -> bool {
        self.id == self.facts.episode.root()
    }
}

impl NoticeId {
    /// The episode that begins with this notice.
    pub fn opens(&self) -> EpisodeId {
        EpisodeId(self.0.clone())
    }
}

impl EpisodeId {
    /// The notice the episode began with.
    pub fn root(&self) -> NoticeId {
        NoticeId(self.0.clone())
    }
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
    /// The step that is told next.
    pub next_step: Option<Decimal>,
    pub value: Amount,
    pub limit: Amount,
    pub basis: Option<Basis>,
    pub data_until: Option<Timestamp>,
    /// When people were first told in this episode.
    pub since: Timestamp,
    pub period: Window,
    /// The step was crossed in a period that had ended when its last data came.
    pub late: bool,
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
