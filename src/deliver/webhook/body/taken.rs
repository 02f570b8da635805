//! What a step does about what it tells.

use serde::Serialize;
use usagewarden_core::action::{ActionId, ActionState};
use usagewarden_core::notice::{Announced, Announcement};

/// An action that a step takes.
#[derive(Serialize)]
pub(super) struct Taken<'a> {
    action: &'a str,
    /// What it is to `usagewarden actions undo`; absent where nothing was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    does: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

impl<'a> Taken<'a> {
    pub(super) fn of(announced: &'a Announced) -> Self {
        let (verdict, id): (_, Option<&ActionId>) = match &announced.verdict {
            Announcement::Ordered(id) => ("ordered", Some(id)),
            Announcement::DryRun(id) => ("dry_run", Some(id)),
            Announcement::Already { id, .. } => ("already", Some(id)),
            Announcement::NotAllowed => ("not_allowed", None),
            Announcement::NothingToDo { id, .. } => ("nothing_to_do", Some(id)),
        };
        let (state, why) = match &announced.verdict {
            Announcement::Already { state, .. } => (state.map(ActionState::label), None),
            Announcement::NothingToDo { why, .. } => (None, Some(why.as_str())),
            Announcement::Ordered(_) | Announcement::DryRun(_) | Announcement::NotAllowed => {
                (None, None)
            }
        };
        Self {
            action: announced.action.as_str(),
            id: id.map(|id| id.0.as_str()),
            verdict,
            does: &announced.does,
            state,
            why,
        }
    }
}
