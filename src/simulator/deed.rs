//! What was done, in the words of both activity logs.
//!
//! The Admin API's types are the documented ones where there are any; its set is open. What a
//! dialect has no word for, it does not tell.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::world::company_role;

/// The Admin API's noise: what reading leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewed {
    UsageReport,
    CostReport,
    Activities,
}

/// People, keys, workspaces and limits by their ids.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    KeyCreated {
        key: String,
        name: String,
        workspace: String,
    },
    KeyRenamed {
        key: String,
        before: String,
        after: String,
    },
    KeyStatus {
        key: String,
        before: &'static str,
        after: &'static str,
    },
    KeyDeleted {
        key: String,
        before: &'static str,
    },
    RoleUpdated {
        user: String,
        email: String,
        before: &'static str,
        after: &'static str,
    },
    UserRemoved {
        user: String,
        email: String,
    },
    InviteSent {
        invite: String,
        email: String,
        role: &'static str,
    },
    InviteDeleted {
        invite: String,
        email: String,
    },
    SpendLimitSet {
        limit: String,
        workspace: Option<String>,
        is_new: bool,
        before: Option<u64>,
        cents: u64,
    },
    SpendLimitDeleted {
        limit: String,
        workspace: Option<String>,
        before: Option<u64>,
    },
    WorkspaceRatesSet {
        workspace: String,
        limit: String,
        limits: Vec<(&'static str, Option<u64>)>,
    },
    OrganizationRatesSet {
        limits: Vec<(&'static str, u64)>,
    },
    LoggedIn,
    Viewed(Viewed),
}

/// A type and what is told beside it.
pub(crate) type Told = (&'static str, Map<String, Value>);

fn told(kind: &'static str, fields: Value) -> Option<Told> {
    match fields {
        Value::Object(fields) => Some((kind, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

/// One change of a key, as the Admin API lists them.
fn updated(key: &str, what: &str, before: &str, after: &str) -> Option<Told> {
    let update = json!({ "type": what, "previous_value": before, "current_value": after });
    told("platform_api_key_updated", json!({ "api_key_id": key, "updates": [update] }))
}

/// The company API sends dollars as a number; whole cents survive that.
pub(crate) fn dollars(cents: u64) -> Value {
    match cents % 100 {
        0 => json!(cents / 100),
        _ => json!((Decimal::from(cents) / Decimal::ONE_HUNDRED).to_f64()),
    }
}

/// `limit_usd` is cents, whatever its name says.
fn spend(limit: &str, workspace: Option<&str>, cents: Option<u64>) -> Value {
    let mut fields = json!({ "spend_limit_id": limit });
    if let Some(workspace) = workspace {
        fields["workspace_id"] = json!(workspace);
    }
    if let Some(cents) = cents {
        fields["limit_action"] = json!("block");
        fields["limit_usd"] = json!(cents);
    }
    fields
}

impl Deed {
    /// Whether it is only the trace of somebody reading.
    pub(crate) const fn is_noise(&self) -> bool {
        matches!(self, Self::Viewed(_))
    }

    pub(crate) fn admin_type(&self) -> Option<&'static str> {
        self.admin().map(|(kind, _)| kind)
    }

    pub(crate) fn admin(&self) -> Option<Told> {
        match self {
            Self::KeyCreated { key, name, workspace } => told(
                "platform_api_key_created",
                json!({ "api_key_id": key, "name": name, "workspace_id": workspace }),
            ),
            Self::KeyRenamed { key, before, after } => updated(key, "name", before, after),
            Self::KeyStatus { key, before, after } => updated(key, "status", before, after),
            Self::KeyDeleted { key, before } => updated(key, "status", before, "archived"),
            Self::RoleUpdated { user, email, before, after } => told(
                "claude_user_role_updated",
                json!({
                    "user_id": user, "user_email": email,
                    "previous_role": before, "current_role": after,
                }),
            ),
            Self::UserRemoved { user, email } => {
                told("org_user_deleted", json!({ "user_id": user, "user_email": email }))
            }
            Self::InviteSent { invite, email, role } => told(
                "org_user_invite_sent",
                json!({ "invite_id": invite, "invited_email": email, "role": role }),
            ),
            Self::InviteDeleted { invite, email } => told(
                "org_user_invite_deleted",
                json!({ "invite_id": invite, "invited_email": email }),
            ),
            Self::SpendLimitSet { limit, workspace, is_new, cents, .. } => {
                let kind = match (workspace, is_new) {
                    (Some(_), _) => "workspace_spend_limit_created",
                    (None, true) => "platform_spend_limit_created",
                    (None, false) => "platform_spend_limit_updated",
                };
                told(kind, spend(limit, workspace.as_deref(), Some(*cents)))
            }
            Self::SpendLimitDeleted { limit, workspace, .. } => {
                let kind = match workspace {
                    Some(_) => "workspace_spend_limit_deleted",
                    None => "platform_spend_limit_deleted",
                };
                told(kind, spend(limit, workspace.as_deref(), None))
            }
            Self::WorkspaceRatesSet { workspace, limit, limits } => {
                let cleared = limits.iter().all(|(_, value)| value.is_none());
                let kind = match cleared {
                    true => "platform_workspace_rate_limit_deleted",
                    false => "platform_workspace_rate_limit_updated",
                };
                let limits = limiters(limits.iter().copied());
                told(
                    kind,
                    json!({ "workspace_id": workspace, "rate_limit_id": limit, "limits": limits }),
                )
            }
            // In no documentation: the set is open.
            Self::OrganizationRatesSet { limits } => told(
                "platform_rate_limit_updated",
                json!({ "limits": limiters(limits.iter().map(|(kind, value)| (*kind, Some(*value)))) }),
            ),
            Self::LoggedIn => None,
            Self::Viewed(viewed) => {
                let kind = match viewed {
                    Viewed::UsageReport => "platform_usage_report_messages_viewed",
                    Viewed::CostReport => "platform_cost_report_viewed",
                    Viewed::Activities => "compliance_api_accessed",
                };
                told(kind, json!({}))
            }
        }
    }

    pub(crate) fn company(&self) -> Option<Told> {
        match self {
            Self::KeyCreated { key, name, .. } => {
                told("api_key.created", json!({ "api_key_id": key, "name": name }))
            }
            Self::KeyRenamed { key, before, after } => told(
                "api_key.renamed",
                json!({ "api_key_id": key, "previous_name": before, "name": after }),
            ),
            Self::KeyStatus { key, before, after } => told(
                "api_key.updated",
                json!({ "api_key_id": key, "previous_status": before, "status": after }),
            ),
            Self::KeyDeleted { key, .. } => told("api_key.deleted", json!({ "api_key_id": key })),
            Self::RoleUpdated { user, email, before, after } => told(
                "user.role_updated",
                json!({
                    "user_id": user, "email": email,
                    "previous_role": company_role(before), "role": company_role(after),
                }),
            ),
            Self::UserRemoved { user, email } => {
                told("user.removed", json!({ "user_id": user, "email": email }))
            }
            Self::InviteSent { email, role, .. } => {
                told("user.invited", json!({ "email": email, "role": company_role(role) }))
            }
            Self::InviteDeleted { email, .. } => {
                told("user.invite_withdrawn", json!({ "email": email }))
            }
            Self::SpendLimitSet { before, cents, workspace, .. } => {
                let before = before.map_or(Value::Null, dollars);
                let mut fields = json!({ "previous_amount": before, "amount": dollars(*cents), "currency": "USD" });
                if let Some(workspace) = workspace {
                    fields["workspace_id"] = json!(workspace);
                }
                told("spending_limit.updated", fields)
            }
            Self::SpendLimitDeleted { before, .. } => {
                let before = before.map_or(Value::Null, dollars);
                told("spending_limit.removed", json!({ "previous_amount": before }))
            }
            Self::WorkspaceRatesSet { workspace, limits, .. } => told(
                "rate_limit.updated",
                json!({ "workspace_id": workspace, "limits": limiters(limits.iter().copied()) }),
            ),
            Self::OrganizationRatesSet { limits } => told(
                "rate_limit.updated",
                json!({ "limits": limiters(limits.iter().map(|(kind, value)| (*kind, Some(*value)))) }),
            ),
            Self::LoggedIn => told("user.logged_in", json!({})),
            Self::Viewed(_) => None,
        }
    }
}

fn limiters(limits: impl Iterator<Item = (&'static str, Option<u64>)>) -> Vec<Value> {
    limits.map(|(kind, value)| json!({ "type": kind, "value": value })).collect()
}
