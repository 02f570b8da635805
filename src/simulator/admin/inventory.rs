//! What never changes: the organization and its workspaces.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::simulator::paging::by_id;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{Workspace, workspace as place};

pub(super) type Answer = Result<Json<Value>, Refusal>;

pub(super) async fn me(State(simulation): State<Shared>, query: Query) -> Answer {
    query.finish()?;
    let (uuid, name) = (&simulation.world.uuid, simulation.profile().name);
    Ok(Json(json!({ "id": uuid, "type": "organization", "name": name })))
}

pub(super) async fn workspaces(State(simulation): State<Shared>, mut query: Query) -> Answer {
    let archived = query.flag("include_archived")?;
    let default = query.flag("include_default")?;
    let ids = query.many("ids");
    if ids.len() > 100 {
        return Err(Refusal::invalid("ids: at most 100"));
    }
    let rows = simulation
        .world
        .workspaces
        .iter()
        .enumerate()
        .filter(|(number, _)| default || *number != place::DEFAULT)
        .filter(|(_, workspace)| archived || workspace.archived_at.is_none())
        .filter(|(_, workspace)| ids.is_empty() || ids.contains(&workspace.id))
        .map(|(_, workspace)| workspace_row(workspace))
        .collect();
    page(query, rows)
}

pub(super) async fn workspace(
    State(simulation): State<Shared>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let found = simulation.world.workspaces.iter().find(|workspace| workspace.id == id);
    found.map(workspace_row).map(Json).ok_or_else(|| Refusal::not_found("The workspace was"))
}

fn workspace_row(workspace: &Workspace) -> Value {
    json!({
        "type": "workspace", "id": workspace.id, "name": workspace.name,
        "display_color": workspace.color,
        "created_at": workspace.created_at, "archived_at": workspace.archived_at,
        "compartment_id": workspace.compartment, "external_key_id": null,
        "data_residency": {
            "workspace_geo": workspace.geo, "default_inference_geo": "global",
            "allowed_inference_geos": "unrestricted",
        },
        "tags": { "team": workspace.name },
        // A field that no documentation knows: the versioning policy allows it.
        "review_state": "not_required",
    })
}

pub(super) fn page(mut query: Query, rows: Vec<Value>) -> Answer {
    let page = by_id(&mut query, rows)?;
    query.finish()?;
    Ok(Json(page))
}
