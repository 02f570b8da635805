//! One organization's status as people read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use usagewarden_core::amount::Amount;

use super::answer::{Organization, Quota, Report, Spend, SpendLimit};
use super::standing::{self, Alert};
use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::cli::wording::{age, grouped, instant, length};

pub(super) fn print(
    shown: &Organization,
    alerts: &[Alert],
    now: Timestamp,
    terminal: &mut Terminal,
) {
    let title = terminal.marked(Mark::Strong, &shown.organization);
    let known = [shown.name.as_deref(), shown.plan.as_deref(), Some(shown.zone.as_str())];
    let known = known.into_iter().flatten().collect::<Vec<_>>().join(", ");
    terminal.line(format_args!("{title}  {known}"));
    if let Some(trouble) = &shown.trouble {
        let bad = terminal.marked(Mark::Bad, "no");
        terminal.line(format_args!("{bad}  {trouble}"));
    }
    let own = alerts.iter().filter(|alert| alert.organization == shown.organization);
    standing::print_alerts(own, now, terminal);
    standing::print_budgets(&shown.budgets, now, terminal);
    if !shown.spend.is_empty() {
        let rows = shown.spend.iter().map(|spend| spend_row(spend, now)).collect();
        terminal.table(&["spend", "amount", "basis", "data", "resets"], rows, &[1]);
    } else if shown.budgets.is_empty() {
        terminal.line("Nothing has been read yet.");
    }
    print_limits(shown, terminal);
    print_reports(&shown.reports, now, terminal);
    for one in &shown.unpriced {
        let warn = terminal.marked(Mark::Warn, "unpriced");
        let (tokens, model) = (grouped(one.tokens), &one.model);
        terminal.line(format_args!("{warn}: {tokens} tokens of {model} this month are not in these figures; no price is known for them at their tier"));
    }
}

fn print_limits(shown: &Organization, terminal: &mut Terminal) {
    let month = shown.spend.iter().find(|spend| spend.period == "month");
    let mut limits: Vec<_> =
        shown.limits.spend.iter().map(|limit| limit_row(limit, month)).collect();
    limits.extend(shown.limits.quota.as_ref().map(quota_row));
    if !limits.is_empty() {
        terminal.line("");
        terminal.table(&["limit", "used", "of", "per"], limits, &[1, 2]);
    }
}

/// The table, and below it what is wrong: sentences do not fit into columns.
fn print_reports(reports: &[Report], now: Timestamp, terminal: &mut Terminal) {
    if reports.is_empty() {
        return;
    }
    terminal.line("");
    let rows = reports.iter().map(|report| report_row(report, now)).collect();
    terminal.table(&["report", "heard", "data", "state"], rows, &[]);
    for ((cause, fix), failing) in problems(reports) {
        let bad = terminal.marked(Mark::Bad, "no");
        terminal.line(format_args!("{bad}  {}: {cause}", failing.join(", ")));
        terminal.line(format_args!("      {fix}"));
    }
}

/// What is wrong, and with which reports: a refused key fails them all, and is said once.
fn problems(reports: &[Report]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let mut problems: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for report in reports {
        if let (Some(cause), Some(fix)) = (report.cause.as_deref(), report.fix.as_deref()) {
            problems.entry((cause, fix)).or_default().push(&report.report);
        }
    }
    problems
}

fn spend_row(spend: &Spend, now: Timestamp) -> Vec<String> {
    vec![
        spend.period.clone(),
        spend.known().map_or_else(|| "unknown".to_owned(), |value| value.to_string()),
        spend.basis.clone().unwrap_or_default(),
        spend.data_timestamp.map(|at| age(at, now)).unwrap_or_default(),
        format!("in {}", length(spend.until.duration_since(now))),
    ]
}

fn limit_row(limit: &SpendLimit, month: Option<&Spend>) -> Vec<String> {
    let whose = limit.workspace.as_deref().or(limit.workspace_id.as_deref());
    let scope = limit.scope.replace('_', " ");
    let scope = whose.map_or_else(|| scope.clone(), |whose| format!("{scope} {whose}"));
    let of = match limit.value {
        Some(value) if limit.enabled => value.to_string(),
        Some(value) => format!("{value} (off)"),
        None => "no cap".to_owned(),
    };
    let used = month.filter(|_| limit.period == "monthly").and_then(|month| used(limit, month));
    vec![scope, used.map(|used| used.to_string()).unwrap_or_default(), of, limit.period.clone()]
}

/// What of the month counts against a limit; unknown with the month, and for scopes we do
/// not know.
fn used(limit: &SpendLimit, month: &Spend) -> Option<Amount> {
    let all = month.known()?;
    match (limit.scope.as_str(), limit.workspace_id.as_deref()) {
        ("organization" | "usage_tier", None) => Some(all),
        ("workspace", Some(id)) => {
            let own = month.workspaces.iter().find(|share| share.workspace_id == id);
            Some(own.map_or(Amount::ZERO, |share| share.value))
        }
        _ => None,
    }
}

fn quota_row(quota: &Quota) -> Vec<String> {
    let reset = quota.resets_at.map(|at| format!("until {}", instant(at))).unwrap_or_default();
    let of = format!("{} tokens", grouped(quota.limit));
    vec!["quota".to_owned(), grouped(quota.used), of, reset]
}

fn report_row(report: &Report, now: Timestamp) -> Vec<String> {
    let failing = report.failing_since.map(|since| {
        let word = report.outcome.as_deref().unwrap_or("failing");
        format!("{word} for {}", length(now.duration_since(since)))
    });
    let mut state = match (failing, report.granted) {
        (Some(failing), _) => failing,
        (None, Some(false)) => "not granted".to_owned(),
        (None, _) => report.outcome.clone().unwrap_or_default(),
    };
    if let Some(percent) = report.backfill.iter().map(|fill| fill.percent).min() {
        let comma = if state.is_empty() { "" } else { ", " };
        state = format!("{state}{comma}reading the past: {percent} %");
    }
    vec![
        report.report.clone(),
        report.heard_at.map_or_else(|| "never".to_owned(), |at| age(at, now)),
        report.data_timestamp.map(|at| age(at, now)).unwrap_or_default(),
        state,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An organization that was never heard spent nobody knows what.
    #[test]
    fn spend_that_nothing_is_known_of_is_not_zero() {
        let until: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        let limit = SpendLimit {
            scope: "organization".to_owned(),
            workspace_id: None,
            workspace: None,
            value: Some(Amount::from_cents(50_000.into())),
            period: "monthly".to_owned(),
            enabled: true,
        };
        for (data_timestamp, amount, against) in
            [(None, "unknown", ""), (Some(until), "$0.00", "$0.00")]
        {
            let month = Spend {
                period: "month".to_owned(),
                value: Amount::ZERO,
                basis: None,
                until,
                data_timestamp,
                workspaces: Vec::new(),
            };
            assert_eq!(spend_row(&month, until)[1], amount);
            assert_eq!(limit_row(&limit, Some(&month))[1], against);
        }
    }
}
