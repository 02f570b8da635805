//! Sentences about actions: what a step does, and what came of it.

use crate::action::ActionState;
use crate::notice::{Announced, Announcement, Matter, News};
use crate::subject::OrganizationName;
use crate::words::sentence;

/// What a step does about what it tells: one sentence for each action.
pub fn announced(announced: &Announced) -> String {
    let Announced { action, does, verdict } = announced;
    match verdict {
        Announcement::Ordered(_) => {
            sentence(&format!("the action `{action}` is under way: {does}"))
        }
        Announcement::DryRun(_) => {
            sentence(&format!("the action `{action}` is a dry run; it would {does}"))
        }
        Announcement::Already(_) => format!(
            "The action `{action}` was taken in this period before, and is not taken again."
        ),
        Announcement::NotAllowed => format!(
            "The action `{action}` is not taken: `allow_actions` is off for this organization."
        ),
        Announcement::NothingToDo(_) => {
            format!("The action `{action}` found nothing that it is for.")
        }
    }
}

pub(super) fn title(news: &News) -> String {
    let Matter::Acted { action, state, .. } = &news.facts.matter else {
        return news.facts.rule.to_string();
    };
    format!("action {action} {}", state_words(*state))
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    let Matter::Acted { action, does, state, error, .. } = &news.facts.matter else {
        return super::title(organization, news);
    };
    let why = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    let state = state_words(*state);
    sentence(&format!("at {organization}, the action `{action}` ({does}) {state}{why}"))
}

pub(super) fn next_step(matter: &Matter) -> String {
    let Matter::Acted { id, state, .. } = matter else { return String::new() };
    match state {
        ActionState::Done => {
            format!("To bring back what was: `usagewarden actions undo {}`.", id.0)
        }
        ActionState::Refused | ActionState::GivenUp => {
            "Do it by hand, now: nothing else will.".to_owned()
        }
        ActionState::Queued
        | ActionState::Retrying
        | ActionState::DryRun
        | ActionState::Undoing
        | ActionState::Undone => "Nothing: that it is known is all.".to_owned(),
    }
}

const fn state_words(state: ActionState) -> &'static str {
    match state {
        ActionState::Queued => "is queued",
        ActionState::Retrying => "failed, and is tried again",
        ActionState::Done => "was taken",
        ActionState::Refused => "was refused",
        ActionState::GivenUp => "was given up",
        ActionState::DryRun => "was a dry run",
        ActionState::Undoing => "is being undone",
        ActionState::Undone => "was undone",
    }
}
