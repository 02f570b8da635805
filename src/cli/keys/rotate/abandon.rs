//! `keys rotate OLD --abandon`: a rotation is given up, and the old key stays.
//!
//! A new key that was made for it and that nobody uses goes. One that is used stays: services
//! have it. So do keys that were made elsewhere.

use usagewarden_core::subject::ApiKeyId;

use super::course::{Event, Outside};
use super::failed;
use super::live::{COMMAND, Live};
use super::next::ours;
use super::state::{Folder, Rotation};
use crate::cli::Exit;
use crate::cli::keys::secret::Handing;
use crate::cli::keys::sight::{LastUse, Sight};
use crate::cli::writing::{Change, Writer};

pub(super) async fn run(
    open: Option<Rotation>,
    wanted: &str,
    writer: &Writer<'_>,
    live: &mut Live<'_>,
) -> Result<(), Exit> {
    let Some(rotation) = open else {
        live.terminal.error(format_args!("no rotation of `{wanted}` is open"));
        live.terminal.hint("`usagewarden keys rotate --list` shows those that are");
        return Err(Exit::No);
    };
    let folder = Folder::beside(writer.journal().path());
    let held = match writer.is_dry_run() {
        true => None,
        false => {
            let held = folder.hold(&rotation.organization, &rotation.old.id);
            Some(held.map_err(|error| failed(&error, live.terminal))?)
        }
    };
    let sight = live.look().await?;
    let (unused, used) = made_here(&rotation, &sight);
    writer.agree(&change(&rotation, &unused, &used), live.terminal)?;
    for key in &unused {
        live.clear(key).await?;
        live.tell(&Event::Dropped(key));
    }
    live.forget(&rotation).await?;
    drop(held);
    live.tell(&Event::Abandoned { rotation: &rotation });
    Ok(())
}

/// New keys that were made for it: those nobody uses, and the others.
fn made_here(rotation: &Rotation, sight: &Sight) -> (Vec<ApiKeyId>, Vec<ApiKeyId>) {
    let ids = ours(rotation, sight).into_iter().map(|key| key.id.clone());
    ids.partition(|id| !matches!(sight.last_use(id), LastUse::At(_)))
}

fn change(rotation: &Rotation, unused: &[ApiKeyId], used: &[ApiKeyId]) -> Change {
    let mut notes: Vec<String> = unused
        .iter()
        .map(|id| format!("revoke the new key {id}, which nobody uses, for good"))
        .collect();
    notes.extend(used.iter().map(|id| format!("the new key {id} is in use, and stays")));
    if let Some(Handing::File(path)) = rotation.making.as_ref().map(|making| &making.handing)
        && !unused.is_empty()
        && path.exists()
    {
        notes.push(format!("the secret in {} is of no use then; remove it", path.display()));
    }
    Change {
        command: COMMAND,
        target: rotation.old.to_string(),
        sentence: format!("Give up the rotation of {}, which stays as it is.", rotation.old),
        notes,
        before: None,
        after: Some("abandoned".to_owned()),
    }
}
