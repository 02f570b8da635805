//! People in the company API: members, and those who were invited and have not come yet.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, own};
use crate::simulator::access::Caller;
use crate::simulator::body::Sent;
use crate::simulator::people::role;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Shared;
use crate::simulator::world::{Invite, Member, company_role};

const ROLES: [&str; 3] = ["admin", "member", "billing"];

pub(super) async fn list(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let (scene, now) = (simulation.scene(), simulation.now());
    let members = (1..)
        .zip(&scene.world.members)
        .filter(|(_, member)| !member.has_left)
        .map(|(number, member)| member_row(number, member, simulation.start));
    let invited = scene.world.invites.iter();
    let invited = invited.filter(|invite| invite.status(now) == "pending").map(invite_row);
    let rows: Vec<Value> = members.chain(invited).collect();
    Ok(Json(json!({ "data": rows })))
}

fn member_row(number: i64, member: &Member, start: Timestamp) -> Value {
    let ago = SignedDuration::from_mins(97 * number * number);
    json!({
        "id": member.id, "email": member.email, "role": member.company_role(),
        "status": "active", "last_active_at": (number % 4 != 0).then(|| start - ago),
    })
}

fn invite_row(invite: &Invite) -> Value {
    json!({
        "id": invite.id, "email": invite.email, "role": company_role(invite.role),
        "status": "pending", "last_active_at": null,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    email: String,
    role: Option<String>,
}

pub(super) async fn invite(
    State(simulation): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    query: Query,
    Sent(new): Sent<NewUser>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    own(&simulation, &organization)?;
    query.finish()?;
    let role = admin_role(role(new.role.as_deref().unwrap_or("member"), &ROLES)?);
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = draft.invite(&new.email, role)?;
        Ok((StatusCode::CREATED, Json(invite_row(&draft.scene.world.invites[place]))))
    })
}

/// A role of this API in the words of the Admin API, which knows several kinds of members.
fn admin_role(role: &'static str) -> &'static str {
    match role {
        "member" => "developer",
        other => other,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleUpdate {
    role: String,
}

pub(super) async fn set_role(
    State(simulation): State<Shared>,
    caller: Caller,
    Path((organization, id)): Path<(String, String)>,
    query: Query,
    Sent(update): Sent<RoleUpdate>,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let actor = caller.actor(&simulation.scene());
    simulation.change(&actor, |draft| {
        let place = draft.member(&id)?;
        let role = role(&update.role, &ROLES)?;
        let members = &draft.scene.world.members;
        let admins =
            members.iter().filter(|member| member.role == "admin" && !member.has_left).count();
        if members[place].role == "admin" && role != "admin" && admins == 1 {
            return Err(Refusal::invalid("role: the last administrator cannot become another"));
        }
        if members[place].company_role() != role {
            draft.set_role(place, admin_role(role));
        }
        let member = &draft.scene.world.members[place];
        Ok(Json(member_row(place as i64 + 1, member, simulation.start)))
    })
}
