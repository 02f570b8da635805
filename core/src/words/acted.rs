//! Sentences about actions: what a step does, and what came of it.

use crate::action::{ActionState, Measure, Target};
use crate::headroom::limiter_words;
use crate::notice::{Announced, Announcement, Matter, News};
use crate::quantity::grouped;
use crate::rule::Glob;
use crate::subject::OrganizationName;
use crate::words::sentence;

/// Names in one sentence; the rest is counted.
const NAMED_MAX: usize = 5;

/// What is changed, as what there is to do: `disable the key batch-worker of workspace
/// ingest-prod`. Targets of one action are of one kind.
pub fn does(targets: &[Target]) -> String {
    let Some(first) = targets.first() else { return String::new() };
    match first {
        Target::Key { workspace_name, .. } => {
            let keys = listed("key", &names(targets));
            format!("disable the {keys} of workspace {workspace_name}")
        }
        Target::SpendLimit { workspace_name, to, .. } => {
            format!("lower the spend limit of {} to {to}", whose(workspace_name.as_deref()))
        }
        Target::RateLimit { workspace_name, limiter, to, .. } => {
            let (limiter, to) = (limiter_words(limiter), grouped((*to).into()));
            let groups = several(&names(targets));
            format!(
                "lower the limit of {limiter} for {groups} in workspace {workspace_name} to {to}"
            )
        }
        Target::Webhook { channel } => format!("call the webhook {channel}"),
    }
}

/// The same of an action that has found nothing, as it was written.
pub fn wanted(measure: &Measure) -> String {
    match measure {
        Measure::DisableKeys { workspace, keys } => {
            let globs: Vec<&str> = keys.iter().map(Glob::as_str).collect();
            format!("disable the {} of workspace {workspace}", listed("key", &globs))
        }
        Measure::LowerSpendLimit { workspace, to } => {
            format!("lower the spend limit of {} to {to}", whose(workspace.as_deref()))
        }
        Measure::LowerRateLimit { workspace, group, limiter, to } => {
            let (limiter, to) = (limiter_words(limiter), grouped((*to).into()));
            let group = group.as_str();
            format!("lower the limit of {limiter} for {group} in workspace {workspace} to {to}")
        }
        Measure::CallWebhook { channel } => format!("call the webhook {channel}"),
    }
}

fn names(targets: &[Target]) -> Vec<&str> {
    targets.iter().map(name).collect()
}

fn name(target: &Target) -> &str {
    match target {
        Target::Key { name, .. } => name,
        Target::SpendLimit { workspace_name, .. } => workspace_name.as_deref().unwrap_or_default(),
        Target::RateLimit { group, .. } => group,
        Target::Webhook { channel } => channel.as_str(),
    }
}

fn whose(workspace: Option<&str>) -> String {
    workspace.map_or_else(|| "the organization".to_owned(), |name| format!("workspace {name}"))
}

/// `key a`, `keys a and b`.
fn listed(word: &str, names: &[&str]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{word}{plural} {}", several(names))
}

/// `a`, `a and b`, `a, b, c, d, e and 3 more`.
fn several(names: &[&str]) -> String {
    let shown = &names[..names.len().min(NAMED_MAX)];
    match (shown, names.len() - shown.len()) {
        (shown, more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        ([before @ .., last], _) if !before.is_empty() => {
            format!("{} and {last}", before.join(", "))
        }
        (shown, _) => shown.join(", "),
    }
}

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
        Announcement::Already { state, .. } => {
            let state = state.map_or("was ordered", state_words);
            let what = if does.is_empty() { String::new() } else { format!(" ({does})") };
            format!("The action `{action}`{what} {state}; it is taken once a period.")
        }
        Announcement::NotAllowed => format!(
            "The action `{action}` is not taken: `allow_actions` is off for this organization."
        ),
        Announcement::NothingToDo { why, .. } => {
            sentence(&format!("the action `{action}` found nothing that it is for: {why}"))
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
    let Matter::Acted { id, state, no_undo, .. } = matter else { return String::new() };
    match (state, no_undo) {
        (ActionState::Done, Some(why)) => sentence(&format!("it cannot be undone: {why}")),
        (ActionState::Done, None) => {
            format!("To bring back what was: `usagewarden actions undo {}`.", id.0)
        }
        (ActionState::Refused | ActionState::GivenUp, _) => {
            "Look now, and do by hand what is needed: it is not tried again.".to_owned()
        }
        (
            ActionState::Queued
            | ActionState::Retrying
            | ActionState::DryRun
            | ActionState::Undoing
            | ActionState::Undone,
            _,
        ) => "Nothing: that it is known is all.".to_owned(),
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
