//! Figures as parts of a sentence.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::quantity::{Quantity, Unit, percent};
use crate::rule::Metric;

/// In whole percent, never rounded up: 99.9 % is not 100 %.
pub fn whole_percent(ratio: Decimal) -> Decimal {
    (ratio * Decimal::ONE_HUNDRED).trunc().normalize()
}

/// What is left of `limit`, or by how much it is exceeded.
pub fn left_of(limit: Quantity, value: Quantity) -> String {
    let between = Quantity::new((limit.number - value.number).abs(), limit.unit);
    if limit.number < value.number {
        format!("exceeded by {between}")
    } else {
        format!("{between} left")
    }
}

/// A figure of a threshold as its metric reads: `12,345,678 output tokens`, `$412.00`.
pub fn measured(metric: Metric, figure: Quantity) -> String {
    match metric {
        Metric::Cost => figure.to_string(),
        Metric::UncachedInputTokens => counted(figure, "uncached input token"),
        Metric::CacheReadTokens => {
            format!("{} read from the cache", counted(figure, "token"))
        }
        Metric::CacheWriteTokens => {
            format!("{} written to the cache", counted(figure, "token"))
        }
        Metric::OutputTokens => counted(figure, "output token"),
        Metric::TotalTokens => counted(figure, "token"),
        Metric::Requests => counted(figure, "request"),
        Metric::WebSearches => counted(figure, "web search"),
        Metric::CacheHitRatio => format!("{figure} cache hits"),
    }
}

/// A limit next to a value: the unit, where it is a word, is said once.
pub fn bounded(limit: Quantity) -> String {
    match limit.unit {
        Unit::Usd | Unit::Share | Unit::Seconds => limit.to_string(),
        Unit::Tokens
        | Unit::Requests
        | Unit::Searches
        | Unit::TokensPerMinute
        | Unit::RequestsPerMinute => number(limit),
    }
}

/// `$4,012.55 of $5,000.00`, `8,012,000 of 10,000,000 tokens`.
pub(super) fn value_of(value: Quantity, limit: Quantity) -> String {
    format!("{} of {limit}", bounded(value))
}

/// `80.2 %`
pub(super) fn share(ratio: Decimal) -> String {
    format!("{} %", percent(ratio))
}

/// The digits of a count in groups of three.
fn number(figure: Quantity) -> String {
    let shown = Quantity::new(figure.number, Unit::Tokens).to_string();
    shown.split(' ').next().unwrap_or_default().to_owned()
}

fn counted(figure: Quantity, noun: &str) -> String {
    let number = number(figure);
    let plural = match (number.as_str(), noun.ends_with("ch")) {
        ("1", _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{number} {noun}{plural}")
}

/// `5 minutes`, `1 hour`, `30 days`, `1 day 12 hours`: the two largest units.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3_600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words = parts.iter().skip_while(|(count, _)| *count == 0).take(2);
    let words: Vec<String> = words
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() { "0 seconds".to_owned() } else { words.join(" ") }
}
