//! `[[rule.members]]`: who may do what.

use jiff::SignedDuration;
use usagewarden_core::rule::{Condition, Members};

use super::super::table::Table;
use super::super::value::{self, Bounds};
use super::watch::{lacks_condition, refuse_company};

const INVITE_PENDING: Bounds = Bounds {
    least: SignedDuration::from_hours(1),
    most: SignedDuration::from_hours(21 * 24),
    why: "people are listed once an hour, and an invite ends after three weeks",
};

const INACTIVE_FOR: Bounds = Bounds {
    least: SignedDuration::from_hours(24),
    most: SignedDuration::from_hours(3_650 * 24),
    why: "nobody works at all hours, and ten years are never reached",
};

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let span = |key, bounds| {
        let span = table.optional(key, |value| value::duration(value, bounds));
        span.map(|span| span.value)
    };
    let is_on = |key| table.optional(key, value::boolean).is_some_and(|on| on.value);
    let members = Members {
        new_admin: is_on("new_admin"),
        role_changed: is_on("role_changed"),
        invite_pending: span("invite_pending", INVITE_PENDING),
        inactive_for: span("inactive_for", INACTIVE_FOR),
        severity: super::severity(table),
    };
    refuse_company(table, "members");
    let has_span = table.has("invite_pending") || table.has("inactive_for");
    if !has_span && !members.new_admin && !members.role_changed {
        lacks_condition(table, "new_admin = true", "invite_pending = \"7d\"");
    }
    Some(Condition::Members(members))
}
