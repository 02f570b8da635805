//! Keys, people and the audit log.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::notice::{Effect, KeyTrouble, Kind, Matter, News, PersonTrouble};

use super::{at, bare, news};

fn day() -> SignedDuration {
    SignedDuration::from_hours(24)
}

pub(super) fn watched() -> Vec<News> {
    let then = at("2026-11-20T13:02:11Z");
    let text = |text: &str| text.to_owned();
    let keys = [
        KeyTrouble::Old { created_at: then, older_than: day() },
        KeyTrouble::Expiring { expires_at: then },
        KeyTrouble::New { created_by: Some(text("user_1")) },
        KeyTrouble::Status { before: text("active"), after: text("inactive") },
    ];
    let people = [
        PersonTrouble::NewAdmin { before: Some(text("user")), role: text("admin") },
        PersonTrouble::Role { before: text("user"), after: text("billing") },
        PersonTrouble::Invited { role: text("user"), invited_at: then },
        PersonTrouble::Inactive { last_active_at: then, inactive_for: day() },
    ];
    let command = "usagewarden keys rotate apikey_1 --organization acme";
    let keys = keys.map(|trouble| (Kind::Keys, Matter::Key { trouble, command: text(command) }));
    let people = people
        .map(|trouble| (Kind::Members, Matter::Person { who: text("rin@example.com"), trouble }));
    let line = Matter::Activity {
        activity: text("platform_spend_limit_created"),
        actor: text("rin@example.com"),
        at: then,
        details: BTreeMap::from([(text("limit_usd"), text("250000"))]),
        more: 7,
    };
    let all = keys.into_iter().chain(people).chain([(Kind::Audit, line)]);
    all.map(|(kind, matter)| news(Effect::Fired, bare(kind, matter))).collect()
}
