//! What is wrong, and what is used of what is allowed.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Number;
use usagewarden_core::quantity::{Quantity, Unit, percent};

use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::cli::wording::{instant, length};

/// The parts of an alert that are shown.
#[derive(Deserialize)]
pub(super) struct Alert {
    pub(super) organization: String,
    severity: String,
    state: String,
    since: Timestamp,
    summary: String,
    next_step: String,
}

/// The parts of a budget that are shown: whatever a rule looks at.
#[derive(Deserialize)]
pub(super) struct Budget {
    severity: Option<String>,
    rule: String,
    subject: Subject,
    value: Option<Decimal>,
    limit: Option<Decimal>,
    unit: Option<String>,
    ratio: Option<Number>,
    period: Option<Period>,
    forecast: Option<Forecast>,
    unknown: Option<String>,
}

#[derive(Deserialize)]
struct Subject {
    workspace_id: Option<String>,
    workspace: Option<String>,
    model: Option<String>,
    api_key_id: Option<String>,
    api_key: Option<String>,
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Period {
    until: Timestamp,
}

#[derive(Deserialize)]
struct Forecast {
    value: Decimal,
    exhausted_at: Option<Timestamp>,
}

/// The most urgent first, as they came.
pub(super) fn print_alerts<'a>(
    alerts: impl Iterator<Item = &'a Alert>,
    now: Timestamp,
    terminal: &mut Terminal,
) {
    for alert in alerts {
        let mark = mark(&alert.severity, &alert.state);
        let severity = terminal.marked(mark, format_args!("{:8}", alert.severity));
        terminal.line(format_args!("{severity}  {}", alert.summary));
        let lasting = length(now.duration_since(alert.since));
        terminal.line(format_args!("          {} for {lasting}. {}", alert.state, alert.next_step));
    }
}

fn mark(severity: &str, state: &str) -> Mark {
    match (severity, state) {
        (_, "pending") => Mark::Faint,
        ("critical", _) => Mark::Bad,
        ("warning", _) => Mark::Warn,
        _ => Mark::Strong,
    }
}

pub(super) fn print_budgets(budgets: &[Budget], now: Timestamp, terminal: &mut Terminal) {
    if budgets.is_empty() {
        return;
    }
    let rows = budgets.iter().map(|budget| row(budget, now, terminal)).collect();
    let heads = ["rule", "used", "of", "share", "expected", "resets"];
    terminal.table(&heads, rows, &[1, 2, 3]);
    terminal.line("");
}

fn row(budget: &Budget, now: Timestamp, terminal: &Terminal) -> Vec<String> {
    let unit = budget.unit.as_deref().unwrap_or_default();
    // From its digits: what stands at a limit must not be rounded to one side of it.
    let ratio = budget.ratio.as_ref().and_then(|ratio| ratio.to_string().parse().ok());
    let share = ratio.map(|ratio| format!("{} %", percent(ratio))).unwrap_or_default();
    let share = match &budget.severity {
        Some(severity) => terminal.marked(mark(severity, ""), share),
        None => share,
    };
    let used = match (&budget.value, &budget.unknown) {
        (Some(value), _) => figure(*value, unit),
        (None, Some(unknown)) => unknown.clone(),
        (None, None) => String::new(),
    };
    let resets = budget.period.as_ref().map(|period| in_a_while(period.until, now));
    vec![
        whose(budget),
        used,
        budget.limit.map(|limit| figure(limit, unit)).unwrap_or_default(),
        share,
        budget.forecast.as_ref().map(|forecast| expected(forecast, unit)).unwrap_or_default(),
        resets.unwrap_or_default(),
    ]
}

fn in_a_while(at: Timestamp, now: Timestamp) -> String {
    format!("in {}", length(at.duration_since(now)))
}

fn expected(forecast: &Forecast, unit: &str) -> String {
    let figure = figure(forecast.value, unit);
    match forecast.exhausted_at {
        Some(at) => format!("{figure}, used up {}", instant(at)),
        None => figure,
    }
}

/// The rule, and whom it is judged for, by name where there is one.
fn whose(budget: &Budget) -> String {
    let Subject { workspace_id, workspace, model, api_key_id, api_key, detail } = &budget.subject;
    let workspace = workspace.as_ref().or(workspace_id.as_ref());
    let parts = [
        workspace.map(|name| format!("workspace {name}")),
        model.clone(),
        api_key.as_ref().or(api_key_id.as_ref()).map(|name| format!("key {name}")),
        detail.clone(),
    ];
    let words = std::iter::once(budget.rule.clone()).chain(parts.into_iter().flatten());
    words.collect::<Vec<_>>().join(" ")
}

/// As it is written everywhere; a unit of a later version is only named.
fn figure(number: Decimal, unit: &str) -> String {
    match Unit::ALL.into_iter().find(|known| known.label() == unit) {
        Some(unit) => Quantity::new(number, unit).to_string(),
        None => format!("{number} {unit}"),
    }
}
