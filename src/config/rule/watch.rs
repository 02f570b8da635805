//! `[[rule.rate_limit]]`, `[[rule.freshness]]` and `[[rule.change]]`: what is watched without
//! a figure of the operator's own.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{Change, Condition, Freshness, Headroom, Scope};

use super::super::problem::Complaint;
use super::super::table::{At, Table};
use super::super::value::{self, Bounds};

/// A longer wait would hide what it waits for.
const HOLD: Bounds = Bounds {
    least: SignedDuration::ZERO,
    most: SignedDuration::from_hours(7 * 24),
    why: "a condition that must hold longer would be told too late to act on",
};

const OVER: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_mins(15),
    why: "the mean is taken of the closed minutes of the last quarter of an hour",
};

const OVER_DEFAULT: SignedDuration = SignedDuration::from_mins(5);

const OLDER_THAN: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(90 * 24),
    why: "no report is read more often than once a minute, or kept up to date by older data",
};

const FAILING_FOR: Bounds = Bounds {
    least: SignedDuration::ZERO,
    most: SignedDuration::from_hours(7 * 24),
    why: "polls that fail for longer have long been missed",
};

pub(super) fn rate_limit(table: &Table<'_>) -> Option<Condition> {
    let at = table.required("at", "\"85%\"", |value| {
        let share = value::share(value)?;
        if share.ratio() > Decimal::ONE {
            let hint = "nobody gets past a rate limit";
            return Err(Complaint::new("must be at most 100%").hint(hint));
        }
        Ok(share)
    });
    let over = table.optional("over", |value| value::duration(value, OVER));
    if let Some(At { value: over, position }) = over
        && over != SignedDuration::from_mins(over.as_mins())
    {
        let complaint = Complaint::new("`over` must be whole minutes")
            .hint("usage is told by the minute, as in \"5m\"");
        table.notes.error(position.public(), complaint);
    }
    let (hold, severity, scope) = (hold(table), super::severity(table), limits(table));
    refuse_company(table, "rate limits");
    let over = over.map_or(OVER_DEFAULT, |over| over.value);
    Some(Condition::RateLimit(Headroom { at: at?.value, over, hold, severity, scope }))
}

/// Limits are of workspaces and groups of models; nobody else has any.
fn limits(table: &Table<'_>) -> Scope {
    let Some(scope) = table.table("scope") else { return Scope::default() };
    let part = |key| super::globs(&scope, key).unwrap_or_default();
    Scope { workspace: part("workspace"), model: part("model"), ..Scope::default() }
}

pub(super) fn freshness(table: &Table<'_>) -> Option<Condition> {
    let mut older_than = BTreeMap::new();
    if let Some(ages) = table.table("older_than") {
        for report in Report::ALL {
            let age = ages.optional(report.label(), |value| value::duration(value, OLDER_THAN));
            older_than.extend(age.map(|age| (report, age.value)));
        }
    }
    let failing_for = table.optional("failing_for", |value| value::duration(value, FAILING_FOR));
    let severity = super::severity(table);
    refuse_company(table, "polls");
    let failing_for = failing_for.map(|failing_for| failing_for.value);
    if !["older_than", "failing_for"].iter().any(|key| table.has(key)) {
        lacks_condition(table, "failing_for = \"10m\"", "older_than = { usage = \"30m\" }");
    }
    Some(Condition::Freshness(Freshness { older_than, failing_for, severity }))
}

pub(super) fn change(table: &Table<'_>) -> Option<Condition> {
    let is_on = |key| table.optional(key, value::boolean).is_some_and(|on| on.value);
    let change = Change {
        rate_limit_lowered: is_on("rate_limit_lowered"),
        spend_limit_changed: is_on("spend_limit_changed"),
        spend_limit_off: is_on("spend_limit_off"),
        increase_request: false,
        plan_changed: is_on("plan_changed"),
        features_changed: is_on("features_changed"),
        name_changed: is_on("name_changed"),
        severity: super::severity(table),
    };
    refuse_company(table, "profile or limits");
    if change == (Change { severity: change.severity, ..Change::default() }) {
        lacks_condition(table, "rate_limit_lowered = true", "plan_changed = true");
    }
    Some(Condition::Change(change))
}

/// How long a condition must hold before people are told.
pub(super) fn hold(table: &Table<'_>) -> SignedDuration {
    let hold = table.optional("hold", |value| value::duration(value, HOLD));
    hold.map_or(SignedDuration::ZERO, |hold| hold.value)
}

/// A rule without a condition would never say anything.
pub(super) fn lacks_condition(table: &Table<'_>, one: &str, other: &str) {
    let complaint = Complaint::new(format!("there is no condition in {}", table.header))
        .hint(format!("add at least one, as in `{one}` or `{other}`"));
    table.notes.absence(Some(table.position), complaint);
}

/// Only organizations are polled, and have what these rules look at.
pub(super) fn refuse_company(table: &Table<'_>, what: &str) {
    if table.has("company") {
        let complaint = Complaint::new(format!(
            "a company has no {what}: `company` cannot be used in {}",
            table.header
        ))
        .hint("name `organization` instead, or leave both out to mean all");
        table.notes.error(table.position, complaint);
    }
}
