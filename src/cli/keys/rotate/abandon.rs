//! `keys rotate OLD --abandon`: a rotation is given up, and the old key stays.
//!
//! A new key that was made for it and that nobody uses goes. One that is used stays: services
//! have it. So do keys that were made elsewhere, and one that was handed over where the old key
//! is cut already: without it there would be none.

use usagewarden_core::subject::ApiKeyId;

use super::course::{Event, Outside};
use super::live::{COMMAND, Live};
use super::next::ours;
use super::state::{Folder, Rotation, Stage};
use super::{failed, unchanged};
use crate::cli::Exit;
use crate::cli::keys::find::is_active;
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
    // Between the reading and the lock somebody may have gone on with it, and cut the old key.
    unchanged(&folder, &rotation, false, live.terminal)?;
    let sight = live.look().await?;
    let (unused, kept) = made_here(&rotation, &sight);
    writer.agree(&change(&rotation, &unused, &kept), live.terminal)?;
    for key in &unused {
        live.clear(key).await?;
        live.tell(&Event::Dropped(key));
    }
    live.forget(&rotation).await?;
    drop(held);
    live.tell(&Event::Abandoned { rotation: &rotation });
    Ok(())
}

/// New keys that were made for it: those that go, and those that stay.
fn made_here(rotation: &Rotation, sight: &Sight) -> (Vec<ApiKeyId>, Vec<ApiKeyId>) {
    let old_is_cut = !sight.key(&rotation.old.id).is_some_and(is_active);
    let successor = match &rotation.stage {
        Stage::Planned | Stage::Making => None,
        Stage::Made { new } => Some(new),
        Stage::HandedOver { new } | Stage::Cutting { new } => Some(&new.id),
    };
    let stays = |id: &ApiKeyId| {
        matches!(sight.last_use(id), LastUse::At(_)) || (old_is_cut && successor == Some(id))
    };
    ours(rotation, sight).into_iter().map(|key| key.id.clone()).partition(|id| !stays(id))
}

fn change(rotation: &Rotation, unused: &[ApiKeyId], kept: &[ApiKeyId]) -> Change {
    let mut notes: Vec<String> = unused
        .iter()
        .map(|id| format!("revoke the new key {id}, which nobody uses, for good"))
        .collect();
    notes.extend(kept.iter().map(|id| format!("the new key {id} stays: services have it")));
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::cli::keys::find::tests::sample;
    use crate::cli::keys::rotate::state::{End, Making, Named};

    #[test]
    fn a_key_that_was_handed_over_stays_where_the_old_one_is_cut() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let new = Named { id: "apikey_2".into(), name: "ci-2".to_owned() };
        let cases = [
            (Stage::HandedOver { new: new.clone() }, true, true),
            (Stage::Cutting { new: new.clone() }, true, true),
            (Stage::Cutting { new: new.clone() }, false, false),
            (Stage::Made { new: new.id.clone() }, false, false),
            // Its secret was lost with whoever asked for it.
            (Stage::Making, false, true),
        ];
        for (stage, old_is_good, goes) in cases {
            let rotation = Rotation {
                organization: "acme".into(),
                old: Named { id: "apikey_1".into(), name: "ci".to_owned() },
                end: End::Revoke,
                begun_at: now,
                making: Some(Making {
                    name: "ci-2".to_owned(),
                    scopes: Vec::new(),
                    handing: Handing::Terminal,
                }),
                stage,
            };
            let mut keys = vec![sample("apikey_2", "ci-2", "active")];
            if old_is_good {
                keys.push(sample("apikey_1", "ci", "active"));
            }
            let (gone, kept) = made_here(&rotation, &Sight::told(keys, now));
            assert_eq!(
                (gone.len(), kept.len()),
                if goes { (1, 0) } else { (0, 1) },
                "{rotation:?}"
            );
        }
    }
}
