//! Keys: listed, shown, renamed and switched. They are made in the Console only.

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::inventory::{Answer, page};
use crate::simulator::access::{Caller, Version};
use crate::simulator::body::Sent;
use crate::simulator::keys::{Settable, name};
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{Key, World, workspace};

pub(super) async fn list(
    State(simulation): State<Shared>,
    version: Version,
    mut query: Query,
) -> Answer {
    let status = query.word("status", &["active", "inactive", "archived", "expired"])?;
    let workspace = query.one("workspace_id")?;
    let creator = query.one("created_by_user_id")?;
    let (scene, now) = (simulation.scene(), simulation.now());
    let World { keys, workspaces, members, .. } = &scene.world;
    let rows = keys
        .iter()
        .filter(|key| status.as_deref().is_none_or(|status| status == key.status(now)))
        .filter(|key| workspace.as_ref().is_none_or(|id| *id == workspaces[key.workspace].id))
        .filter(|key| {
            creator.as_ref().is_none_or(|id| key.created_by.is_some_and(|by| *id == members[by].id))
        })
        .map(|key| row(&scene.world, key, version, now))
        .collect();
    page(query, rows)
}

pub(super) async fn one(
    State(simulation): State<Shared>,
    version: Version,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let scene = simulation.scene();
    let found = scene.world.keys.iter().find(|key| key.id == id);
    let row = found.map(|key| row(&scene.world, key, version, simulation.now()));
    row.map(Json).ok_or_else(|| Refusal::not_found("The API key was"))
}

/// What is named is replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    name: Option<String>,
    status: Option<String>,
}

pub(super) async fn update(
    State(simulation): State<Shared>,
    caller: Caller,
    version: Version,
    Path(id): Path<String>,
    query: Query,
    Sent(update): Sent<Update>,
) -> Answer {
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = draft.key(&id)?;
        let after = update.name.as_deref().map(name).transpose()?;
        if let Some(status) = &update.status {
            draft.set_key_status(place, status.parse::<Settable>()?)?;
        }
        if let Some(after) = after {
            draft.rename_key(place, after);
        }
        let world = &draft.scene.world;
        Ok(Json(row(world, &world.keys[place], version, draft.now)))
    })
}

/// The older version also has `workspace_id`, null for the default workspace.
fn row(world: &World, key: &Key, version: Version, now: Timestamp) -> Value {
    let workspace = &world.workspaces[key.workspace].id;
    let created_by = key.created_by.map(|by| json!({ "id": world.members[by].id, "type": "user" }));
    let mut row = json!({
        "type": "api_key", "id": key.id, "name": key.name, "status": key.status(now),
        "partial_key_hint": key.hint, "created_at": key.created_at, "created_by": created_by,
        "expires_at": key.expires_at, "principal": null,
        "scope": { "type": "workspace", "workspace_id": workspace },
    });
    match version {
        Version::June2023 => {
            let named = (key.workspace != workspace::DEFAULT).then_some(workspace);
            row["workspace_id"] = json!(named);
        }
        Version::October2026 => {}
    }
    row
}
