//! Who and what there is: the organization, workspaces, keys, members, invites.

use axum::Json;
use axum::extract::{Path, State};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::simulator::access::Version;
use crate::simulator::paging::by_id;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{Invite, Key, Member, Workspace, World, workspace as place};

type Answer = Result<Json<Value>, Refusal>;

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

pub(super) async fn api_keys(
    State(simulation): State<Shared>,
    version: Version,
    mut query: Query,
) -> Answer {
    let status = query.word("status", &["active", "inactive", "archived", "expired"])?;
    let workspace = query.one("workspace_id")?;
    let creator = query.one("created_by_user_id")?;
    let World { keys, workspaces, members, .. } = &simulation.world;
    let rows = keys
        .iter()
        .filter(|key| status.as_deref().is_none_or(|status| status == key.status))
        .filter(|key| workspace.as_ref().is_none_or(|id| *id == workspaces[key.workspace].id))
        .filter(|key| {
            creator.as_ref().is_none_or(|id| key.created_by.is_some_and(|by| *id == members[by].id))
        })
        .map(|key| key_row(&simulation.world, key, version))
        .collect();
    page(query, rows)
}

pub(super) async fn api_key(
    State(simulation): State<Shared>,
    version: Version,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let found = simulation.world.keys.iter().find(|key| key.id == id);
    let row = found.map(|key| key_row(&simulation.world, key, version));
    row.map(Json).ok_or_else(|| Refusal::not_found("The API key was"))
}

/// The older version also has `workspace_id`, null for the default workspace.
fn key_row(world: &World, key: &Key, version: Version) -> Value {
    let workspace = &world.workspaces[key.workspace].id;
    let created_by = key.created_by.map(|by| json!({ "id": world.members[by].id, "type": "user" }));
    let mut row = json!({
        "type": "api_key", "id": key.id, "name": key.name, "status": key.status,
        "partial_key_hint": key.hint, "created_at": key.created_at, "created_by": created_by,
        "expires_at": key.expires_at, "principal": null,
        "scope": { "type": "workspace", "workspace_id": workspace },
    });
    match version {
        Version::June2023 => {
            let named = (key.workspace != place::DEFAULT).then_some(workspace);
            row["workspace_id"] = json!(named);
        }
        Version::October2026 => {}
    }
    row
}

pub(super) async fn users(State(simulation): State<Shared>, mut query: Query) -> Answer {
    let email = query.one("email")?;
    let roles = query.many("roles");
    let rows = simulation
        .world
        .members
        .iter()
        .filter(|member| email.as_deref().is_none_or(|email| email == member.email))
        .filter(|member| roles.is_empty() || roles.iter().any(|role| role == member.role))
        .map(member_row)
        .collect();
    page(query, rows)
}

fn member_row(member: &Member) -> Value {
    json!({
        "type": "user", "id": member.id, "email": member.email, "name": member.name,
        "role": member.role, "added_at": member.added_at,
    })
}

pub(super) async fn invites(State(simulation): State<Shared>, mut query: Query) -> Answer {
    let email = query.one("email")?;
    let roles = query.many("roles");
    let statuses = query.words("statuses", &["pending", "accepted", "expired"])?;
    let rows = simulation
        .world
        .invites
        .iter()
        .filter(|invite| email.as_deref().is_none_or(|email| email == invite.email))
        .filter(|invite| roles.is_empty() || roles.iter().any(|role| role == invite.role))
        .filter(|invite| statuses.is_empty() || statuses.iter().any(|known| known == invite.status))
        .map(invite_row)
        .collect();
    page(query, rows)
}

fn invite_row(invite: &Invite) -> Value {
    const LIFETIME: SignedDuration = SignedDuration::from_hours(21 * 24);
    json!({
        "type": "invite", "id": invite.id, "email": invite.email, "role": invite.role,
        "status": invite.status, "invited_at": invite.invited_at,
        "expires_at": invite.invited_at + LIFETIME, "accepted_at": invite.accepted_at,
        "rbac_group_ids": [],
    })
}

fn page(mut query: Query, rows: Vec<Value>) -> Answer {
    let page = by_id(&mut query, rows)?;
    query.finish()?;
    Ok(Json(page))
}
