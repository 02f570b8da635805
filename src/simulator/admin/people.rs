//! Members and invites. This API neither gives nor takes the role of an administrator.

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::inventory::{Answer, page};
use crate::simulator::access::Caller;
use crate::simulator::body::Sent;
use crate::simulator::people::{ASSIGNABLE, role};
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::scene::Draft;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{Invite, Member};

pub(super) async fn users(State(simulation): State<Shared>, mut query: Query) -> Answer {
    let email = query.one("email")?;
    let roles = query.many("roles");
    let scene = simulation.scene();
    let rows = scene
        .world
        .members
        .iter()
        .filter(|member| !member.has_left)
        .filter(|member| email.as_deref().is_none_or(|email| email == member.email))
        .filter(|member| roles.is_empty() || roles.iter().any(|role| role == member.role))
        .map(user_row)
        .collect();
    page(query, rows)
}

pub(super) async fn user(
    State(simulation): State<Shared>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let scene = simulation.scene();
    let found = scene.world.members.iter().find(|member| member.id == id && !member.has_left);
    found.map(user_row).map(Json).ok_or_else(|| Refusal::not_found("The user was"))
}

fn user_row(member: &Member) -> Value {
    json!({
        "type": "user", "id": member.id, "email": member.email, "name": member.name,
        "role": member.role, "added_at": member.added_at,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleUpdate {
    role: String,
}

/// Who is an administrator stays one here.
fn ordinary(draft: &Draft, id: &str) -> Result<usize, Refusal> {
    let place = draft.member(id)?;
    match draft.scene.world.members[place].role {
        "admin" => Err(Refusal::invalid("An administrator cannot be changed through the API")),
        _ => Ok(place),
    }
}

fn assignable(word: &str) -> Result<&'static str, Refusal> {
    match word {
        "admin" => Err(Refusal::invalid("role: `admin` cannot be given through the API")),
        word => role(word, &ASSIGNABLE),
    }
}

pub(super) async fn set_role(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
    Sent(update): Sent<RoleUpdate>,
) -> Answer {
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = draft.member(&id)?;
        let role = assignable(&update.role)?;
        ordinary(draft, &id)?;
        draft.set_role(place, role);
        Ok(Json(user_row(&draft.scene.world.members[place])))
    })
}

pub(super) async fn remove(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = ordinary(draft, &id)?;
        draft.remove_member(place);
        Ok(Json(json!({ "id": id, "type": "user_deleted" })))
    })
}

pub(super) async fn invites(State(simulation): State<Shared>, mut query: Query) -> Answer {
    let email = query.one("email")?;
    let roles = query.many("roles");
    let statuses = query.words("statuses", &["pending", "accepted", "expired"])?;
    let (scene, now) = (simulation.scene(), simulation.now());
    let rows = scene
        .world
        .invites
        .iter()
        .filter(|invite| invite.status(now) != "deleted")
        .filter(|invite| email.as_deref().is_none_or(|email| email == invite.email))
        .filter(|invite| roles.is_empty() || roles.iter().any(|role| role == invite.role))
        .filter(|invite| {
            statuses.is_empty() || statuses.iter().any(|known| known == invite.status(now))
        })
        .map(|invite| invite_row(invite, now))
        .collect();
    page(query, rows)
}

pub(super) async fn invite(
    State(simulation): State<Shared>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let scene = simulation.scene();
    let found = scene.world.invites.iter().find(|invite| invite.id == id);
    let row = found.map(|invite| invite_row(invite, simulation.now()));
    row.map(Json).ok_or_else(|| Refusal::not_found("The invite was"))
}

fn invite_row(invite: &Invite, now: Timestamp) -> Value {
    json!({
        "type": "invite", "id": invite.id, "email": invite.email, "role": invite.role,
        "status": invite.status(now), "invited_at": invite.invited_at,
        "expires_at": invite.invited_at + Invite::LIFETIME, "accepted_at": invite.accepted_at,
        "rbac_group_ids": [],
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvite {
    email: String,
    role: String,
    #[serde(default)]
    rbac_group_ids: Vec<String>,
}

pub(super) async fn send_invite(
    State(simulation): State<Shared>,
    caller: Caller,
    query: Query,
    Sent(new): Sent<NewInvite>,
) -> Answer {
    query.finish()?;
    if !new.rbac_group_ids.is_empty() {
        return Err(Refusal::invalid("rbac_group_ids: this organization has no groups"));
    }
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = draft.invite(&new.email, assignable(&new.role)?)?;
        Ok(Json(invite_row(&draft.scene.world.invites[place], draft.now)))
    })
}

pub(super) async fn withdraw(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        draft.withdraw_invite(&id)?;
        Ok(Json(json!({ "id": id, "type": "invite_deleted" })))
    })
}
