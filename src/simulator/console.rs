//! What people do in the Console, and what the APIs cannot: verbs of `/__control`.
//!
//! Each is done at once, by a member of the organization, and told in the activity log. What
//! does not exist is refused, and then nothing was done.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::activity::person;
use super::actor::Actor;
use super::keys::{self, NewKey, Settable};
use super::limits::{Scope, limitable};
use super::people::{ASSIGNABLE, role};
use super::rates::Group;
use super::refusal::Refusal;
use super::scene::{Draft, Scene};
use super::simulation::Simulation;
use super::world::{World, workspace};

/// One thing that somebody does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Verb {
    CreateKey(Create),
    SetKeyStatus { key: String, status: String },
    ExpireKey { key: String },
    SetRole { member: String, role: String },
    MakeAdmin { member: String },
    SetSpendLimit { workspace: Option<String>, usd: u64 },
    SetRateLimit { rate_limit_id: String, limiter: String, value: u64 },
    SetCompanyRateLimits { requests_per_minute: Option<u64>, tokens_per_minute: Option<u64> },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    workspace: Option<String>,
    expires_in_seconds: Option<u32>,
    by: Option<String>,
}

/// Services were given another key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    from: String,
    to: String,
}

/// Does what was asked; answers with what there is to show of it.
pub(super) fn play(
    simulation: &Simulation,
    verb: Option<Verb>,
    moved: Option<Move>,
) -> Result<Option<Value>, Refusal> {
    if verb.is_none() && moved.is_none() {
        return Ok(None);
    }
    let scene = simulation.scene();
    let by = match &verb {
        Some(Verb::CreateKey(Create { by: Some(by), .. })) => member(&scene.world, by)?,
        _ => administrator(&scene),
    };
    let actor: Actor = person(&scene.world.members[by]);
    simulation.change(&actor, |draft| {
        let shown = verb.map(|verb| act(draft, by, verb)).transpose()?;
        if let Some(Move { from, to }) = moved {
            draft.move_traffic(&from, &to)?;
        }
        Ok(shown)
    })
}

fn act(draft: &mut Draft, by: usize, verb: Verb) -> Result<Value, Refusal> {
    match verb {
        Verb::CreateKey(new) => return create(draft, by, new),
        Verb::SetKeyStatus { key, status } => {
            let place = draft.key(&key)?;
            draft.set_key_status(place, status.parse::<Settable>()?)?;
        }
        Verb::ExpireKey { key } => {
            let place = draft.key(&key)?;
            draft.expire_key(place)?;
        }
        Verb::SetRole { member: who, role: word } => {
            let place = member(&draft.scene.world, &who)?;
            draft.set_role(place, role(&word, &[&ASSIGNABLE[..], &["admin"]].concat())?);
        }
        Verb::MakeAdmin { member: who } => {
            let place = member(&draft.scene.world, &who)?;
            draft.set_role(place, "admin");
        }
        Verb::SetSpendLimit { workspace, usd } => {
            let scope = match workspace {
                Some(name) => Scope::Workspace(limitable(&draft.scene.world, &name)?),
                None => Scope::Organization,
            };
            let cents = usd.checked_mul(100).ok_or_else(|| Refusal::invalid("usd: too much"))?;
            draft.set_spend_limit(scope, cents);
        }
        Verb::SetRateLimit { rate_limit_id, limiter, value } => {
            let group = Group::by_id(&rate_limit_id, draft.seed)?;
            draft.set_organization_rate(group, group.limiter(&limiter)?, value);
        }
        Verb::SetCompanyRateLimits { requests_per_minute, tokens_per_minute } => {
            draft.set_company_rates(requests_per_minute, tokens_per_minute);
        }
    }
    Ok(json!({}))
}

/// The secret is shown this once, as in the Console.
fn create(draft: &mut Draft, by: usize, new: Create) -> Result<Value, Refusal> {
    let workspace = match &new.workspace {
        Some(name) => place_of(&draft.scene.world, name)?,
        None => workspace::DEFAULT,
    };
    let place = draft.create_key(NewKey {
        name: keys::name(&new.name)?,
        workspace,
        created_by: by,
        lives: new.expires_in_seconds.map(|seconds| SignedDuration::from_secs(seconds.into())),
    });
    let key = &draft.scene.world.keys[place];
    Ok(json!({ "id": key.id, "secret": key.secret }))
}

fn administrator(scene: &Scene) -> usize {
    let members = &scene.world.members;
    members.iter().position(|member| member.role == "admin" && !member.has_left).unwrap_or(0)
}

/// By id or address.
fn member(world: &World, who: &str) -> Result<usize, Refusal> {
    let place = world
        .members
        .iter()
        .position(|member| !member.has_left && (member.id == who || member.email == who));
    place.ok_or_else(|| Refusal::not_found("The user was"))
}

/// By id or name.
fn place_of(world: &World, name: &str) -> Result<usize, Refusal> {
    let place = world
        .workspaces
        .iter()
        .position(|workspace| workspace.id == name || workspace.name == name);
    place.ok_or_else(|| Refusal::not_found("The workspace was"))
}
