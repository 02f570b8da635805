//! A step that takes actions, and what became of one.

use usagewarden_core::action::{ActionId, ActionState};
use usagewarden_core::notice::{Announced, Announcement, Facts, Kind, Matter};
use usagewarden_core::rule::Severity;

use super::{bare, exceeded};

/// A step that takes actions, each with another verdict.
pub(super) fn acting() -> Facts {
    let id = |action: &str| ActionId(format!("month:acme:organization:{action}:20261101T000000Z"));
    let announced = |action: &str, does: &str, verdict| Announced {
        action: action.into(),
        does: does.to_owned(),
        verdict,
    };
    let stop = "disable the keys batch-worker and batch-2 of workspace ingest-prod";
    let cap = "lower the spend limit of workspace ingest-prod to $100.00";
    let slow = "lower the limit of output tokens a minute for Claude Sonnet 5.x in workspace research to 1,000";
    let why = "no key of the workspace research matches".to_owned();
    let mut facts = exceeded();
    facts.actions = vec![
        announced(
            "call-program",
            "call the webhook ops",
            Announcement::Already { id: id("call-program"), state: Some(ActionState::Done) },
        ),
        announced("stop-batch", stop, Announcement::Ordered(id("stop-batch"))),
        announced("cap", cap, Announcement::DryRun(id("cap"))),
        announced("slow-down", slow, Announcement::NotAllowed),
        announced(
            "stop-research",
            "disable the key research-* of workspace research",
            Announcement::NothingToDo { id: id("stop-research"), why },
        ),
    ];
    facts
}

/// What became of an action.
pub(super) fn acted(state: ActionState) -> Facts {
    let id = "month:acme:organization:stop-batch:20261101T000000Z";
    let failed = matches!(state, ActionState::Refused | ActionState::GivenUp);
    let matter = Matter::Acted {
        action: "stop-batch".into(),
        id: ActionId(id.to_owned()),
        does: "disable the keys batch-worker and batch-2 of workspace ingest-prod".to_owned(),
        state,
        error: failed.then(|| "the API answered 403: the key may not write".to_owned()),
        no_undo: None,
    };
    let severity = if failed { Severity::Critical } else { Severity::Info };
    bare("action", Kind::Action, severity, matter)
}
