//! Spend limits, where granted: listed, shown, set and removed, in cents as text.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::inventory::Answer;
use crate::simulator::access::{Betas, Caller};
use crate::simulator::body::Sent;
use crate::simulator::limits::{Scope, limitable};
use crate::simulator::paging::bare;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Shared, Simulation};
use crate::simulator::world::World;

fn readable(simulation: &Simulation) -> Result<(), Refusal> {
    if simulation.controls().granted.spend_limits {
        return Ok(());
    }
    Err(Refusal::forbidden("Spend limits are not enabled for this organization"))
}

fn writable(simulation: &Simulation) -> Result<(), Refusal> {
    readable(simulation)
        .map_err(|refusal| refusal.coded("spend_limits_admin_api_writes_not_enabled"))
}

pub(super) async fn list(
    State(simulation): State<Shared>,
    betas: Betas,
    mut query: Query,
) -> Answer {
    readable(&simulation)?;
    betas.need("spend-limit-reads-2026-09-26")?;
    let scopes = query.words("scope_type", &["organization", "workspace", "usage_tier"])?;
    let workspace = query.one("workspace_id")?;
    let scene = simulation.scene();
    let shown = scene.limits.spend.iter().map(|limit| limit.shown(&scene.world));
    let mut rows: Vec<Value> = shown.collect();
    rows.retain(|row| {
        let scope = &row["scope"];
        (scopes.is_empty() || scopes.iter().any(|kind| scope["type"] == **kind))
            && workspace.as_ref().is_none_or(|id| scope["workspace_id"] == **id)
    });
    let page = bare(&mut query, &rows, Some(20))?;
    query.finish()?;
    Ok(Json(page))
}

pub(super) async fn one(
    State(simulation): State<Shared>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    readable(&simulation)?;
    let scene = simulation.scene();
    let found = scene.limits.spend.iter().find(|limit| limit.id == id);
    let row = found.map(|limit| limit.shown(&scene.world));
    row.map(Json).ok_or_else(|| Refusal::not_found("The spend limit was"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLimit {
    scope: NewScope,
    amount: String,
    period: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewScope {
    #[serde(rename = "type")]
    kind: String,
    workspace_id: Option<String>,
}

pub(super) async fn set(
    State(simulation): State<Shared>,
    caller: Caller,
    query: Query,
    Sent(new): Sent<NewLimit>,
) -> Answer {
    query.finish()?;
    writable(&simulation)?;
    if new.period.as_deref().is_some_and(|period| period != "monthly") {
        return Err(Refusal::invalid("period: limits of this organization are monthly"));
    }
    let cents = cents(&new.amount)?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let scope = scope(&draft.scene.world, &new.scope)?;
        let place = draft.set_spend_limit(scope, cents);
        Ok(Json(draft.scene.limits.spend[place].shown(&draft.scene.world)))
    })
}

fn cents(text: &str) -> Result<u64, Refusal> {
    const MOST: u64 = 1_000_000_000_000;
    let whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let cents = text.parse().ok().filter(|cents| whole && *cents <= MOST);
    cents.ok_or_else(|| Refusal::invalid("amount: should be whole cents as text, as in \"250000\""))
}

fn scope(world: &World, scope: &NewScope) -> Result<Scope, Refusal> {
    match (scope.kind.as_str(), &scope.workspace_id) {
        ("organization", None) => Ok(Scope::Organization),
        ("workspace", Some(id)) => Ok(Scope::Workspace(limitable(world, id)?)),
        ("workspace", None) => Err(Refusal::invalid("scope.workspace_id: Field required")),
        ("organization", Some(_)) => {
            Err(Refusal::invalid("scope.workspace_id: Extra inputs are not permitted"))
        }
        ("usage_tier", _) => Err(Refusal::invalid("scope: the usage tier's limit is read-only")),
        ("user" | "seat_tier" | "rbac_group" | "organization_service", _) => {
            Err(Refusal::invalid("scope: not for organizations of this type")
                .coded("organization_type_not_supported"))
        }
        (other, _) => Err(Refusal::invalid(format!("scope: `{other}` is no scope"))),
    }
}

pub(super) async fn remove(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    writable(&simulation)?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        draft.remove_spend_limit(&id)?;
        Ok(Json(json!({ "id": id, "type": "spend_limit_deleted" })))
    })
}
