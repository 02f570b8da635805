//! Keys in the company API: listed, made, and deleted.
//!
//! The secret is shown once, when the key is made. A key made here is of the default
//! workspace, since this API knows none. What was deleted is gone from the organization's
//! list; the company's list, which shows a status, keeps it as archived.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, own};
use crate::simulator::access::Caller;
use crate::simulator::body::Sent;
use crate::simulator::keys::{NewKey, name};
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::scene::Scene;
use crate::simulator::simulation::{Shared, Simulation, Source};
use crate::simulator::traffic::{MINUTE, instant};
use crate::simulator::world::workspace;

pub(super) async fn of_company(State(simulation): State<Shared>) -> Json<Value> {
    let (scene, now) = (simulation.scene(), simulation.now());
    let rows: Vec<Value> = scene
        .world
        .keys
        .iter()
        .enumerate()
        .map(|(place, key)| {
            json!({
                "id": key.id, "status": key.status(now), "created_at": key.created_at,
                "last_used_at": last_used(&simulation, &scene, place),
            })
        })
        .collect();
    Json(json!({ "data": rows }))
}

pub(super) async fn list(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let scene = simulation.scene();
    let rows: Vec<Value> = scene
        .world
        .keys
        .iter()
        .enumerate()
        .filter(|(_, key)| !key.is_deleted)
        .map(|(place, key)| {
            json!({
                "id": key.id, "name": key.name, "created_at": key.created_at,
                "last_used_at": last_used(&simulation, &scene, place),
            })
        })
        .collect();
    Ok(Json(json!({ "data": rows })))
}

/// This minute for a key that is in use, else the last minute of its use.
fn last_used(simulation: &Simulation, scene: &Scene, key: usize) -> Option<Timestamp> {
    let now = simulation.horizon(Source::Company);
    let carried = scene.traffic.streams().iter().filter(|stream| stream.key == Some(key));
    let last = carried
        .filter(|stream| stream.from < stream.until.min(now))
        .map(|stream| if stream.until > now { now } else { stream.until - 1 })
        .max()?;
    Some(instant(last - last.rem_euclid(MINUTE)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    scopes: Option<Vec<String>>,
}

pub(super) async fn create(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    query: Query,
    Sent(new): Sent<Create>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    const SCOPES: [&str; 2] = ["api:read", "api:write"];
    own(&simulation, &organization)?;
    query.finish()?;
    let scopes = new.scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).into());
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(Refusal::invalid("scopes: should be some of api:read, api:write"));
    }
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let members = &draft.scene.world.members;
        let by = members.iter().position(|member| member.email == actor.email).unwrap_or(0);
        let place = draft.create_key(NewKey {
            name: name(&new.name)?,
            workspace: workspace::DEFAULT,
            created_by: by,
            lives: None,
        });
        let key = &draft.scene.world.keys[place];
        let row = json!({
            "id": key.id, "key": key.secret, "name": key.name, "scopes": scopes,
            "created_at": key.created_at,
        });
        Ok((StatusCode::CREATED, Json(row)))
    })
}

pub(super) async fn delete(
    State(simulation): State<Shared>,
    caller: Caller,
    Path((organization, id)): Path<(String, String)>,
    query: Query,
) -> Result<StatusCode, Refusal> {
    own(&simulation, &organization)?;
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| draft.delete_key(&id))?;
    Ok(StatusCode::NO_CONTENT)
}
