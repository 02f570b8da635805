//! Money: exact US dollars.
//!
//! One API speaks of cents and another of dollars, so an [`Amount`] can only be
//! made by saying which. It promises exact decimal arithmetic and never passes
//! through a float. Making one from a text can fail, and says why.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// An exact amount of US dollars; may be negative (a correction of a bill).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(#[serde(with = "rust_decimal::serde::str")] Decimal);

/// Why a text is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    #[error("`{0}` needs a currency, as in \"5000 USD\"")]
    NoCurrency(String),
    #[error("`{0}` is not a currency the reports are billed in, only USD is")]
    OtherCurrency(String),
}

impl Amount {
    pub const ZERO: Self = Self(Decimal::ZERO);

    pub const fn from_dollars(dollars: Decimal) -> Self {
        Self(dollars)
    }

    /// The reports speak of minor units: `"18240.375"` is 182.40375 USD.
    pub fn from_cents(cents: Decimal) -> Self {
        Self(cents / Decimal::ONE_HUNDRED)
    }

    /// Reads what the Admin API writes: a decimal text of cents, perhaps fractional.
    pub fn parse_cents(text: &str) -> Result<Self, AmountError> {
        parse_decimal(text).map(Self::from_cents)
    }

    /// Reads what an operator writes: `"5000 USD"`, with `_` between digits if wanted.
    pub fn parse_configured(text: &str) -> Result<Self, AmountError> {
        let trimmed = text.trim();
        let (number, currency) = trimmed
            .rsplit_once(char::is_whitespace)
            .ok_or_else(|| AmountError::NoCurrency(trimmed.to_owned()))?;
        if currency != "USD" {
            return Err(AmountError::OtherCurrency(currency.to_owned()));
        }
        parse_decimal(&number.trim().replace('_', "")).map(Self)
    }

    pub const fn dollars(self) -> Decimal {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// This amount as a share of `whole`; `None` when there is no whole to share.
    pub fn ratio_of(self, whole: Self) -> Option<Decimal> {
        self.0.checked_div(whole.0)
    }

    /// Whole cents as programs read them: `4012.55`.
    pub fn plain(self) -> String {
        format!("{:.2}", self.0.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }
}

fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| AmountError::NotANumber(text.to_owned()))
}

/// Reads like money: `$4,012.55`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = Self(self.0.abs()).plain();
        let (whole, cents) = plain.split_once('.').unwrap_or((&plain, "00"));
        let mut grouped = String::with_capacity(plain.len() + 8);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0.is_sign_negative() && !self.0.is_zero() { "-" } else { "" };
        f.pad(&format!("{sign}${grouped}.{cents}"))
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Mul<Decimal> for Amount {
    type Output = Self;
    fn mul(self, factor: Decimal) -> Self {
        Self(self.0 * factor)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_never_pass_for_dollars() {
        let bill = Amount::parse_cents("18240.375").unwrap();
        assert_eq!(bill.dollars(), Decimal::new(18_240_375, 5));
        assert_eq!(bill.to_string(), "$182.40");
    }

    #[test]
    fn amounts_read_like_money() {
        let cases = [
            ("0", "$0.00"),
            ("99", "$0.99"),
            ("123456", "$1,234.56"),
            ("401255099.5", "$4,012,551.00"),
            ("-123456", "-$1,234.56"),
        ];
        for (cents, shown) in cases {
            assert_eq!(Amount::parse_cents(cents).unwrap().to_string(), shown, "{cents} cents");
        }
    }

    #[test]
    fn configured_money_needs_a_number_and_a_currency() {
        assert_eq!(Amount::parse_configured("5_000 USD").unwrap().to_string(), "$5,000.00");
        assert_eq!(
            Amount::parse_configured("5000").unwrap_err(),
            AmountError::NoCurrency("5000".to_owned())
        );
        assert_eq!(
            Amount::parse_configured("5000 EUR").unwrap_err(),
            AmountError::OtherCurrency("EUR".to_owned())
        );
        assert_eq!(
            Amount::parse_configured("much USD").unwrap_err(),
            AmountError::NotANumber("much".to_owned())
        );
    }
}
