//! `GET /v1/models`: what any ordinary key may ask, so that it can be tried out.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::paging::by_id;
use super::query::Query;
use super::rates::models;
use super::refusal::Refusal;
use super::simulation::Shared;

pub(crate) async fn list(
    State(simulation): State<Shared>,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let rows = models(simulation.world.founded)
        .map(|(id, created_at)| {
            json!({ "type": "model", "id": id, "display_name": id, "created_at": created_at })
        })
        .collect();
    let page = by_id(&mut query, rows)?;
    query.finish()?;
    Ok(Json(page))
}
