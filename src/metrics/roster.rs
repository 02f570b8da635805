//! Keys and people: how many, and the names that ids are joined with.

use std::collections::BTreeMap;

use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::WorkspaceId;

use super::cap::{OTHER, Room};
use super::family::Family;
use super::fragment::Sheet;

/// The states and roles the APIs document. They are shown at zero; others appear when they do.
const KEY_STATES: [&str; 4] = ["active", "archived", "expired", "inactive"];
const ROLES: [&str; 5] = ["admin", "billing", "claude_code_user", "developer", "user"];
const PENDING: &str = "pending";

pub(super) fn people(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    if let Some(members) = &snapshot.roster.members {
        let mut counts: BTreeMap<&str, usize> = ROLES.into_iter().map(|role| (role, 0)).collect();
        for member in members.iter() {
            *counts.entry(&member.role).or_default() += 1;
        }
        for (role, count) in counts {
            if room.take(1) {
                sheet.line(Family::Members, &[("role", role)], count);
            }
        }
    }
    if let Some(invites) = &snapshot.roster.invites {
        let pending = invites.iter().filter(|invite| invite.status == PENDING).count();
        sheet.line(Family::InvitesPending, &[], pending);
    }
}

/// Keys by workspace and state. Workspaces beyond the cap are `other`.
pub(super) fn keys(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    let Some(keys) = &snapshot.roster.keys else { return };
    let mut workspaces: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for key in keys.iter() {
        let states = workspaces.entry(workspace(key.workspace.as_ref())).or_insert_with(no_keys);
        *states.entry(&key.status).or_default() += 1;
    }
    let (named, beyond): (Vec<_>, Vec<_>) =
        workspaces.into_iter().partition(|(_, states)| room.take(states.len()));
    let mut other = (!beyond.is_empty()).then(|| (OTHER, no_keys()));
    for (state, count) in beyond.into_iter().flat_map(|(_, states)| states) {
        if let Some((_, states)) = &mut other {
            *states.entry(state).or_default() += count;
        }
    }
    for (workspace, states) in named.into_iter().chain(other) {
        for (state, count) in states {
            let labels = [("workspace_id", workspace), ("status", state)];
            sheet.line(Family::ApiKeys, &labels, count);
        }
    }
}

fn no_keys<'a>() -> BTreeMap<&'a str, usize> {
    KEY_STATES.into_iter().map(|state| (state, 0)).collect()
}

/// The `_info` series. Names cannot be summed, so what is beyond the cap is left out.
pub(super) fn names(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    for entry in snapshot.roster.workspaces.iter().flat_map(|all| all.iter()) {
        // The default workspace has a second line with the id that the API has for it.
        let ids = [Some(entry.id.as_str()), Some(entry.api_id.as_str())];
        let second = ids[1].filter(|id| ids[0] != Some(id) && !id.is_empty());
        for id in ids[0].into_iter().chain(second) {
            if room.take(1) {
                let labels = [("workspace_id", id), ("workspace", entry.name.as_str())];
                sheet.line(Family::WorkspaceInfo, &labels, 1);
            }
        }
    }
    for key in snapshot.roster.keys.iter().flat_map(|all| all.iter()) {
        if room.take(1) {
            let labels = [
                ("api_key_id", key.id.as_str()),
                ("api_key", key.name.as_str()),
                ("workspace_id", workspace(key.workspace.as_ref())),
                ("status", key.status.as_str()),
            ];
            sheet.line(Family::ApiKeyInfo, &labels, 1);
        }
    }
}

/// An empty label is none: a key that belongs to no single workspace.
fn workspace(id: Option<&WorkspaceId>) -> &str {
    id.map_or("", WorkspaceId::as_str)
}
