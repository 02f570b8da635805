//! Keys, people and the audit log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Effect, Facts, Kind, Matter, News, news, of};
use crate::notice::{KeyTrouble, PersonTrouble};
use Effect::{Fired, Reminded, Resolved};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn key(verb: &str, trouble: KeyTrouble) -> Facts {
    let command = format!("usagewarden keys {verb} apikey_1 --organization acme");
    let mut facts = of("hygiene", Kind::Keys, Matter::Key { trouble, command });
    facts.subject.key = Some("apikey_1".into());
    facts.names.api_key = Some("batch-worker".to_owned());
    facts
}

fn in_workspace(mut facts: Facts) -> Facts {
    facts.subject.workspace = Some("wrkspc_1".into());
    facts.names.workspace = Some("ingest-prod".to_owned());
    facts
}

fn person(who: &str, trouble: PersonTrouble) -> Facts {
    of("people", Kind::Members, Matter::Person { who: who.to_owned(), trouble })
}

fn activity(more: u64) -> Facts {
    let matter = Matter::Activity {
        activity: "platform_api_key_created".to_owned(),
        actor: "rin@example.com".to_owned(),
        at: at("2026-11-20T13:02:11Z"),
        details: BTreeMap::new(),
        more,
    };
    of("sensitive", Kind::Audit, matter)
}

pub(super) fn watched() -> Vec<(&'static str, News)> {
    keys().into_iter().chain(people()).chain(log()).collect()
}

fn keys() -> Vec<(&'static str, News)> {
    let created_at = at("2026-08-20T12:00:00Z");
    let old = || {
        let trouble = KeyTrouble::Old { created_at, older_than: days(90) };
        in_workspace(key("rotate", trouble))
    };
    let expiring = |expires_at| in_workspace(key("rotate", KeyTrouble::Expiring { expires_at }));
    let new = |created_by: Option<&str>| {
        let created_by = created_by.map(str::to_owned);
        key("disable", KeyTrouble::New { created_by })
    };
    let status = |before: &str, after: &str| {
        let (before, after) = (before.to_owned(), after.to_owned());
        in_workspace(key("disable", KeyTrouble::Status { before, after }))
    };
    let mut nameless = old();
    (nameless.names.api_key, nameless.names.workspace) = (None, None);
    let (soon, past) = (at("2026-12-01T00:00:00Z"), at("2026-11-21T14:00:00Z"));
    vec![
        ("an old key", news(Fired, old())),
        ("an old key, reminded", news(Reminded, old())),
        ("an old key, resolved", news(Resolved, old())),
        ("an old key without a name", news(Fired, nameless)),
        ("a key that expires", news(Fired, expiring(soon))),
        ("a key that was to expire, replaced", news(Resolved, expiring(soon))),
        ("a key that has expired", news(Resolved, expiring(past))),
        ("a new key", news(Fired, new(Some("user_1")))),
        ("a new key that nobody made", news(Fired, new(None))),
        ("a key switched off", news(Fired, status("active", "inactive"))),
        ("a key switched on", news(Fired, status("inactive", "active"))),
        ("a key that ended by itself", news(Fired, status("active", "expired"))),
    ]
}

fn people() -> Vec<(&'static str, News)> {
    let rin = "rin@example.com";
    let admin = |before: Option<&str>, role: &str| {
        let (before, role) = (before.map(str::to_owned), role.to_owned());
        person(rin, PersonTrouble::NewAdmin { before, role })
    };
    let (before, after) = ("developer".to_owned(), "billing".to_owned());
    let invited = || {
        let (role, invited_at) = ("developer".to_owned(), at("2026-11-14T08:00:00Z"));
        person("new@example.com", PersonTrouble::Invited { role, invited_at })
    };
    let inactive = || {
        let last_active_at = at("2026-08-20T12:00:00Z");
        person(rin, PersonTrouble::Inactive { last_active_at, inactive_for: days(90) })
    };
    vec![
        ("a new administrator", news(Fired, admin(Some("developer"), "admin"))),
        ("an administrator who was nobody", news(Fired, admin(None, "owner"))),
        ("another role", news(Fired, person(rin, PersonTrouble::Role { before, after }))),
        ("an open invite", news(Fired, invited())),
        ("an open invite, resolved", news(Resolved, invited())),
        ("an inactive member", news(Fired, inactive())),
        ("an inactive member, resolved", news(Resolved, inactive())),
    ]
}

fn log() -> Vec<(&'static str, News)> {
    vec![
        ("a line of the audit log", news(Fired, activity(0))),
        ("the first of very many", news(Fired, activity(1_234))),
    ]
}
