//! The company API of the two guides.
//!
//! It answers at once and without late data, in dollars and whole months, and
//! knows one organization. It is the same organization that the Admin API shows.

mod audit;
mod billing;
mod keys;
mod people;
mod usage;

use axum::extract::State;
use axum::routing::{delete, get, patch, put};
use axum::{Json, Router};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::access::Caller;
use super::profile::Profile;
use super::quota::{month, used};
use super::refusal::Refusal;
use super::simulation::{Shared, Simulation, Source};
use super::traffic::instant;
use super::world::World;

type Answer = Result<Json<Value>, Refusal>;

pub(crate) fn routes() -> Router<Shared> {
    let of = |rest: &str| format!("/v1/organizations/{{organization}}{rest}");
    Router::new()
        .route("/v1/me", get(me))
        .route("/v1/organizations", get(organizations))
        .route("/v1/organizations/company", get(company))
        .route("/v1/organizations/company/usage", get(quota))
        .route("/v1/organizations/company/api_keys", get(keys::of_company))
        .route(&of("/usage"), get(usage::usage))
        .route(&of("/users"), get(people::list).post(people::invite))
        .route(&of("/users/{user_id}"), patch(people::set_role))
        .route(&of("/api_keys"), get(keys::list).post(keys::create))
        .route(&of("/api_keys/{api_key_id}"), delete(keys::delete))
        .route(&of("/billing"), put(billing::set))
        .route(&of("/audit_logs"), get(audit::list))
}

async fn me(State(simulation): State<Shared>, caller: Caller) -> Json<Value> {
    let (role, name) = (caller.role().label(), simulation.profile().name);
    Json(json!({ "role": role, "organization": { "name": name } }))
}

async fn organizations(State(simulation): State<Shared>, caller: Caller) -> Json<Value> {
    let World { id, founded, .. } = &simulation.world;
    let (role, name) = (caller.role().label(), simulation.profile().name);
    Json(json!({ "data": [{ "id": id, "name": name, "role": role, "created_at": founded }] }))
}

async fn company(State(simulation): State<Shared>) -> Json<Value> {
    let World { id, founded, .. } = &simulation.world;
    let Profile { name, plan, features } = simulation.profile();
    let limits = simulation.scene().limits.company;
    Json(json!({
        "id": id, "name": name, "plan": plan, "created_at": founded,
        "settings": {
            "rate_limits": {
                "requests_per_minute": limits.requests_per_minute,
                "tokens_per_minute": limits.tokens_per_minute,
            },
            "features": features,
        },
    }))
}

/// Tokens of this month against the quota. It has no late data.
async fn quota(State(simulation): State<Shared>) -> Json<Value> {
    let now = instant(simulation.horizon(Source::Company));
    let (first, next) = month(now);
    let tokens_used = used(&simulation.scene().traffic, first, now);
    Json(json!({
        "tokens_used": tokens_used,
        "tokens_remaining": simulation.quota.saturating_sub(tokens_used),
        "tokens_limit": simulation.quota,
        "reset_date": next.to_zoned(TimeZone::UTC).date(),
    }))
}

fn own(simulation: &Simulation, organization: &str) -> Result<(), Refusal> {
    if organization == simulation.world.id {
        Ok(())
    } else {
        Err(Refusal::not_found("The organization was"))
    }
}
