//! What was done to limits.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::Told;

#[derive(Clone, Debug)]
pub(crate) enum LimitDeed {
    SpendSet {
        limit: String,
        workspace: Option<String>,
        is_new: bool,
        before: Option<u64>,
        cents: u64,
    },
    SpendDeleted {
        limit: String,
        workspace: Option<String>,
        before: Option<u64>,
    },
    WorkspaceRatesSet {
        workspace: String,
        limit: String,
        limits: Vec<Rate>,
    },
    OrganizationRatesSet {
        limits: Vec<Rate>,
    },
}

/// A limiter, and to what it was set or that it was cleared.
type Rate = (&'static str, Option<u64>);

impl LimitDeed {
    pub(super) fn admin(&self) -> Told {
        match self {
            Self::SpendSet { limit, workspace, is_new, cents, .. } => {
                let kind = match (workspace, is_new) {
                    (Some(_), _) => "workspace_spend_limit_created",
                    (None, true) => "platform_spend_limit_created",
                    (None, false) => "platform_spend_limit_updated",
                };
                (kind, spend(limit, workspace.as_deref(), Some(*cents)))
            }
            Self::SpendDeleted { limit, workspace, .. } => {
                let kind = match workspace {
                    Some(_) => "workspace_spend_limit_deleted",
                    None => "platform_spend_limit_deleted",
                };
                (kind, spend(limit, workspace.as_deref(), None))
            }
            Self::WorkspaceRatesSet { workspace, limit, limits } => {
                let kind = match limits.iter().all(|(_, value)| value.is_none()) {
                    true => "platform_workspace_rate_limit_deleted",
                    false => "platform_workspace_rate_limit_updated",
                };
                let limits = rates(limits);
                let fields =
                    json!({ "workspace_id": workspace, "rate_limit_id": limit, "limits": limits });
                (kind, fields)
            }
            // In no documentation: the set is open.
            Self::OrganizationRatesSet { limits } => {
                ("platform_rate_limit_updated", json!({ "limits": rates(limits) }))
            }
        }
    }

    pub(super) fn company(&self) -> Told {
        match self {
            Self::SpendSet { before, cents, workspace, .. } => {
                let before = before.map_or(Value::Null, dollars);
                let amount = dollars(*cents);
                let mut fields =
                    json!({ "previous_amount": before, "amount": amount, "currency": "USD" });
                name(&mut fields, workspace.as_deref());
                ("spending_limit.updated", fields)
            }
            Self::SpendDeleted { before, workspace, .. } => {
                let mut fields = json!({ "previous_amount": before.map_or(Value::Null, dollars) });
                name(&mut fields, workspace.as_deref());
                ("spending_limit.removed", fields)
            }
            Self::WorkspaceRatesSet { workspace, limits, .. } => (
                "rate_limit.updated",
                json!({ "workspace_id": workspace, "limits": rates(limits) }),
            ),
            Self::OrganizationRatesSet { limits } => {
                ("rate_limit.updated", json!({ "limits": rates(limits) }))
            }
        }
    }
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
    name(&mut fields, workspace);
    if let Some(cents) = cents {
        fields["limit_action"] = json!("block");
        fields["limit_usd"] = json!(cents);
    }
    fields
}

fn name(fields: &mut Value, workspace: Option<&str>) {
    if let Some(workspace) = workspace {
        fields["workspace_id"] = json!(workspace);
    }
}

fn rates(limits: &[Rate]) -> Vec<Value> {
    limits.iter().map(|(kind, value)| json!({ "type": kind, "value": value })).collect()
}
