//! Alerts: where each rule stands for each subject, over ticks and restarts.
//!
//! An alert is quiet, pending or firing. Each time it leaves quiet for firing an episode
//! begins, whose id names it everywhere until it resolves. What is remembered here is
//! what keeps people from being told twice, or not at all.

mod memory;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::notice::NoticeRef;
use crate::rule::Severity;
use crate::subject::{ChannelName, RuleName, Subject};

pub use memory::{Foreseen, Ordered, StepMemory};

/// Names an episode: one stay of an alert outside quiet, from fire to resolve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpisodeId(pub String);

/// Where one rule stands for one subject: one packed row of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    pub rule: RuleName,
    pub subject: Subject,
    pub state: AlertState,
    /// Steps of which people were told, in the period they were told in.
    pub memory: StepMemory,
    /// The periods before, newest first, for as long as late data may still move them.
    pub ended: Vec<Ended>,
    /// What a rule of kind `change` saw last, by field; `None` before it first looked.
    pub seen: Option<Seen>,
}

/// What was seen last, by name of field; compared with what is seen next.
pub type Seen = std::collections::BTreeMap<String, String>;

/// Where an alert stood when its period ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub state: AlertState,
    pub memory: StepMemory,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertState {
    #[default]
    Quiet,
    /// The condition holds, but not for as long as the rule wants.
    Pending {
        since: Timestamp,
    },
    Firing(Episode),
}

/// A stay outside quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub id: EpisodeId,
    pub severity: Severity,
    /// When it began to fire.
    pub since: Timestamp,
    /// When people were last told, or it was last put down for telling.
    pub told_at: Timestamp,
    /// The notice it was first told in; `None` while that waits for its group.
    pub root: Option<NoticeRef>,
    /// Who was told. A resolve goes to nobody else.
    pub channels: Vec<ChannelName>,
}

impl AlertRecord {
    /// An alert that nothing is known of yet.
    pub fn quiet(rule: RuleName, subject: Subject) -> Self {
        let (state, memory) = (AlertState::Quiet, StepMemory::default());
        Self { rule, subject, state, memory, ended: Vec::new(), seen: None }
    }

    /// Whether it remembers nothing: it need not be kept.
    pub fn is_blank(&self) -> bool {
        self.state == AlertState::Quiet
            && self.memory == StepMemory::default()
            && self.ended.is_empty()
            && self.seen.is_none()
    }
}

impl AlertState {
    pub fn episode(&self) -> Option<&Episode> {
        match self {
            Self::Firing(episode) => Some(episode),
            Self::Quiet | Self::Pending { .. } => None,
        }
    }

    /// The value of the label `state`; `None` while quiet.
    pub const fn label(&self) -> Option<&'static str> {
        match self {
            Self::Quiet => None,
            Self::Pending { .. } => Some("pending"),
            Self::Firing(_) => Some("firing"),
        }
    }
}
