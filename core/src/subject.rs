//! Names of things that spend: organizations, workspaces, models, keys.
//!
//! Ids are what the API calls a thing; they are the identity everywhere, and
//! names are only looked up where a person reads. An id is shared text: a clone
//! costs a counter, so readings can carry their ids without copying them.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Declares an identifier: shared, ordered text of one kind.
macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Shared).map(Self)
            }
        }

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

/// Reads shared text from where it lies. Serde would make a text of its own first, and a
/// page of the ledger has a thousand ids.
struct Shared;

impl Visitor<'_> for Shared {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Arc<str>, E> {
        Ok(text.into())
    }
}

identifier! {
    /// The configured name of an organization: the label `organization`.
    OrganizationName
}
identifier! {
    /// `wrkspc_…`, or [`WorkspaceId::DEFAULT`].
    WorkspaceId
}
identifier! {
    /// A model as the API names it: `claude-sonnet-5-5`.
    ModelId
}
identifier! {
    /// `apikey_…`, or [`ApiKeyId::NONE`] for traffic without a key.
    ApiKeyId
}
identifier! {
    /// `standard`, `batch`, `priority`, …; an open set.
    ServiceTier
}
identifier! {
    /// Where inference ran: `global`, `us`, `not_available`; an open set.
    Geo
}
identifier! {
    /// The name of a rule; unique over all rules.
    RuleName
}
identifier! {
    /// The name of an action that a step takes; unique over all actions.
    ActionName
}
identifier! {
    /// The name of a channel; unique over all channels.
    ChannelName
}

impl WorkspaceId {
    /// The default workspace. Its real id appears only in the inventory.
    pub const DEFAULT: &'static str = "default";
}

impl ModelId {
    /// Where a report tells of no models.
    pub const UNKNOWN: &'static str = "unknown";
    /// Money that is for no model: code execution, sessions.
    pub const NONE: &'static str = "none";
}

impl ApiKeyId {
    /// Traffic that no key authenticated: the Console, or OAuth.
    pub const NONE: &'static str = "none";
}

impl ServiceTier {
    pub const STANDARD: &'static str = "standard";
    pub const BATCH: &'static str = "batch";
}

impl Geo {
    pub const GLOBAL: &'static str = "global";
    /// What reports say of models older than the choice of a place.
    pub const NOT_AVAILABLE: &'static str = "not_available";
}

/// What a rule is judged for. Shown as `organization`, `workspace:ID`, `model:ID`, `key:ID`, joined by commas, and
/// after them the detail as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    pub workspace: Option<WorkspaceId>,
    pub model: Option<ModelId>,
    pub key: Option<ApiKeyId>,
    /// What a rule tells apart beyond these: a report, a limiter of a group, a field.
    pub detail: Option<Arc<str>>,
}

impl Subject {
    /// The organization as a whole.
    pub const ORGANIZATION: Self = Self { workspace: None, model: None, key: None, detail: None };

    /// The organization, told apart by `detail`.
    pub fn detail(detail: impl Into<Arc<str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::ORGANIZATION }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            self.workspace.as_ref().map(|id| format!("workspace:{id}")),
            self.model.as_ref().map(|id| format!("model:{id}")),
            self.key.as_ref().map(|id| format!("key:{id}")),
            self.detail.as_ref().map(ToString::to_string),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() { f.pad("organization") } else { f.pad(&parts.join(",")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_named_by_what_they_narrow() {
        assert_eq!(Subject::ORGANIZATION.to_string(), "organization");
        let narrow = Subject {
            workspace: Some("wrkspc_1".into()),
            model: Some("claude-opus-5-5".into()),
            key: None,
            detail: None,
        };
        assert_eq!(narrow.to_string(), "workspace:wrkspc_1,model:claude-opus-5-5");
    }
}
