//! `[[rule.budget]]`: money of a period.

use toml::de::DeValue;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::rule::{Budget, BudgetAmount, Condition, Facet, StepOf};

use super::super::problem::Complaint;
use super::super::table::{At, Table};
use super::super::value;
use super::steps;

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let amount = table.required("amount", "\"5000 USD\"", amount);
    let period = table.optional("period", value::period);
    let zone = table.optional("time_zone", value::zone);
    let scope = super::scope(table);
    let each = super::each(table);
    let severity = super::severity(table);
    let steps = steps::read(table, severity, true);
    let At { value: amount, position } = amount?;
    let budget = Budget {
        amount,
        period: period.as_ref().map_or(PeriodKind::Month, |period| period.value),
        zone: zone.as_ref().map(|zone| zone.value.clone()),
        scope,
        each,
        steps,
    };
    let refuse = |position: super::super::document::Position<'_>, complaint| {
        table.notes.error(position.public(), complaint);
    };
    if let Some(period) = &period {
        for complaint in wrong_period(&budget) {
            refuse(period.position, complaint);
        }
    }
    if let (BudgetAmount::Api, Some(zone)) = (amount, &zone)
        && zone.value.0 != "UTC"
    {
        let complaint = Complaint::new("`time_zone` cannot be chosen with `amount = \"api\"`");
        refuse(zone.position, complaint.hint("the API's limits are of a month in UTC"));
    }
    if amount == BudgetAmount::Api && !matches!(budget.each[..], [] | [Facet::Workspace]) {
        let complaint = Complaint::new("the API has no limits by model or key")
            .hint("with `amount = \"api\"`, `each` is left out or [\"workspace\"]");
        refuse(position, complaint);
    }
    Some(Condition::Budget(budget))
}

/// What a period that is written makes impossible.
fn wrong_period(budget: &Budget) -> Vec<Complaint> {
    let mut wrong = Vec::new();
    if budget.amount == BudgetAmount::Api && budget.period != PeriodKind::Month {
        let complaint = Complaint::new("`period` must be \"month\" with `amount = \"api\"`");
        wrong.push(complaint.hint("the API's limits are of a month in UTC"));
    }
    let is_rolling = matches!(budget.period, PeriodKind::Rolling(_));
    if is_rolling && budget.steps.iter().any(|step| step.of == StepOf::Forecast) {
        let complaint = Complaint::new("a rolling period has no end that could be forecast")
            .hint("leave out the steps of the `forecast`, or write day, week or month");
        wrong.push(complaint);
    }
    wrong
}

fn amount(value: &DeValue<'_>) -> Result<BudgetAmount, Complaint> {
    match value.as_str() {
        Some("api") => Ok(BudgetAmount::Api),
        Some(_) | None => value::money(value).map(BudgetAmount::Fixed),
    }
}
