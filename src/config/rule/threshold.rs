//! `[[rule.threshold]]`: any figure over a sliding window against a bound.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use toml::de::DeValue;
use usagewarden_core::quantity::Unit;
use usagewarden_core::rule::{Bound, Condition, Facet, Metric, Scope, Threshold};

use super::super::problem::Complaint;
use super::super::table::{At, Table};
use super::super::value::{self, Bounds};
use super::watch;

/// What the ledger keeps fine figures for.
const WINDOW: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(30 * 24),
    why: "usage is told by the minute; what is longer than a month is a matter for [[rule.budget]]",
};

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let metric = table.required("metric", "\"output_tokens\"", metric);
    let window = table.required("window", "\"1h\"", |value| value::duration(value, WINDOW));
    let metric = metric.map(|metric| metric.value);
    let bound = read_bound(table, metric);
    let clear = read_figure(table, "clear", metric);
    let (hold, severity) = (watch::hold(table), super::severity(table));
    let (scope, each) = (super::scope(table), super::each(table));
    let (metric, window, bound) = (metric?, window?, bound?);
    check_window(table, metric, window);
    check_clear(table, bound, clear);
    check_requests(table, metric, &scope, &each);
    let (window, clear) = (window.value, clear.map(|clear| clear.value));
    let threshold = Threshold { metric, window, bound, clear, hold, severity, scope, each };
    Some(Condition::Threshold(threshold))
}

fn metric(value: &DeValue<'_>) -> Result<Metric, Complaint> {
    value::word(value, &Metric::ALL.map(|metric| (metric.label(), metric)))
}

/// Exactly one of `above` and `below`.
fn read_bound(table: &Table<'_>, metric: Option<Metric>) -> Option<Bound> {
    let above = read_figure(table, "above", metric);
    let below = read_figure(table, "below", metric);
    match (table.has("above"), table.has("below")) {
        (true, true) => {
            let complaint =
                Complaint::new(format!("`above` and `below` are both written in {}", table.header))
                    .hint("a threshold has one side: remove one, or write two rules");
            table.notes.error(table.position, complaint);
        }
        (false, false) => {
            let complaint = Complaint::new(format!(
                "neither `above` nor `below` is written in {}",
                table.header
            ))
            .hint(format!("add `above = {}`", example(metric)));
            table.notes.absence(Some(table.position), complaint);
        }
        (true, false) | (false, true) => {}
    }
    let above = above.map(|above| Bound::Above(above.value));
    above.or_else(|| below.map(|below| Bound::Below(below.value)))
}

/// A figure in the unit of the metric. While that is not known, nothing can be said of it.
fn read_figure<'a>(
    table: &Table<'a>,
    key: &'static str,
    metric: Option<Metric>,
) -> Option<At<'a, Decimal>> {
    let Some(metric) = metric else {
        table.optional(key, |_| Ok(()));
        return None;
    };
    table.optional(key, |value| figure(value, metric))
}

fn figure(value: &DeValue<'_>, metric: Metric) -> Result<Decimal, Complaint> {
    match metric.unit() {
        Unit::Usd => value::money(value).map(|amount| amount.dollars()),
        Unit::Share => {
            let ratio = value::share(value)?.ratio();
            if ratio > Decimal::ONE {
                return Err(Complaint::new("must be at most 100%")
                    .hint(format!("`{}` is a part of a whole", metric.label())));
            }
            Ok(ratio)
        }
        Unit::Tokens
        | Unit::Requests
        | Unit::Searches
        | Unit::TokensPerMinute
        | Unit::RequestsPerMinute
        | Unit::Seconds => value::count(value, 0, i64::MAX.unsigned_abs()).map(Decimal::from),
    }
}

fn example(metric: Option<Metric>) -> &'static str {
    match metric.map(Metric::unit) {
        Some(Unit::Usd) => "\"20 USD\"",
        Some(Unit::Share) => "\"80%\"",
        Some(
            Unit::Tokens
            | Unit::Requests
            | Unit::Searches
            | Unit::TokensPerMinute
            | Unit::RequestsPerMinute
            | Unit::Seconds,
        )
        | None => "10_000_000",
    }
}

fn check_window(table: &Table<'_>, metric: Metric, window: At<'_, SignedDuration>) {
    let (unit, seconds, why) = match metric {
        Metric::Requests => ("hours", 3_600, "requests are counted by the hour"),
        Metric::Cost
        | Metric::UncachedInputTokens
        | Metric::CacheReadTokens
        | Metric::CacheWriteTokens
        | Metric::OutputTokens
        | Metric::TotalTokens
        | Metric::WebSearches
        | Metric::CacheHitRatio => ("minutes", 60, "usage is told by the minute"),
    };
    let whole = SignedDuration::from_secs(window.value.as_secs() / seconds * seconds);
    if whole != window.value {
        let complaint = Complaint::new(format!("`window` must be whole {unit}")).hint(why);
        table.notes.error(window.position.public(), complaint);
    }
}

/// What ends an alert lies on the good side of what begins it.
fn check_clear(table: &Table<'_>, bound: Bound, clear: Option<At<'_, Decimal>>) {
    let Some(At { value: clear, position }) = clear else { return };
    let (side, key, is_wrong) = match bound {
        Bound::Above(above) => ("below", "above", clear >= above),
        Bound::Below(below) => ("above", "below", clear <= below),
    };
    if is_wrong {
        let complaint = Complaint::new(format!("`clear` must lie {side} `{key}`"))
            .hint("an alert ends only past it; leave it out to end at the bound itself");
        table.notes.error(position.public(), complaint);
    }
}

/// Who counts requests tells them by workspace and model alone.
fn check_requests(table: &Table<'_>, metric: Metric, scope: &Scope, each: &[Facet]) {
    let narrows = !scope.key.is_empty() || !scope.service_tier.is_empty();
    if metric == Metric::Requests && (narrows || each.contains(&Facet::Key)) {
        let complaint = Complaint::new(format!(
            "requests are not told by key or service tier in {}",
            table.header
        ))
        .hint("`scope` and `each` of requests can be by workspace and model");
        table.notes.error(table.position, complaint);
    }
}
