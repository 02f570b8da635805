//! `[[rule.keys]]`: API keys that somebody should look after.

use jiff::SignedDuration;
use usagewarden_core::rule::{Condition, Keys, Scope};

use super::super::table::Table;
use super::super::value::{self, Bounds};
use super::watch::{lacks_condition, refuse_company};

const OLDER_THAN: Bounds = Bounds {
    least: SignedDuration::from_hours(1),
    most: SignedDuration::from_hours(3_650 * 24),
    why: "keys are listed once an hour, and ten years are never reached",
};

const EXPIRES_WITHIN: Bounds = Bounds {
    least: SignedDuration::from_hours(1),
    most: SignedDuration::from_hours(365 * 24),
    why: "keys are listed once an hour, and most live for a year",
};

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let span = |key, bounds| {
        let span = table.optional(key, |value| value::duration(value, bounds));
        span.map(|span| span.value)
    };
    let is_on = |key| table.optional(key, value::boolean).is_some_and(|on| on.value);
    let keys = Keys {
        older_than: span("older_than", OLDER_THAN),
        expires_within: span("expires_within", EXPIRES_WITHIN),
        new: is_on("new"),
        status_changed: is_on("status_changed"),
        scope: scope(table),
        severity: super::severity(table),
    };
    refuse_company(table, "keys");
    let has_span = table.has("older_than") || table.has("expires_within");
    if !has_span && !keys.new && !keys.status_changed {
        lacks_condition(table, "older_than = \"90d\"", "new = true");
    }
    Some(Condition::Keys(keys))
}

/// Which keys; a key has no model and no tier.
fn scope(table: &Table<'_>) -> Scope {
    let Some(scope) = table.table("scope") else { return Scope::default() };
    let part = |key| super::globs(&scope, key).unwrap_or_default();
    Scope { workspace: part("workspace"), key: part("key"), ..Scope::default() }
}
