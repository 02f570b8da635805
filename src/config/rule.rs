//! `[[rule.…]]`: what operators want to hear of.

use std::collections::BTreeMap;

use usagewarden_core::period::PeriodKind;
use usagewarden_core::rule::{
    Budget, BudgetAmount, Condition, Glob, Rule, Scope, Severity, Share, Step, Whose,
};
use usagewarden_core::subject::RuleName;

use super::document::Position;
use super::problem::Complaint;
use super::table::{At, Table};
use super::value;

/// What people are told of a budget for which no steps are written.
const STEPS_DEFAULT: [(u32, Severity); 3] =
    [(50, Severity::Info), (80, Severity::Warning), (100, Severity::Critical)];

/// The budgets of `[[rule.budget]]`, each with the place of its name.
pub(super) fn read<'a>(table: &Table<'a>) -> Vec<At<'a, Rule>> {
    table.tables("budget").iter().filter_map(read_budget).collect()
}

fn read_budget<'a>(table: &Table<'a>) -> Option<At<'a, Rule>> {
    let name = table.required("name", "\"month\"", value::name);
    let amount = table.required("amount", "\"5000 USD\"", value::money);
    let period = table.optional("period", value::period);
    let organizations = read_organizations(table);
    let zone = table.optional("time_zone", value::zone).map(|zone| zone.value);
    let severity = table.optional("severity", value::severity).map(|severity| severity.value);
    let steps = read_steps(table, severity.unwrap_or_default());
    let At { value: name, position } = name?;
    let budget = Budget {
        amount: BudgetAmount::Fixed(amount?.value),
        period: period.map_or(PeriodKind::Month, |period| period.value),
        zone,
        scope: Scope::default(),
        each: Vec::new(),
        steps,
    };
    let whose = Whose::Organizations(organizations);
    let condition = Condition::Budget(budget);
    let value = Rule { name: RuleName::new(name), whose, condition };
    Some(At { value, position })
}

fn read_organizations(table: &Table<'_>) -> Vec<Glob> {
    let Some(globs) = table.list("organization", value::glob) else { return vec![Glob::any()] };
    if globs.value.is_empty() {
        let complaint = Complaint::new("`organization` names none")
            .hint("leave it out to mean all, or write patterns, as in [\"acme-*\"]");
        table.notes.error(globs.position, complaint);
    }
    globs.value.into_iter().map(|glob| glob.value).collect()
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
