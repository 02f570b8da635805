//! A number and what it counts: what a rule compares, and what people read.
//!
//! Rules are about money, tokens, shares and time. A [`Quantity`] says which, so that
//! a mail, a payload and a page write the same figure in the same way. Exact decimals;
//! it cannot fail.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    Usd,
    Tokens,
    Requests,
    Searches,
    TokensPerMinute,
    RequestsPerMinute,
    /// A part of a whole: 0.8 is 80 %.
    Share,
    Seconds,
}

impl Unit {
    pub const ALL: [Self; 8] = [
        Self::Usd,
        Self::Tokens,
        Self::Requests,
        Self::Searches,
        Self::TokensPerMinute,
        Self::RequestsPerMinute,
        Self::Share,
        Self::Seconds,
    ];

    /// The word for it in payloads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
            Self::Searches => "searches",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::RequestsPerMinute => "requests_per_minute",
            Self::Share => "share",
            Self::Seconds => "seconds",
        }
    }
}

/// A figure of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    #[serde(with = "rust_decimal::serde::str")]
    pub number: Decimal,
    pub unit: Unit,
}

impl Quantity {
    pub const fn new(number: Decimal, unit: Unit) -> Self {
        Self { number, unit }
    }

    pub const fn money(amount: Amount) -> Self {
        Self::new(amount.dollars(), Unit::Usd)
    }

    pub fn tokens(tokens: u64) -> Self {
        Self::new(tokens.into(), Unit::Tokens)
    }

    /// This figure as a share of `whole`; `None` when there is no whole to share, or it
    /// counts something else.
    pub fn ratio_of(self, whole: Self) -> Option<Decimal> {
        if self.unit == whole.unit { self.number.checked_div(whole.number) } else { None }
    }

    /// What programs read: `4012.55`, `1234567`, `0.8025`.
    pub fn plain(self) -> String {
        match self.unit {
            Unit::Usd => Amount::from_dollars(self.number).plain(),
            Unit::Share => rounded(self.number, 6).to_string(),
            Unit::Tokens
            | Unit::Requests
            | Unit::Searches
            | Unit::TokensPerMinute
            | Unit::RequestsPerMinute
            | Unit::Seconds => rounded(self.number, 3).to_string(),
        }
    }
}

fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero).normalize()
}

/// What people read: `$4,012.55`, `1,234,567 tokens`, `80.2 %`, `2 h 5 min`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |unit: &str| format!("{} {unit}", grouped(self.number));
        f.pad(&match self.unit {
            Unit::Usd => Amount::from_dollars(self.number).to_string(),
            Unit::Tokens => counted("tokens"),
            Unit::Requests => counted("requests"),
            Unit::Searches => counted("web searches"),
            Unit::TokensPerMinute => counted("tokens a minute"),
            Unit::RequestsPerMinute => counted("requests a minute"),
            Unit::Share => format!("{} %", percent(self.number)),
            Unit::Seconds => lasting(self.number),
        })
    }
}

/// In percent, with one decimal place where there is one, never rounded up: 99.99 % is
/// not yet 100 %.
pub fn percent(ratio: Decimal) -> Decimal {
    let percent = ratio * Decimal::ONE_HUNDRED;
    percent.round_dp_with_strategy(1, RoundingStrategy::ToZero).normalize()
}

/// Whole numbers in groups of three.
pub(crate) fn grouped(number: Decimal) -> String {
    let whole = number.abs().round().to_string();
    let mut grouped = String::with_capacity(whole.len() * 4 / 3 + 1);
    if number.is_sign_negative() && whole != "0" {
        grouped.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A span in its two largest units.
fn lasting(seconds: Decimal) -> String {
    let seconds = i64::try_from(seconds.round()).unwrap_or(i64::MAX);
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let words = parts.iter().skip_while(|(count, _)| *count == 0).take(2);
    let words: Vec<String> = words
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_what_they_count() {
        let cases = [
            (Decimal::new(401_255, 2), Unit::Usd, "$4,012.55", "4012.55"),
            (Decimal::from(1_234_567), Unit::Tokens, "1,234,567 tokens", "1234567"),
            (Decimal::new(8_025, 4), Unit::Share, "80.2 %", "0.8025"),
            (Decimal::new(99_999, 5), Unit::Share, "99.9 %", "0.99999"),
            (Decimal::from(7_500), Unit::Seconds, "2 h 5 min", "7500"),
            (Decimal::ZERO, Unit::Seconds, "0 s", "0"),
            (Decimal::new(12_345, 1), Unit::TokensPerMinute, "1,234 tokens a minute", "1234.5"),
        ];
        for (number, unit, shown, plain) in cases {
            let quantity = Quantity::new(number, unit);
            assert_eq!((quantity.to_string(), quantity.plain()), (shown.into(), plain.into()));
        }
    }

    #[test]
    fn only_what_counts_the_same_can_be_compared() {
        let (money, tokens) = (Quantity::money(Amount::ZERO), Quantity::tokens(5));
        assert_eq!(money.ratio_of(tokens), None);
        assert_eq!(tokens.ratio_of(Quantity::tokens(0)), None);
        assert_eq!(tokens.ratio_of(Quantity::tokens(10)), Some(Decimal::new(5, 1)));
    }
}
