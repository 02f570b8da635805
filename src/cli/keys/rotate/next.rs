//! What a rotation does next: a function of how far it is and of what was seen.
//!
//! It promises that a key is cut only while the other one is active, that the old key is cut
//! only when the new one is in use and the old one idle (or when that is forced), and that a
//! secret nobody can have is not waited for: such a key goes, and a new one is made.
//!
//! A key that was made here and lost is known by its name, which no key had when the rotation
//! began, and by when it was made. One that is used is nobody's to lose, and is never cut.

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::ApiKey;
use usagewarden_core::subject::ApiKeyId;

use super::state::{Named, Rotation, Stage};
use crate::cli::keys::find::is_active;
use crate::cli::keys::sight::{DELAY_MOST, Idleness, LastUse, Sight};

/// Their clock and ours may differ by this.
const CLOCKS_DIFFER_MOST: SignedDuration = SignedDuration::from_mins(10);

/// What somebody asked for when the rotation was begun or gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// How long the old key must be idle.
    pub(super) idle: SignedDuration,
    /// Cut the old key whatever use there is.
    pub(super) force: bool,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Revoke keys that were made here and whose secrets are lost.
    Clear(Vec<ApiKeyId>),
    /// Make the new key, and hand its secret over.
    Make,
    /// The key that was made is gone: there is no new key.
    StartOver,
    /// The secret was handed over by one who could not note it any more.
    NoteHandedOver(Named),
    Wait(Why),
    /// The old key may go.
    Cut {
        new: Named,
    },
    Finish(Ending),
    Stop(Trouble),
}

/// What a rotation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    NewUnused,
    OldInUse {
        last: Timestamp,
    },
    /// Nothing tells of the time after this.
    UsageUnknown {
        until: Option<Timestamp>,
    },
}

/// How it ends well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Somebody, perhaps an interrupted run of ours, has cut the old key already.
    OldIsCut { new: Named },
}

/// Why somebody has to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The old key is cut, and there is no new one.
    OldIsCutAlready,
    /// The new key cannot take over.
    NewIsGone { new: Named, status: Option<String> },
    /// A key of the new one's name is in use, and nobody here handed it over.
    Stranger { id: ApiKeyId },
    /// The file that the secret is to be written to is there, and not from us.
    FileIsThere,
}

/// The next step of `rotation`. `delivered` is whether a secret can be seen where it was to be
/// handed over.
pub(super) fn next(rotation: &Rotation, sight: &Sight, delivered: bool, terms: &Terms) -> Step {
    let lost = lost(rotation, sight);
    match &rotation.stage {
        Stage::Planned | Stage::Making => before_made(rotation, sight, &lost, delivered),
        Stage::Made { new } => made(new, rotation, sight, delivered),
        Stage::HandedOver { new } | Stage::Cutting { new } => {
            let unused: Vec<ApiKeyId> = unused(&lost, sight);
            if unused.is_empty() {
                handed_over(new, rotation, sight, terms)
            } else {
                Step::Clear(unused)
            }
        }
    }
}

/// Active keys of the new one's name that were made since: by this rotation, that is.
pub(super) fn ours<'a>(rotation: &Rotation, sight: &'a Sight) -> Vec<&'a ApiKey> {
    let Some(making) = &rotation.making else { return Vec::new() };
    let since = rotation.begun_at.checked_sub(CLOCKS_DIFFER_MOST).unwrap_or(rotation.begun_at);
    let is_ours = |key: &&ApiKey| {
        key.name == making.name
            && is_active(key)
            && key.created_at.is_none_or(|at| at >= since)
            && key.id != rotation.old.id
    };
    sight.keys.iter().filter(is_ours).collect()
}

/// The same but for the one that counts.
fn lost<'a>(rotation: &Rotation, sight: &'a Sight) -> Vec<&'a ApiKey> {
    let new = match &rotation.stage {
        Stage::Planned | Stage::Making => None,
        Stage::Made { new } => Some(new),
        Stage::HandedOver { new } | Stage::Cutting { new } => Some(&new.id),
    };
    let mut keys = ours(rotation, sight);
    keys.retain(|key| Some(&key.id) != new);
    keys
}

fn unused(keys: &[&ApiKey], sight: &Sight) -> Vec<ApiKeyId> {
    keys.iter().filter(|key| !is_used(&key.id, sight)).map(|key| key.id.clone()).collect()
}

fn is_used(id: &ApiKeyId, sight: &Sight) -> bool {
    matches!(sight.last_use(id), LastUse::At(_))
}

fn before_made(rotation: &Rotation, sight: &Sight, lost: &[&ApiKey], delivered: bool) -> Step {
    if let Some(used) = lost.iter().find(|key| is_used(&key.id, sight)) {
        return Step::Stop(Trouble::Stranger { id: used.id.clone() });
    }
    if !lost.is_empty() {
        return Step::Clear(unused(lost, sight));
    }
    if !old_is_good(rotation, sight) {
        return Step::Stop(Trouble::OldIsCutAlready);
    }
    if delivered { Step::Stop(Trouble::FileIsThere) } else { Step::Make }
}

/// Whoever made it was interrupted, and took the secret along, unless it was handed over.
fn made(new: &ApiKeyId, rotation: &Rotation, sight: &Sight, delivered: bool) -> Step {
    let Some(key) = sight.key(new).filter(|key| is_active(key)) else {
        let name = rotation.making.as_ref().map_or(String::new(), |making| making.name.clone());
        let gone = Trouble::NewIsGone { new: Named { id: new.clone(), name }, status: None };
        return if delivered { Step::Stop(gone) } else { Step::StartOver };
    };
    match delivered || is_used(new, sight) {
        true => Step::NoteHandedOver(Named::of(key)),
        false => Step::Clear(vec![new.clone()]),
    }
}

fn handed_over(new: &Named, rotation: &Rotation, sight: &Sight, terms: &Terms) -> Step {
    let Some(key) = sight.key(&new.id).filter(|key| can_take_over(key, sight.at)) else {
        let status = sight.key(&new.id).map(|key| key.status.clone());
        return Step::Stop(Trouble::NewIsGone { new: new.clone(), status });
    };
    if !old_is_good(rotation, sight) {
        return Step::Finish(Ending::OldIsCut { new: Named::of(key) });
    }
    match reason_to_wait(&new.id, &rotation.old.id, sight, terms) {
        Some(why) => Step::Wait(why),
        None => Step::Cut { new: new.clone() },
    }
}

/// Active, and not about to be refused for its age.
fn can_take_over(key: &ApiKey, now: Timestamp) -> bool {
    is_active(key) && key.expires_at.is_none_or(|at| at > now)
}

/// Whether there is an old key to cut still. One that expired meanwhile may go, too.
fn old_is_good(rotation: &Rotation, sight: &Sight) -> bool {
    sight.key(&rotation.old.id).is_some_and(is_active)
}

/// Why the old key must not be cut now.
pub(super) fn reason_to_wait(
    new: &ApiKeyId,
    old: &ApiKeyId,
    sight: &Sight,
    terms: &Terms,
) -> Option<Why> {
    if terms.force {
        return None;
    }
    let is_in_use = match (sight.last_use(new), sight.last_use(old)) {
        (LastUse::At(new), LastUse::At(old)) => new > old,
        (LastUse::At(_), LastUse::NotSince(_) | LastUse::Never) => true,
        (LastUse::NotSince(_) | LastUse::Never, _) => false,
    };
    match sight.idleness(old, terms.idle) {
        _ if !is_used(new, sight) => Some(Why::NewUnused),
        Idleness::Used(last) => Some(Why::OldInUse { last }),
        Idleness::Unknown(until) => Some(Why::UsageUnknown { until }),
        Idleness::Idle if !is_in_use => Some(Why::NewUnused),
        Idleness::Idle => None,
    }
}

/// What the old key is cut in spite of: what would be waited for, were it not forced.
pub(super) fn forced_despite(
    new: &ApiKeyId,
    old: &ApiKeyId,
    sight: &Sight,
    terms: &Terms,
) -> Option<Why> {
    reason_to_wait(new, old, sight, &Terms { force: false, ..*terms })
}

/// Whether somebody who was told `before`, at `then`, wants to be told `now`.
pub(super) fn is_news(before: Option<(Why, Timestamp)>, now: Why) -> bool {
    match (before, now) {
        (Some((Why::NewUnused, _)), Why::NewUnused)
        | (Some((Why::UsageUnknown { .. }, _)), Why::UsageUnknown { .. }) => false,
        // It had fallen silent, and is used again.
        (Some((Why::OldInUse { last: before }, then)), Why::OldInUse { last }) => {
            last > before && before < then.checked_sub(DELAY_MOST).unwrap_or(then)
        }
        (Some((Why::NewUnused | Why::OldInUse { .. } | Why::UsageUnknown { .. }, _)) | None, _) => {
            true
        }
    }
}

#[cfg(test)]
mod tests;
