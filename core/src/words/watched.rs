//! Sentences about keys, people and the audit log.

use jiff::Timestamp;

use crate::notice::{Effect, Facts, KeyTrouble, Matter, News, PersonTrouble};
use crate::quantity::grouped;
use crate::subject::OrganizationName;
use crate::words::figure::span;
use crate::words::{name, sentence};

/// The status of a key that nobody switched off.
const EXPIRED: &str = "expired";

pub(super) fn title(news: &News) -> String {
    match &news.facts.matter {
        Matter::Key { trouble, .. } => key_title(trouble, news),
        Matter::Person { who, trouble } => person(who, trouble, news),
        Matter::Activity { activity, actor, .. } => format!("{activity} by {actor}"),
        Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Acted { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => news.facts.rule.to_string(),
    }
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    let of_key = || name::narrow(&news.facts).unwrap_or_else(|| "a key".to_owned());
    match &news.facts.matter {
        Matter::Key { trouble, .. } => {
            let about = key_summary(trouble, news);
            sentence(&format!("at {organization}, {} {about}", of_key()))
        }
        Matter::Person { who, trouble } => {
            sentence(&format!("at {organization}, {}", person(who, trouble, news)))
        }
        Matter::Activity { activity, actor, at, more, .. } => {
            let also = format!(
                " It is the first of many: {} more are told by their number alone.",
                counted(*more)
            );
            let also = if *more > 0 { also } else { String::new() };
            format!(
                "The audit log of {organization} has {activity} by {actor}, on {}.{also}",
                day(*at)
            )
        }
        Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Acted { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => super::title(organization, news),
    }
}

fn key_title(trouble: &KeyTrouble, news: &News) -> String {
    let is_over = news.effect == Effect::Resolved;
    match trouble {
        KeyTrouble::Old { .. } if is_over => "no longer in use".to_owned(),
        KeyTrouble::Old { older_than, .. } => format!("older than {}", span(*older_than)),
        KeyTrouble::Expiring { expires_at } if is_over => {
            let expired = has_passed(&news.facts, *expires_at);
            if expired { "has expired" } else { "no longer about to expire" }.to_owned()
        }
        KeyTrouble::Expiring { expires_at } => format!("expires on {}", day(*expires_at)),
        KeyTrouble::New { created_by: Some(who) } => format!("new, made by {who}"),
        KeyTrouble::New { created_by: None } => "new".to_owned(),
        KeyTrouble::Status { before, after } => format!("{after}, was {before}"),
    }
}

fn key_summary(trouble: &KeyTrouble, news: &News) -> String {
    let is_over = news.effect == Effect::Resolved;
    match trouble {
        KeyTrouble::Old { .. } if is_over => "is no longer in use, or is gone".to_owned(),
        KeyTrouble::Old { created_at, older_than } => {
            let (made, span) = (day(*created_at), span(*older_than));
            format!("is older than {span}: it was made on {made}")
        }
        KeyTrouble::Expiring { expires_at } if is_over => {
            if has_passed(&news.facts, *expires_at) {
                format!("has expired on {}: whatever still uses it is refused", day(*expires_at))
            } else {
                "is no longer about to expire: it is no longer in use, or is gone".to_owned()
            }
        }
        KeyTrouble::Expiring { expires_at } => {
            format!("expires on {}: whatever still uses it then is refused", day(*expires_at))
        }
        KeyTrouble::New { created_by: Some(who) } => format!("is new; {who} made it"),
        KeyTrouble::New { created_by: None } => "is new".to_owned(),
        KeyTrouble::Status { before, after } if after == EXPIRED => {
            format!("has expired; it was {before}")
        }
        KeyTrouble::Status { before, after } => format!("is {after} now; it was {before}"),
    }
}

/// Whether `at` lay before the end.
fn has_passed(facts: &Facts, at: Timestamp) -> bool {
    facts.ended_at.is_some_and(|ended_at| at <= ended_at)
}

fn person(who: &str, trouble: &PersonTrouble, news: &News) -> String {
    let is_over = news.effect == Effect::Resolved;
    match trouble {
        PersonTrouble::NewAdmin { before: Some(before), role } => {
            format!("{who} is an administrator now ({role}), and was {before}")
        }
        PersonTrouble::NewAdmin { before: None, role } => {
            format!("{who} is new, and an administrator ({role})")
        }
        PersonTrouble::Role { before, after } => {
            format!("{who} has the role {after} now, and had {before}")
        }
        PersonTrouble::Invited { .. } if is_over => {
            format!("the invite of {who} is no longer open")
        }
        PersonTrouble::Invited { role, invited_at } => {
            format!("the invite of {who} as {role} has been open since {}", day(*invited_at))
        }
        PersonTrouble::Inactive { .. } if is_over => {
            format!("{who} is active again, or no longer a member")
        }
        PersonTrouble::Inactive { last_active_at, inactive_for } => {
            let (span, last) = (span(*inactive_for), day(*last_active_at));
            format!("{who} has done nothing for more than {span}, since {last}")
        }
    }
}

/// What is left to do about what is over: a key that has expired may still be in use.
pub(super) fn last_step(facts: &Facts) -> Option<&'static str> {
    let Matter::Key { trouble: KeyTrouble::Expiring { expires_at }, .. } = &facts.matter else {
        return None;
    };
    has_passed(facts, *expires_at).then_some("See that nothing uses it any more.")
}

pub(super) fn next_step(matter: &Matter) -> String {
    match matter {
        Matter::Key { trouble: KeyTrouble::Status { after, .. }, .. } if after == EXPIRED => {
            "Nobody switched it off: it was made to end then. See that nothing uses it any more."
                .to_owned()
        }
        Matter::Key { trouble: KeyTrouble::Status { after, .. }, command } if after == "active" => {
            format!("Ask who switched it on. If nobody knows: `{command}`.")
        }
        Matter::Key { trouble: KeyTrouble::Status { .. }, .. } => {
            "Ask who changed it, and whether it was meant to be.".to_owned()
        }
        Matter::Key { trouble: KeyTrouble::New { .. }, command } => {
            format!("Ask whose it is. If nobody knows: `{command}`.")
        }
        Matter::Key { command, .. } => format!("Replace it: `{command}`."),
        Matter::Person { trouble: PersonTrouble::Invited { .. }, .. } => {
            "Ask whether it is still wanted, and withdraw it if not.".to_owned()
        }
        Matter::Person { trouble: PersonTrouble::Inactive { .. }, .. } => {
            "Ask whether they still need access, and remove them if not.".to_owned()
        }
        Matter::Person { .. } => {
            "Ask who gave the role, and whether it was meant to be.".to_owned()
        }
        Matter::Activity { more, .. } if *more > 0 => {
            "Ask whether that was meant to be. `usagewarden audit` lists all of them.".to_owned()
        }
        Matter::Activity { .. }
        | Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Acted { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => "Ask whether that was meant to be.".to_owned(),
    }
}

fn counted(number: u64) -> String {
    grouped(number.into())
}

/// `2026-11-22`, in UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
