//! `[[rule.budget]]`: money of a period.

use std::collections::BTreeMap;

use usagewarden_core::period::PeriodKind;
use usagewarden_core::rule::{Budget, BudgetAmount, Condition, Severity, Share, Step};

use super::super::document::Position;
use super::super::problem::Complaint;
use super::super::table::{At, Table};
use super::super::value;

/// What people are told of a budget for which no steps are written.
const STEPS_DEFAULT: [(u32, Severity); 3] =
    [(50, Severity::Info), (80, Severity::Warning), (100, Severity::Critical)];

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let amount = table.required("amount", "\"5000 USD\"", value::money);
    let period = table.optional("period", value::period);
    let zone = super::zone(table);
    let (scope, each) = (super::scope(table), super::each(table));
    let severity = super::severity(table);
    let steps = read_steps(table, severity);
    Some(Condition::Budget(Budget {
        amount: BudgetAmount::Fixed(amount?.value),
        period: period.map_or(PeriodKind::Month, |period| period.value),
        zone,
        scope,
        each,
        steps,
    }))
}

/// Rising, each share once.
fn read_steps(table: &Table<'_>, severity: Severity) -> Vec<Step> {
    if !table.has("steps") {
        return default_steps();
    }
    let mut seen: BTreeMap<Share, (Position<'_>, Severity)> = BTreeMap::new();
    let written = table.tables("steps");
    if table.is_empty_array("steps") {
        let complaint = Complaint::new(format!("`steps` is empty in {}", table.header))
            .hint("leave it out for 50%, 80% and 100%, or write steps, as in [{ at = \"80%\" }]");
        table.notes.error(table.position, complaint);
    }
    for step in &written {
        let at = step.required("at", "\"80%\"", value::share);
        let own = step.optional("severity", value::severity).map(|own| own.value);
        let Some(At { value: at, position }) = at else { continue };
        if let Some((first, _)) = seen.get(&at) {
            let hint = format!("the same step stands on {}; remove one", first.seen_from(position));
            let complaint = Complaint::new(format!("the step {at} is written twice")).hint(hint);
            table.notes.error(position.public(), complaint);
        } else {
            seen.insert(at, (position, own.unwrap_or(severity)));
        }
    }
    seen.into_iter().map(|(at, (_, severity))| Step::used(at, severity)).collect()
}

fn default_steps() -> Vec<Step> {
    let step = |(percent, severity): (u32, Severity)| {
        let at = Share::of_percent(percent.into()).expect("the constants are above zero");
        Step::used(at, severity)
    };
    STEPS_DEFAULT.into_iter().map(step).collect()
}
