//! Rate limits: of the organization, which may be read, and of workspaces, which may be set.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::inventory::Answer;
use crate::simulator::access::{Caller, Version};
use crate::simulator::body::Sent;
use crate::simulator::limits::limitable;
use crate::simulator::paging::bare;
use crate::simulator::query::Query;
use crate::simulator::rates::{GROUPS, Group, KINDS};
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{World, workspace};

pub(super) async fn of_organization(
    State(simulation): State<Shared>,
    version: Version,
    mut query: Query,
) -> Answer {
    let kind = query.word("group_type", &KINDS)?;
    let model = query.one("model")?;
    let scene = simulation.scene();
    let rows: Vec<Value> = GROUPS
        .iter()
        .filter(|group| kind.as_deref().is_none_or(|kind| kind == group.kind))
        .filter(|group| model.as_deref().is_none_or(|model| group.models.contains(&model)))
        .map(|group| group.organization_row(&scene, version))
        .collect();
    if model.is_some() && rows.is_empty() {
        return Err(Refusal::not_found("The model was"));
    }
    let page = bare(&mut query, &rows, None)?;
    query.finish()?;
    Ok(Json(page))
}

pub(super) async fn of_workspace(
    State(simulation): State<Shared>,
    version: Version,
    Path(id): Path<String>,
    mut query: Query,
) -> Answer {
    let kind = query.word("group_type", &KINDS)?;
    let inherited = query.flag("include_inherited")?;
    let scene = simulation.scene();
    let place = place_of(&scene.world, &id)?;
    let rows: Vec<Value> = GROUPS
        .iter()
        .filter(|_| place != workspace::DEFAULT)
        .filter(|group| kind.as_deref().is_none_or(|kind| kind == group.kind))
        .filter_map(|group| group.workspace_row(&scene, place, version, inherited))
        .collect();
    let page = bare(&mut query, &rows, None)?;
    query.finish()?;
    Ok(Json(page))
}

fn place_of(world: &World, id: &str) -> Result<usize, Refusal> {
    let place = world.workspaces.iter().position(|workspace| workspace.id == id);
    place.ok_or_else(|| Refusal::not_found("The workspace was"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    limits: Vec<Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    #[serde(rename = "type")]
    kind: String,
    /// Null clears; it must be said.
    #[serde(deserialize_with = "present")]
    value: Option<u64>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    Option::deserialize(value)
}

pub(super) async fn update(
    State(simulation): State<Shared>,
    caller: Caller,
    version: Version,
    Path((workspace, limit)): Path<(String, String)>,
    query: Query,
    Sent(update): Sent<Update>,
) -> Answer {
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = place_of(&draft.scene.world, &workspace)?;
        limitable(&draft.scene.world, &workspace)?;
        let group = Group::by_id(&limit, draft.seed)?;
        let limits = checked(group, &update.limits)?;
        draft.set_workspace_rates(place, group, &limits);
        let row = group.workspace_row(&draft.scene, place, version, true);
        Ok(Json(row.unwrap_or_default()))
    })
}

fn checked(group: &Group, limits: &[Limit]) -> Result<Vec<(&'static str, Option<u64>)>, Refusal> {
    const MOST: usize = 16;
    if limits.is_empty() || limits.len() > MOST {
        return Err(Refusal::invalid("limits: should have from 1 to 16 items"));
    }
    let mut known: Vec<(&'static str, Option<u64>)> = Vec::new();
    for limit in limits {
        let kind = group.limiter(&limit.kind)?;
        if known.iter().any(|(earlier, _)| *earlier == kind) {
            return Err(Refusal::invalid(format!("limits: `{kind}` is given more than once")));
        }
        known.push((kind, limit.value));
    }
    Ok(known)
}
