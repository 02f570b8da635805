//! What a new rotation will do, or why there can be none.

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::ApiKey;

use super::course::Patience;
use super::next::{Terms, Why, reason_to_wait};
use super::state::{End, Named, Rotation, Stage};
use crate::cli::keys::find::is_active;
use crate::cli::keys::sight::Sight;
use crate::cli::keys::{facts, telling_use};
use crate::cli::wording::{instant, length};

/// Why a key cannot take the place of another.
pub(super) fn unfit(old: &ApiKey, new: &ApiKey, sight: &Sight) -> Option<String> {
    let (old_named, new_named) = (Named::of(old), Named::of(new));
    if old.id == new.id {
        return Some(format!("{new_named} is the key that is to be replaced"));
    }
    if !is_active(new) {
        return Some(format!("{new_named} is {}, not active", new.status));
    }
    if let Some(at) = new.expires_at.filter(|at| *at <= sight.at) {
        return Some(format!("{new_named} has expired ({})", instant(at)));
    }
    let scope = |key: &ApiKey| match sight.workspace(key) {
        Some(name) => format!("of the workspace {name}"),
        None => "of the whole organization".to_owned(),
    };
    (old.workspace != new.workspace)
        .then(|| format!("{new_named} is {}, and {old_named} {}", scope(new), scope(old)))
}

/// A name for the successor of `old` that no key has: `ci-2026-11-22`.
pub(super) fn derived_name(old: &str, keys: &[ApiKey], now: Timestamp) -> String {
    let base = old.char_indices().rev().nth(10).map(|(at, _)| old.split_at(at));
    let is_dated =
        |end: &str| end.starts_with('-') && end[1..].parse::<jiff::civil::Date>().is_ok();
    let base = base.filter(|(_, end)| is_dated(end)).map_or(old, |(base, _)| base);
    let dated = format!("{base}-{}", now.strftime("%Y-%m-%d"));
    let is_free = |name: &String| keys.iter().all(|key| key.name != *name);
    let numbered = (2..=keys.len() + 2).map(|number| format!("{dated}-{number}"));
    std::iter::once(dated.clone()).chain(numbered).find(is_free).unwrap_or(dated)
}

/// The steps that are left, each with the facts of now.
pub(super) fn steps(
    rotation: &Rotation,
    sight: &Sight,
    terms: &Terms,
    patience: Patience,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(key) = sight.key(&rotation.old.id) {
        notes.push(format!("old: {}", facts(key, sight)));
    }
    if let Some(new) = new_key(&rotation.stage).and_then(|new| sight.key(&new.id)) {
        notes.push(format!("new: {}", facts(new, sight)));
    }
    let mut steps = Vec::new();
    if let (Some(making), Stage::Planned | Stage::Making | Stage::Made { .. }) =
        (&rotation.making, &rotation.stage)
    {
        if rotation.stage != Stage::Planned {
            steps.push("look what became of the new key that was asked for before".to_owned());
        }
        let scopes = match making.scopes.as_slice() {
            [] => String::new(),
            scopes => format!(", for {}", scopes.join(", ")),
        };
        steps.push(format!("make the key {}{scopes}", making.name));
        steps.push(making.handing.plan());
    }
    if terms.force && patience == Patience::UntilHandedOver {
        steps.push("leave, as --no-wait says: the next call does the rest".to_owned());
    }
    steps.push(waiting(rotation, sight, terms));
    steps.push(cut(rotation));
    notes.extend((1..).zip(steps).map(|(number, step)| format!("{number}. {step}")));
    notes
}

fn new_key(stage: &Stage) -> Option<&Named> {
    match stage {
        Stage::HandedOver { new } | Stage::Cutting { new } => Some(new),
        Stage::Planned | Stage::Making | Stage::Made { .. } => None,
    }
}

fn waiting(rotation: &Rotation, sight: &Sight, terms: &Terms) -> String {
    let old = &rotation.old;
    if terms.force {
        let used = telling_use(sight.last_use(&old.id), sight.at);
        return format!("wait for nothing, as forced ({}: {used})", old.name);
    }
    let idle = length(terms.idle);
    let rule = format!("wait until the new key is in use and {} was idle for {idle}", old.name);
    let Some(new) = new_key(&rotation.stage) else { return rule };
    let now = match reason_to_wait(&new.id, &old.id, sight, terms) {
        Some(Why::NewUnused) => "the new key is not in use yet",
        Some(Why::OldInUse { .. }) => "the old key is not idle yet",
        Some(Why::UsageUnknown { .. }) => "usage is not known yet",
        None => "which is so now",
    };
    format!("{rule} ({now})")
}

fn cut(rotation: &Rotation) -> String {
    match rotation.end {
        End::Revoke => format!("revoke {} for good", rotation.old),
        End::Disable => format!("disable {}; `keys enable` would bring it back", rotation.old),
    }
}

/// A key that expires soon is a poor successor.
pub(super) fn expires_soon(new: &ApiKey, now: Timestamp) -> Option<String> {
    const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
    let at = new.expires_at.filter(|at| at.duration_since(now) < SOON)?;
    Some(format!("the new key expires soon: {}", instant(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::keys::find::tests::sample;

    #[test]
    fn the_name_of_a_successor_is_dated_and_free() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let taken =
            [sample("1", "web-2026-11-22", "archived"), sample("2", "web-2026-11-22-2", "active")];
        let cases = [
            ("ci", "ci-2026-11-22"),
            ("ci-2025-01-31", "ci-2026-11-22"),
            ("ci-2025-31-01", "ci-2025-31-01-2026-11-22"),
            ("web", "web-2026-11-22-3"),
            ("schlüssel-ä", "schlüssel-ä-2026-11-22"),
        ];
        for (old, expected) in cases {
            assert_eq!(derived_name(old, &taken, now), expected);
        }
    }

    #[test]
    fn only_an_active_key_of_the_same_scope_can_take_over() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let in_workspace = |mut key: ApiKey, workspace: &str| {
            key.workspace = Some(workspace.into());
            key
        };
        let old = in_workspace(sample("apikey_1", "ci", "active"), "wrkspc_1");
        let fits = in_workspace(sample("apikey_2", "ci-2", "active"), "wrkspc_1");
        let expired = ApiKey { expires_at: Some(now), ..fits.clone() };
        let cases = [
            (fits.clone(), None),
            (old.clone(), Some("is the key that is to be replaced")),
            (in_workspace(sample("apikey_2", "ci-2", "inactive"), "wrkspc_1"), Some("is inactive")),
            (expired, Some("has expired")),
            (
                in_workspace(sample("apikey_2", "ci-2", "active"), "default"),
                Some("of the workspace default"),
            ),
            (sample("apikey_2", "ci-2", "active"), Some("of the whole organization")),
        ];
        for (new, expected) in cases {
            let said = unfit(&old, &new, &Sight::told(Vec::new(), now));
            let fits = match expected {
                None => said.is_none(),
                Some(part) => said.as_deref().is_some_and(|said| said.contains(part)),
            };
            assert!(fits, "{expected:?}: {said:?}");
        }
    }
}
