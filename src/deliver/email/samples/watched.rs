//! Notices about keys, people and the audit log.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::notice::{Effect, Facts, KeyTrouble, Kind, Matter, Notice, PersonTrouble};
use usagewarden_core::rule::Severity;

use super::{at, bare, news, notice_of, resolved};

const NOW: &str = "2026-11-21T14:07:11Z";

fn key(verb: &str, trouble: KeyTrouble) -> Facts {
    let command = format!("usagewarden keys {verb} apikey_01Batch --organization acme");
    let matter = Matter::Key { trouble, command };
    let mut facts = bare("hygiene", Kind::Keys, Severity::Warning, matter);
    facts.subject.workspace = Some("wrkspc_01Ingest".into());
    facts.subject.key = Some("apikey_01Batch".into());
    facts.names.workspace = Some("ingest-prod".to_owned());
    facts.names.api_key = Some("batch-worker".to_owned());
    facts
}

fn old() -> Facts {
    let older_than = SignedDuration::from_hours(90 * 24);
    key("rotate", KeyTrouble::Old { created_at: at("2026-08-20T12:00:00Z"), older_than })
}

fn expiring() -> Facts {
    key("rotate", KeyTrouble::Expiring { expires_at: at("2026-12-01T00:00:00Z") })
}

fn person(who: &str, trouble: PersonTrouble) -> Facts {
    let matter = Matter::Person { who: who.to_owned(), trouble };
    bare("people", Kind::Members, Severity::Critical, matter)
}

fn admin() -> Facts {
    let (before, role) = (Some("developer".to_owned()), "admin".to_owned());
    person("rin@example.com", PersonTrouble::NewAdmin { before, role })
}

fn invited() -> Facts {
    let (role, invited_at) = ("developer".to_owned(), at("2026-11-14T08:00:00Z"));
    person("new@example.com", PersonTrouble::Invited { role, invited_at })
}

pub(in crate::deliver::email) fn activity(number: usize, more: u64) -> Facts {
    let details = [
        ("limit_usd", "250000"),
        ("limit_action", "notify_only"),
        ("actor.ip_address", "192.0.2.10"),
    ];
    let details = details.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let matter = Matter::Activity {
        activity: "platform_spend_limit_created".to_owned(),
        actor: "rin@example.com".to_owned(),
        at: at("2026-11-21T14:05:30Z"),
        details: BTreeMap::from(details),
        more,
    };
    let mut facts = bare("sensitive", Kind::Audit, Severity::Warning, matter);
    facts.since = at("2026-11-21T14:05:30Z");
    facts.subject.detail = Some(format!("activity_01Qz{number}").into());
    facts
}

/// A mail of each kind.
pub(super) fn gallery() -> Vec<(&'static str, Notice)> {
    let one = |facts| notice_of(NOW, vec![news(Effect::Fired, facts)]);
    let over = |facts, at: &str| notice_of(at, vec![resolved(facts, at)]);
    let new = KeyTrouble::New { created_by: Some("user_01Qz".to_owned()) };
    let (before, after) = ("active".to_owned(), "inactive".to_owned());
    let lines = (0..13).map(|number| activity(number, if number == 0 { 1_234 } else { 0 }));
    vec![
        ("old key", one(old())),
        ("old key replaced", over(old(), "2026-11-22T09:30:00Z")),
        ("key that expires", one(expiring())),
        ("key that has expired", over(expiring(), "2026-12-01T00:00:00Z")),
        ("new key", one(key("disable", new))),
        ("key switched off", one(key("disable", KeyTrouble::Status { before, after }))),
        ("new administrator", one(admin())),
        ("open invite", one(invited())),
        ("audit", one(activity(1, 0))),
        ("audit, very many", notice_of(NOW, lines.map(|it| news(Effect::Fired, it)).collect())),
    ]
}
