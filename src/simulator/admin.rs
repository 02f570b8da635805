//! The Admin API: what a real organization has.

mod activities;
mod analytics;
mod buckets;
mod cost;
mod inventory;
mod keys;
mod people;
mod rates;
mod spend;
mod usage;

use axum::Router;
use axum::routing::{get, post};

use super::simulation::Shared;

pub(crate) fn routes() -> Router<Shared> {
    let organization = "/v1/organizations";
    let inner = Router::new()
        .route("/me", get(inventory::me))
        .route("/workspaces", get(inventory::workspaces))
        .route("/workspaces/{workspace_id}", get(inventory::workspace))
        .route("/workspaces/{workspace_id}/rate_limits", get(rates::of_workspace))
        .route("/workspaces/{workspace_id}/rate_limits/{rate_limit_id}", post(rates::update))
        .route("/api_keys", get(keys::list))
        .route("/api_keys/{api_key_id}", get(keys::one).post(keys::update))
        .route("/users", get(people::users))
        .route("/users/{user_id}", get(people::user).post(people::set_role).delete(people::remove))
        .route("/invites", get(people::invites).post(people::send_invite))
        .route("/invites/{invite_id}", get(people::invite).delete(people::withdraw))
        .route("/usage_report/messages", get(usage::messages))
        .route("/cost_report", get(cost::report))
        .route("/analytics/usage", get(analytics::usage))
        .route("/analytics/cost", get(analytics::cost))
        .route("/rate_limits", get(rates::of_organization))
        .route("/spend_limits", get(spend::list).post(spend::set))
        .route("/spend_limits/{spend_limit_id}", get(spend::one).delete(spend::remove));
    Router::new()
        .nest(organization, inner)
        .route("/v1/compliance/activities", get(activities::list))
}
