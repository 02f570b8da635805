//! Actions: what is done about a step, at most once a period, and how it can be undone.
//!
//! An operator writes an [`Action`] and lets a step of a budget take it. Deciding makes an
//! [`Order`] of it, with every target named; the order is committed in the transaction that
//! tells people of the step. Whoever carries it out writes down what was there before, then
//! changes it, then writes down that it did: after a crash at any point it is known what
//! may have happened, and doing it again changes nothing more.
//!
//! An order never reaches beyond what is written: its targets are those of the action's own
//! scope that also belong to the subject of the alert. Nothing here asks an API.

pub mod course;
mod target;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::rule::{Glob, Severity};
use crate::subject::{
    ActionName, ApiKeyId, ChannelName, OrganizationName, RuleName, Subject, WorkspaceId,
};

pub use target::{Nothing, targets};

/// What can be done about a step, as it is written under `[action.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Unique over all actions.
    pub name: ActionName,
    pub measure: Measure,
    /// It is ordered, announced and shown, and nothing is changed.
    pub dry_run: bool,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Makes active keys of one workspace inactive (Admin API).
    DisableKeys {
        /// Id or name, whole: no pattern. `default` is the default workspace.
        workspace: String,
        /// Patterns on names, or whole ids; never empty.
        keys: Vec<Glob>,
    },
    /// Lowers a monthly spend limit; one that is lower already stays.
    LowerSpendLimit {
        /// Id or name, whole; `None`: the organization's own.
        workspace: Option<String>,
        to: Amount,
    },
    /// Lowers rate limits of one workspace (Admin API); one that is lower already stays.
    LowerRateLimit {
        /// Id or name, whole; never the default workspace, which can have none.
        workspace: String,
        /// Groups of models, by name.
        group: Glob,
        limiter: String,
        to: u64,
    },
    /// Sends a signed request to a webhook channel, for a program to act on.
    CallWebhook { channel: ChannelName },
}

/// Names an order for ever: rule, organization, subject, action, period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub String);

/// Something to be done, frozen as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: ActionId,
    pub organization: OrganizationName,
    pub action: ActionName,
    pub rule: RuleName,
    pub subject: Subject,
    /// The share at which it was ordered.
    #[serde(with = "rust_decimal::serde::str")]
    pub step: Decimal,
    /// Of that step.
    pub severity: Severity,
    /// Where the period of the step begins; `None`: it is rolling.
    pub period_from: Option<Timestamp>,
    pub decided_at: Timestamp,
    pub dry_run: bool,
    /// For people: `disable the key batch-worker of workspace ingest-prod`.
    pub does: String,
    /// May be empty: nothing was found that the action is for.
    pub targets: Vec<Target>,
    /// Why there are no targets, in words.
    pub nothing: Option<String>,
}

/// One thing that an order changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Key {
        id: ApiKeyId,
        name: String,
        /// Checked again before it is changed: it must still be the key's own.
        workspace: WorkspaceId,
        workspace_name: String,
    },
    SpendLimit {
        /// `None`: the organization's own.
        workspace: Option<WorkspaceId>,
        workspace_name: Option<String>,
        to: Amount,
    },
    RateLimit {
        workspace: WorkspaceId,
        workspace_name: String,
        /// The organization's entry, by which a workspace's limit is set.
        limit_id: String,
        group: String,
        limiter: String,
        to: u64,
    },
    Webhook {
        channel: ChannelName,
    },
}

/// How far one target is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doing {
    /// What was there before, written down before it is changed; what an undo brings back.
    pub before: Option<Before>,
    pub stage: Stage,
    /// What there is to say of it, in words: why it failed, or was left alone.
    pub said: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    #[default]
    Waiting,
    /// It may have been changed.
    Begun,
    Done,
    /// It was as it should be already; an undo leaves it alone.
    Left,
    /// It could not be changed, for good: it is as it was.
    Refused,
    /// It could not be looked at again, for good, after a try whose answer never came: it may
    /// have been changed, and an undo looks.
    Doubted,
    /// An undo may have changed it back.
    Returning,
    Undone,
    /// An undo left it alone: somebody changed it since, or it cannot be taken back.
    Kept,
    /// It could not be changed back, for good.
    Stuck,
}

/// What a target was before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Before {
    /// `active`, …
    Key { status: String },
    /// `None`: there was no limit.
    SpendLimit { amount: Option<Amount> },
    /// `None`: the workspace had no limit of its own.
    RateLimit { value: Option<u64> },
    /// There was something, and nobody can be asked what: the company API does not show the
    /// limit it was given.
    Unknown,
    /// There is nothing that could be brought back.
    Nothing,
}

/// An order, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    pub order: Order,
    pub state: ActionState,
    /// Tries so far of what it is at now: doing, or undoing.
    pub attempts: u32,
    /// Not tried before.
    pub next_attempt_at: Timestamp,
    /// One for each target, in their order.
    pub doings: Vec<Doing>,
    /// What went wrong last, in words; keys masked.
    pub last_error: Option<String>,
    /// When it came to where it is.
    pub state_since: Timestamp,
    /// When somebody asked for it to be undone.
    pub undo_asked_at: Option<Timestamp>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActionState {
    /// Not tried yet.
    Queued,
    /// Failed at least once, in a way that may heal.
    Retrying,
    Done,
    /// The API said no for good, or there was nothing to do it to.
    Refused,
    /// Tried for as long as makes sense.
    GivenUp,
    /// Only shown, as its action is a dry run.
    DryRun,
    /// An undo was asked for and is under way.
    Undoing,
    Undone,
}

impl ActionState {
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Retrying,
        Self::Done,
        Self::Refused,
        Self::GivenUp,
        Self::DryRun,
        Self::Undoing,
        Self::Undone,
    ];

    /// The word for it in answers, logs and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::DryRun => "dry_run",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether somebody has to carry it on.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Retrying | Self::Undoing => true,
            Self::Done | Self::Refused | Self::GivenUp | Self::DryRun | Self::Undone => false,
        }
    }
}

impl ActionRecord {
    /// An order that nobody has looked at yet. Without a target it has ended already.
    pub fn new(order: Order) -> Self {
        let state = match (order.dry_run, order.targets.is_empty()) {
            (true, _) => ActionState::DryRun,
            (false, true) => ActionState::Refused,
            (false, false) => ActionState::Queued,
        };
        let at = order.decided_at;
        Self {
            state,
            attempts: 0,
            next_attempt_at: at,
            doings: vec![Doing::default(); order.targets.len()],
            last_error: order.nothing.clone(),
            state_since: at,
            undo_asked_at: None,
            order,
        }
    }

    /// Whether an undo has nothing left to do; one that was refused has not either.
    pub fn is_undone(&self) -> bool {
        let is_stuck = |doing: &Doing| doing.stage == Stage::Stuck;
        self.state == ActionState::Undone
            || !self.state.is_open() && self.doings.iter().any(is_stuck)
    }
}
