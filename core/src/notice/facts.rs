//! What a piece of news says: everything a message shows.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::action::{ActionId, ActionState};
use crate::alert::EpisodeId;
use crate::amount::Amount;
use crate::ledger::Basis;
use crate::notice::NoticeRef;
use crate::quantity::Quantity;
use crate::reading::Report;
use crate::rule::{Metric, Severity};
use crate::subject::{ActionName, RuleName, Subject};
use crate::window::Window;

/// What kind of rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    Budget,
    Quota,
    Threshold,
    RateLimit,
    Freshness,
    Change,
    Keys,
    Members,
    Audit,
    /// Built in: what became of an action.
    Action,
    /// Built in: whether the organization that answers is the right one.
    Identity,
    /// Built in: notices that could not be delivered.
    Delivery,
    /// A test message.
    Test,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Budget,
        Self::Quota,
        Self::Threshold,
        Self::RateLimit,
        Self::Freshness,
        Self::Change,
        Self::Keys,
        Self::Members,
        Self::Audit,
        Self::Action,
        Self::Identity,
        Self::Delivery,
        Self::Test,
    ];

    /// The word for it in configuration, payloads and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Quota => "quota",
            Self::Threshold => "threshold",
            Self::RateLimit => "rate_limit",
            Self::Freshness => "freshness",
            Self::Change => "change",
            Self::Keys => "keys",
            Self::Members => "members",
            Self::Audit => "audit",
            Self::Action => "action",
            Self::Identity => "identity",
            Self::Delivery => "delivery",
            Self::Test => "test",
        }
    }

    /// The kind with this [`label`](Self::label).
    pub fn named(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == label)
    }
}

/// What there is to say of one alert at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub episode: EpisodeId,
    /// The notice in which the episode was first told. `None` only until it is grouped.
    pub root: Option<NoticeRef>,
    pub rule: RuleName,
    pub kind: Kind,
    pub severity: Severity,
    pub subject: Subject,
    /// What the ids of the subject are called.
    pub names: Names,
    pub matter: Matter,
    /// How much; `None` where the matter is not about a figure, or none is known.
    pub value: Option<Quantity>,
    /// Against what.
    pub limit: Option<Quantity>,
    pub basis: Option<Basis>,
    pub data_until: Option<Timestamp>,
    /// Since when it fires.
    pub since: Timestamp,
    /// When it ended; only in a resolve.
    pub ended_at: Option<Timestamp>,
    pub period: Option<Window>,
    /// The zone that times are shown in.
    pub zone_name: String,
    pub forecast: Option<Forecast>,
    /// Who used most, largest first.
    pub contributors: Vec<Contributor>,
    /// What the step does about it.
    pub actions: Vec<Announced>,
}

/// Names for the ids of a subject, where they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub workspace: Option<String>,
    pub api_key: Option<String>,
}

/// What happened, in the terms of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matter {
    /// A step of a budget or quota: a share of its limit.
    Step {
        #[serde(with = "rust_decimal::serde::str")]
        step: Decimal,
        /// The forecast reached it, not the figure itself.
        forecast: bool,
        /// The step that is told next.
        #[serde(with = "rust_decimal::serde::str_option")]
        next_step: Option<Decimal>,
        /// It was crossed in a period that had ended when its last data came.
        late: bool,
        /// The limit is the API's own: no rule can raise it.
        api_limit: bool,
    },
    /// A figure beyond a bound, over a window.
    Bound { metric: Metric, above: bool, window: SignedDuration },
    /// Use of a rate limit, as a mean over a stretch of closed minutes.
    RateLimit { group: String, limiter: String, over: SignedDuration },
    /// Data of a report do not come, or are older than they should be.
    Stale { report: Report, refused: bool, cause: Option<String>, fix: Option<String> },
    /// Something is not what it was.
    Changed { what: String, before: Option<String>, after: Option<String> },
    /// Something about an API key that somebody should look after.
    Key {
        trouble: KeyTrouble,
        /// The command that mends it, ready to be typed.
        command: String,
    },
    /// Something about who may do what.
    Person {
        /// An address, else a name or an id.
        who: String,
        trouble: PersonTrouble,
    },
    /// The audit log tells of something that somebody wants to hear of.
    Activity {
        /// The API's word for it.
        activity: String,
        actor: String,
        at: Timestamp,
        /// What else the API says of it, by its own names.
        details: BTreeMap<String, String>,
        /// Others that the rule asks for and that came with it, told by their number alone.
        more: u64,
    },
    /// What became of an action that a step took.
    Acted {
        action: ActionName,
        id: ActionId,
        /// What it does: `disable key batch-worker of workspace ingest-prod`.
        does: String,
        state: ActionState,
        error: Option<String>,
        /// Why what was done cannot be undone, if so.
        no_undo: Option<String>,
    },
    /// Another organization answers.
    Stranger { expected: String, heard: String, fix: String },
    /// A notice reached nobody on this channel.
    Undelivered { channel: String, recipient: String, error: String },
    /// Nothing happened: somebody wants to see a message arrive.
    Test,
}

/// What about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyTrouble {
    /// It is older than keys should become.
    Old { created_at: Timestamp, older_than: SignedDuration },
    /// It will stop working, or has stopped.
    Expiring { expires_at: Timestamp },
    /// It was not there before.
    New { created_by: Option<String> },
    /// Somebody switched it on or off.
    Status { before: String, after: String },
}

/// What about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonTrouble {
    /// Administrators are more than they were. `before`: the role they had; `None`: they are new.
    NewAdmin {
        before: Option<String>,
        role: String,
    },
    Role {
        before: String,
        after: String,
    },
    /// An invite that nobody takes.
    Invited {
        role: String,
        invited_at: Timestamp,
    },
    /// Somebody who may do things, and does none.
    Inactive {
        last_active_at: Timestamp,
        inactive_for: SignedDuration,
    },
}

/// An action that a step takes, as the notice of the step announces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub action: ActionName,
    /// What it does: `disable key batch-worker of workspace ingest-prod`.
    pub does: String,
    pub verdict: Announcement,
}

/// Whether it will be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Announcement {
    /// It is on its way, under this name.
    Ordered(ActionId),
    /// It would be, were it not a dry run.
    DryRun(ActionId),
    /// It has been ordered in this period before. `state`: how far it is, where that is known.
    Already { id: ActionId, state: Option<ActionState> },
    /// The organization does not allow actions.
    NotAllowed,
    /// Nothing was found that it is for.
    NothingToDo { id: ActionId, why: String },
}

/// What the end of the period will bring, in the unit of the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub low: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub high: Decimal,
    /// When the limit is reached, where that is within the period.
    pub exhausted_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributor {
    pub workspace: String,
    pub model: Option<String>,
    pub api_key: String,
    pub value: Amount,
    /// Of the value the news is about.
    #[serde(with = "rust_decimal::serde::str")]
    pub share: Decimal,
    /// Times what it spent in the same part of the period before, where that is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub change: Option<Decimal>,
}

impl Facts {
    /// What is about no figure and no part of an organization, under an episode of this name.
    pub fn bare(
        episode: EpisodeId,
        rule: RuleName,
        kind: Kind,
        severity: Severity,
        matter: Matter,
        since: Timestamp,
    ) -> Self {
        Self {
            episode,
            root: None,
            rule,
            kind,
            severity,
            subject: Subject::ORGANIZATION,
            names: Names::default(),
            matter,
            value: None,
            limit: None,
            basis: None,
            data_until: None,
            since,
            ended_at: None,
            period: None,
            zone_name: "UTC".to_owned(),
            forecast: None,
            contributors: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// The value as a share of the limit.
    pub fn ratio(&self) -> Option<Decimal> {
        self.value?.ratio_of(self.limit?)
    }
}
