//! Sentences about what is not a figure: changes, strangers, lost notices, tests.

use crate::notice::{Effect, Matter, News};
use crate::subject::OrganizationName;
use crate::words::sentence;

pub(super) fn title(news: &News) -> String {
    let rule = &news.facts.rule;
    match (&news.facts.matter, news.effect) {
        (Matter::Changed { what, before, after }, _) => {
            format!("{rule}: {}", changed(what, before.as_deref(), after.as_deref()))
        }
        (Matter::Stranger { .. }, Effect::Resolved) => {
            "the right organization answers again".to_owned()
        }
        (Matter::Stranger { heard, .. }, Effect::Fired | Effect::Reminded | Effect::Test) => {
            format!("another organization answers: {heard}")
        }
        (Matter::Undelivered { channel, .. }, Effect::Resolved) => {
            format!("notices reach channel {channel} again")
        }
        (Matter::Undelivered { channel, .. }, Effect::Fired | Effect::Reminded | Effect::Test) => {
            format!("a notice reached nobody on channel {channel}")
        }
        (Matter::Test, _) => "a message from usagewarden, nothing is wrong".to_owned(),
        (
            Matter::Step { .. }
            | Matter::Bound { .. }
            | Matter::RateLimit { .. }
            | Matter::Stale { .. }
            | Matter::Key { .. }
            | Matter::Person { .. }
            | Matter::Activity { .. }
            | Matter::Acted { .. },
            _,
        ) => rule.to_string(),
    }
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    match &news.facts.matter {
        Matter::Changed { what, before, after } => {
            let changed = changed(what, before.as_deref(), after.as_deref());
            sentence(&format!("at {organization}, {changed}"))
        }
        Matter::Stranger { expected, heard, .. } => {
            stranger(organization, news.effect, expected, heard)
        }
        Matter::Undelivered { channel, recipient, error } => {
            undelivered(organization, news.effect, channel, recipient, error)
        }
        Matter::Test => format!(
            "This is a test message about {organization}: nothing is wrong, and whoever reads it would be told if something were."
        ),
        Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. } => super::title(organization, news),
    }
}

/// `the plan changed from free to scale`
fn changed(what: &str, before: Option<&str>, after: Option<&str>) -> String {
    let the = if what.starts_with("the ") || what.starts_with("a ") { "" } else { "the " };
    match (before, after) {
        (Some(before), Some(after)) => format!("{the}{what} changed from {before} to {after}"),
        (None, Some(after)) => format!("{the}{what} is new: {after}"),
        (Some(before), None) => format!("{the}{what} is gone; it was {before}"),
        (None, None) => format!("{the}{what} changed"),
    }
}

fn stranger(
    organization: &OrganizationName,
    effect: Effect,
    expected: &str,
    heard: &str,
) -> String {
    let still = match effect {
        Effect::Resolved => {
            return format!(
                "The right organization answers for {organization} again, and its figures are stored and judged."
            );
        }
        Effect::Reminded => "still ",
        Effect::Fired | Effect::Test => "",
    };
    format!(
        "The key of {organization} {still}belongs to {heard}, not to {expected}: nothing is stored and nothing is judged until that is right."
    )
}

fn undelivered(
    organization: &OrganizationName,
    effect: Effect,
    channel: &str,
    recipient: &str,
    error: &str,
) -> String {
    let at = if recipient.is_empty() || recipient == channel {
        String::new()
    } else {
        format!(" at {recipient}")
    };
    match effect {
        Effect::Fired | Effect::Test => sentence(&format!(
            "a notice about {organization} reached nobody on the channel `{channel}`{at}: {error}"
        )),
        Effect::Reminded => sentence(&format!(
            "a notice about {organization} has still reached nobody on the channel `{channel}`{at}: {error}"
        )),
        Effect::Resolved => {
            format!("Notices about {organization} reach the channel `{channel}`{at} again.")
        }
    }
}

pub(super) fn next_step(matter: &Matter) -> String {
    match matter {
        Matter::Stranger { fix, .. } => sentence(fix),
        Matter::Undelivered { channel, .. } => format!(
            "Mend the channel `{channel}`, then send what waits with `usagewarden deliveries retry`."
        ),
        Matter::Test => "Nothing: that it arrived is all it was for.".to_owned(),
        Matter::Changed { .. }
        | Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. } => "Ask who changed it, and whether it was meant to be.".to_owned(),
    }
}
