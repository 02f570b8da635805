//! What was done, in the words of both activity logs.
//!
//! The Admin API's types are the documented ones where there are any; its set is open. What a
//! dialect has no word for, it does not tell.

mod keys;
mod limits;
mod people;

use serde_json::{Map, Value, json};

pub(crate) use self::keys::KeyDeed;
pub(crate) use self::limits::{LimitDeed, dollars};
pub(crate) use self::people::PersonDeed;

/// People, keys, workspaces and limits go by their ids.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Key { key: String, did: KeyDeed },
    Person(PersonDeed),
    Limit(LimitDeed),
    LoggedIn,
    Viewed(Viewed),
}

/// The Admin API's noise: what reading leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewed {
    UsageReport,
    CostReport,
    Activities,
}

impl Viewed {
    const fn kind(self) -> &'static str {
        match self {
            Self::UsageReport => "platform_usage_report_messages_viewed",
            Self::CostReport => "platform_cost_report_viewed",
            Self::Activities => "compliance_api_accessed",
        }
    }
}

/// A type and what is told beside it.
pub(crate) type Told = (&'static str, Value);

impl Deed {
    /// Whether it is only the trace of somebody reading.
    pub(crate) const fn is_noise(&self) -> bool {
        matches!(self, Self::Viewed(_))
    }

    pub(crate) fn admin(&self) -> Option<Told> {
        match self {
            Self::Key { key, did } => Some(did.admin(key)),
            Self::Person(did) => Some(did.admin()),
            Self::Limit(did) => Some(did.admin()),
            Self::Viewed(viewed) => Some((viewed.kind(), Value::Object(Map::new()))),
            Self::LoggedIn => None,
        }
    }

    pub(crate) fn company(&self) -> Option<Told> {
        match self {
            Self::Key { key, did } => Some(did.company(key)),
            Self::Person(did) => Some(did.company()),
            Self::Limit(did) => Some(did.company()),
            Self::LoggedIn => Some(("user.logged_in", json!({}))),
            Self::Viewed(_) => None,
        }
    }
}
