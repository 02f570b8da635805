//! The spending limit in the company API: set in dollars. It cannot be asked for.
//!
//! It is the organization's limit, which the Admin API shows in cents.

use axum::Json;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Number, json};

use super::{Answer, own};
use crate::simulator::access::Caller;
use crate::simulator::body::Sent;
use crate::simulator::deed::dollars;
use crate::simulator::limits::Scope;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Billing {
    spending_limit: SpendingLimit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpendingLimit {
    amount: Number,
    currency: String,
}

pub(super) async fn set(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    query: Query,
    Sent(billing): Sent<Billing>,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let SpendingLimit { amount, currency } = billing.spending_limit;
    if currency != "USD" {
        return Err(Refusal::invalid("spending_limit.currency: should be USD"));
    }
    let cents = cents(&amount)?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        draft.set_spend_limit(Scope::Organization, cents);
        let limit = json!({ "amount": dollars(cents), "currency": "USD" });
        Ok(Json(json!({ "spending_limit": limit })))
    })
}

fn cents(amount: &Number) -> Result<u64, Refusal> {
    let most = Decimal::from(1_000_000_000_000_u64);
    let cents = amount.to_string().parse::<Decimal>().ok().map(|usd| usd * Decimal::ONE_HUNDRED);
    let whole = cents.filter(|cents| cents.is_integer() && (Decimal::ZERO..=most).contains(cents));
    whole.and_then(|cents| cents.to_u64()).ok_or_else(|| {
        Refusal::invalid("spending_limit.amount: should be dollars and whole cents, not below 0")
    })
}
