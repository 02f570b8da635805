//! Sentences about keys, people and the audit log.

use jiff::Timestamp;

use crate::notice::{Effect, KeyTrouble, Matter, News, PersonTrouble};
use crate::subject::OrganizationName;
use crate::words::figure::span;
use crate::words::{name, sentence};

pub(super) fn title(news: &News) -> String {
    match &news.facts.matter {
        Matter::Key { trouble, .. } => key_title(trouble, news.effect),
        Matter::Person { who, trouble } => person_title(who, trouble, news.effect),
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
            let about = key_summary(trouble, news.effect);
            sentence(&format!("at {organization}, {} {about}", of_key()))
        }
        Matter::Person { who, trouble } => {
            let about = person_title(who, trouble, news.effect);
            sentence(&format!("at {organization}, {about}"))
        }
        Matter::Activity { activity, actor, at, .. } => sentence(&format!(
            "the audit log of {organization} tells of {activity} by {actor}, on {}",
            day(*at)
        )),
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

fn key_title(trouble: &KeyTrouble, effect: Effect) -> String {
    let is_over = effect == Effect::Resolved;
    match trouble {
        KeyTrouble::Old { .. } if is_over => "no longer in use".to_owned(),
        KeyTrouble::Old { older_than, .. } => format!("older than {}", span(*older_than)),
        KeyTrouble::Expiring { .. } if is_over => "no longer about to expire".to_owned(),
        KeyTrouble::Expiring { expires_at } => format!("expires on {}", day(*expires_at)),
        KeyTrouble::New { created_by: Some(who) } => format!("new, made by {who}"),
        KeyTrouble::New { created_by: None } => "new".to_owned(),
        KeyTrouble::Status { before, after } => format!("{after}, was {before}"),
    }
}

fn key_summary(trouble: &KeyTrouble, effect: Effect) -> String {
    let is_over = effect == Effect::Resolved;
    match trouble {
        KeyTrouble::Old { .. } if is_over => "is no longer in use, or is gone".to_owned(),
        KeyTrouble::Old { created_at, older_than } => {
            let (made, span) = (day(*created_at), span(*older_than));
            format!("is older than {span}: it was made on {made}")
        }
        KeyTrouble::Expiring { .. } if is_over => "is no longer about to expire".to_owned(),
        KeyTrouble::Expiring { expires_at } => format!("expires on {}", day(*expires_at)),
        KeyTrouble::New { created_by: Some(who) } => format!("is new; {who} made it"),
        KeyTrouble::New { created_by: None } => "is new".to_owned(),
        KeyTrouble::Status { before, after } => format!("is {after} now; it was {before}"),
    }
}

fn person_title(who: &str, trouble: &PersonTrouble, effect: Effect) -> String {
    match trouble {
        PersonTrouble::NewAdmin { before: Some(before) } => {
            format!("{who} became an administrator, and was {before}")
        }
        PersonTrouble::NewAdmin { before: None } => format!("{who} is a new administrator"),
        PersonTrouble::Role { before, after } => format!("{who} is {after} now, and was {before}"),
        PersonTrouble::Invited { .. } if effect == Effect::Resolved => {
            format!("the invite of {who} is no longer open")
        }
        PersonTrouble::Invited { role, invited_at } => {
            format!("the invite of {who} as {role} has been open since {}", day(*invited_at))
        }
    }
}

pub(super) fn next_step(matter: &Matter) -> String {
    match matter {
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
        Matter::Person { .. } => {
            "Ask who gave the role, and whether it was meant to be.".to_owned()
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

/// `2026-11-22`, in UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
