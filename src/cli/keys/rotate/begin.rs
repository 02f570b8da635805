//! How a rotation begins: anew, or where it stopped.

use usagewarden_core::roster::ApiKey;

use super::live::Live;
use super::state::{End, Making, Named, Rotation, Stage};
use super::{Options, plan};
use crate::chain::Chain;
use crate::claude::Api;
use crate::cli::Exit;
use crate::cli::keys::find::{self, is_active};
use crate::cli::keys::secret::{self, Handing, HandingError};
use crate::cli::keys::sight::Sight;
use crate::cli::writing::Writer;

/// A rotation that may be set out on.
pub(super) struct Begun {
    pub(super) rotation: Rotation,
    pub(super) is_new: bool,
    /// What was seen, where something was looked at.
    pub(super) sight: Option<Sight>,
    pub(super) warnings: Vec<String>,
}

const NO_NEW_KEYS: [&str; 2] = [
    "the Admin API makes no keys; name the one that takes over with --new",
    "make it in the Console, in the workspace of the old one, and store its secret from there",
];

/// One that stopped. What is asked for now counts, where it is not too late for it.
pub(super) fn again(
    mut rotation: Rotation,
    options: &Options,
    live: &mut Live<'_>,
) -> Result<Begun, Exit> {
    let chosen = options.secret.chosen().map_err(|error| unusable(&error, live))?;
    let is_open = match &rotation.stage {
        Stage::Planned | Stage::Making => true,
        // Who was interrupted may have handed it over, and services may have it.
        Stage::Made { .. } => {
            !rotation.making.as_ref().is_some_and(|making| making.handing.is_delivered())
        }
        Stage::HandedOver { .. } | Stage::Cutting { .. } => false,
    };
    let mut warnings = Vec::new();
    match (chosen, &mut rotation.making) {
        (Some(handing), Some(making)) if is_open => {
            handing.prepare().map_err(|error| unusable(&error, live))?;
            making.handing = handing;
        }
        (Some(_), _) => warnings.push(
            "the secret of the new key was handed over already, and cannot be again".to_owned(),
        ),
        (None, _) => {}
    }
    let is_other = |new: &String| match &rotation.stage {
        Stage::HandedOver { new: known } | Stage::Cutting { new: known } => {
            *new != known.name && *new != known.id.as_str()
        }
        Stage::Planned | Stage::Making | Stage::Made { .. } => true,
    };
    let is_renamed = options
        .name
        .as_ref()
        .is_some_and(|name| rotation.making.as_ref().is_none_or(|making| making.name != *name));
    if options.new.as_ref().is_some_and(is_other) || is_renamed {
        live.terminal
            .error(format_args!("a rotation of {} with another new key has begun", rotation.old));
        live.terminal.hint(format_args!(
            "go on with it without naming one, or end it: `usagewarden keys rotate {} --abandon`",
            rotation.old.id
        ));
        return Err(Exit::No);
    }
    if options.revoke {
        rotation.end = End::Revoke;
    }
    Ok(Begun { rotation, is_new: false, sight: None, warnings })
}

/// Nothing has happened yet, and nothing does here.
pub(super) async fn anew(
    wanted: &str,
    options: &Options,
    writer: &Writer<'_>,
    live: &mut Live<'_>,
) -> Result<Begun, Exit> {
    if find::is_secret(wanted) || options.new.as_deref().is_some_and(find::is_secret) {
        return Err(find::refuse_secret(live.terminal));
    }
    let sight = live.look_with_names().await?;
    let old = named(&sight, wanted, live).inspect_err(|_| hint_revoked(&sight, wanted, live))?;
    if !is_active(&old) {
        let (name, status) = (Named::of(&old), &old.status);
        live.terminal
            .error(format_args!("{name} is {status}: there is nothing to put in its place"));
        return Err(Exit::No);
    }
    // Where there is nothing to rotate, nobody has to choose who is given a secret.
    let handing = handing(options, live)?;
    let mut warnings = Vec::new();
    let (making, stage) = match (&options.new, handing) {
        (Some(new), _) => {
            let new = named(&sight, new, live)?;
            if let Some(why) = plan::unfit(&old, &new, &sight) {
                live.terminal.error(why);
                live.terminal.hint("name an active key of the same workspace that is to take over");
                return Err(Exit::No);
            }
            warnings.extend(plan::expires_soon(&new, sight.at));
            (None, Stage::HandedOver { new: Named::of(&new) })
        }
        (None, Some(handing)) => {
            (Some(making(&old, options, handing, &sight, live)?), Stage::Planned)
        }
        (None, None) => return Err(secret::demand(live.terminal)),
    };
    let end = match live.reads.api() {
        Api::Admin if !options.revoke => End::Disable,
        Api::Admin | Api::Company => End::Revoke,
    };
    let organization = writer.organization.name.clone();
    let (old, begun_at) = (Named::of(&old), sight.at);
    let rotation = Rotation { organization, old, end, begun_at, making, stage };
    Ok(Begun { rotation, is_new: true, sight: Some(sight), warnings })
}

/// The company API does not list what is revoked: the rotation may be done.
fn hint_revoked(sight: &Sight, wanted: &str, live: &mut Live<'_>) {
    let is_listed = sight.keys.iter().any(|key| key.name == wanted || key.id.as_str() == wanted);
    if live.reads.api() == Api::Company && !is_listed {
        live.terminal.hint("if it was revoked, there is nothing to rotate any more");
    }
}

/// Who takes the secret; `None` where there will be none to take.
fn handing(options: &Options, live: &mut Live<'_>) -> Result<Option<Handing>, Exit> {
    if options.new.is_some() {
        return Ok(None);
    }
    if live.reads.api() == Api::Admin {
        let [error, hint] = NO_NEW_KEYS;
        live.terminal.error(error);
        live.terminal.hint(hint);
        return Err(Exit::No);
    }
    let chosen = options.secret.chosen().map_err(|error| unusable(&error, live))?;
    let Some(handing) = chosen else { return Err(secret::demand(live.terminal)) };
    handing.prepare().map_err(|error| unusable(&error, live))?;
    Ok(Some(handing))
}

fn unusable(error: &HandingError, live: &mut Live<'_>) -> Exit {
    live.terminal.error(Chain(error));
    live.terminal.hint("nothing was changed; choose where the secret can go");
    Exit::Usage
}

fn named(sight: &Sight, wanted: &str, live: &mut Live<'_>) -> Result<ApiKey, Exit> {
    find::key(&sight.keys, wanted, live.terminal).cloned()
}

fn making(
    old: &ApiKey,
    options: &Options,
    handing: Handing,
    sight: &Sight,
    live: &mut Live<'_>,
) -> Result<Making, Exit> {
    let derived = || plan::derived_name(&old.name, &sight.keys, sight.at);
    let name = options.name.clone().unwrap_or_else(derived);
    if sight.keys.iter().any(|key| key.name == name) {
        live.terminal.error(format_args!("there is a key `{name}` already"));
        live.terminal.hint("choose another --name, or let the existing key take over with --new");
        return Err(Exit::No);
    }
    Ok(Making { name, scopes: options.scopes.clone(), handing })
}
