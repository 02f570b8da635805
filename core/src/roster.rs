//! Inventories: who the organization is, what it has, and what limits it.
//!
//! Both APIs are brought to one form here; a field that only one of them knows
//! is an `Option`. Enum-like words of the wire stay text, since both APIs may add
//! values at any time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::subject::{ApiKeyId, ModelId, WorkspaceId};

/// Who the organization is. The Admin API knows only `id` and `name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub id: String,
    pub name: String,
    pub plan: Option<String>,
    pub created_at: Option<Timestamp>,
    pub features: Vec<String>,
    pub requests_per_minute: Option<u64>,
    pub tokens_per_minute: Option<u64>,
}

/// Tokens of a period (company API).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub used: u64,
    pub remaining: u64,
    /// As reported, else `used + remaining`.
    pub limit: u64,
    /// A date means midnight UTC.
    pub resets_at: Option<Timestamp>,
}

/// Whose rate limit it is, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// What the API calls the entry, where it says: to set a workspace's limit, it is named by
    /// the organization's entry.
    pub id: Option<String>,
    /// `None`: the organization's.
    pub workspace: Option<WorkspaceId>,
    /// Type of the group: `model_group`, `batch`, `token_count`, `files`, …
    pub group_type: String,
    /// Display name of the group, else its id, else its type; the label `group`.
    pub group: String,
    pub models: Vec<ModelId>,
    /// `requests_per_minute`, `input_tokens_per_minute_cache_aware`, …; the label `limiter`.
    pub limiter: String,
    /// `None`: no limit of its own.
    pub value: Option<u64>,
    /// A workspace's limit that is merely the organization's.
    pub inherited: bool,
}

/// A cap on money, as the API reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendLimit {
    pub id: String,
    pub scope: SpendLimitScope,
    /// `None`: no cap in numbers at this scope.
    pub amount: Option<Amount>,
    /// `monthly`, as far as known.
    pub period: String,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpendLimitScope {
    Organization,
    Workspace(WorkspaceId),
    /// The cap that comes with the usage tier.
    UsageTier,
    /// Users, seats, groups, and what may come.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// `default` for the default workspace.
    pub id: WorkspaceId,
    /// What the API calls it, also for the default workspace.
    pub api_id: String,
    pub name: String,
    pub archived: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// `active`, `inactive`, `archived`, `expired`; an open set.
    pub status: String,
    /// `None`: a key of the whole organization, or an API that does not say.
    pub workspace: Option<WorkspaceId>,
    pub hint: Option<String>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Only the company API says.
    pub last_used_at: Option<Timestamp>,
    pub created_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: String,
    pub email: String,
    pub name: Option<String>,
    pub role: String,
    /// Only the company API says.
    pub status: Option<String>,
    pub last_active_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub id: String,
    pub email: String,
    pub role: String,
    pub status: String,
    pub invited_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// An organization that a key of the company API may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub id: String,
    pub name: String,
    pub role: String,
    pub created_at: Option<Timestamp>,
}

/// Tokens and dollars of a range of days, as the company API sums them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTotals {
    pub total_tokens: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// US dollars, not cents.
    #[serde(with = "rust_decimal::serde::str")]
    pub estimated_cost: Decimal,
}

/// One line of the audit log: who did what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// `activity_…`. The company API gives none: there it is made of all that the line says.
    pub id: String,
    pub at: Timestamp,
    /// `platform_api_key_created`, `user.role_updated`, …; an open set.
    pub kind: String,
    pub actor: Actor,
    /// What else the API says of it, by its own names; what is nested is JSON.
    pub details: BTreeMap<String, String>,
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `user_actor`, `admin_api_key_actor`, …; an open set. Empty where the API does not say.
    pub kind: String,
    /// `user_…`, `apikey_…`: whatever id the API gives of this kind.
    pub id: Option<String>,
    /// Only people reliably have one.
    pub email: Option<String>,
}

impl Actor {
    /// The shortest name that tells who it was: address, else id, else kind.
    pub fn name(&self) -> &str {
        self.email.as_deref().or(self.id.as_deref()).unwrap_or(&self.kind)
    }
}
