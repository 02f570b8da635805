//! The Admin API: what a real organization has.

mod analytics;
mod buckets;
mod cost;
mod inventory;
mod limits;
mod usage;

use axum::Router;
use axum::routing::get;

use super::simulation::Shared;

pub(crate) fn routes() -> Router<Shared> {
    let organization = "/v1/organizations";
    let inner = Router::new()
        .route("/me", get(inventory::me))
        .route("/workspaces", get(inventory::workspaces))
        .route("/workspaces/{workspace_id}", get(inventory::workspace))
        .route("/workspaces/{workspace_id}/rate_limits", get(limits::of_workspace))
        .route("/api_keys", get(inventory::api_keys))
        .route("/api_keys/{api_key_id}", get(inventory::api_key))
        .route("/users", get(inventory::users))
        .route("/invites", get(inventory::invites))
        .route("/usage_report/messages", get(usage::messages))
        .route("/cost_report", get(cost::report))
        .route("/analytics/usage", get(analytics::usage))
        .route("/analytics/cost", get(analytics::cost))
        .route("/rate_limits", get(limits::of_organization))
        .route("/spend_limits", get(limits::spend));
    Router::new().nest(organization, inner)
}
