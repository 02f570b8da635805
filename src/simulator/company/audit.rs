//! The audit log in the company API: newest first, as many as were asked for.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{Answer, own};
use crate::simulator::query::Query;
use crate::simulator::simulation::Shared;

pub(super) async fn list(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    mut query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    let limit = query.limit(50, 1_000)?;
    query.finish()?;
    let entries = simulation.activities();
    let rows: Vec<Value> = entries.iter().filter_map(|entry| entry.company()).take(limit).collect();
    Ok(Json(json!({ "data": rows })))
}
