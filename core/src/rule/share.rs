//! Shares of a whole, as operators write them: `"80%"`.

use std::fmt;

use rust_decimal::Decimal;

/// A share above zero, and at most [`Share::MOST_PERCENT`]; `80%` is the ratio 0.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(Decimal);

/// Why a text is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    #[error("`{0}` is not a share")]
    NotAShare(String),
    #[error("a share must be above 0%")]
    NotAboveZero,
    #[error("a share can be {}% at most", Share::MOST_PERCENT)]
    TooMuch,
}

impl Share {
    /// Spending a hundred times a budget is a matter for other rules; a share
    /// beyond it is a slip of the keyboard.
    pub const MOST_PERCENT: u32 = 10_000;

    pub fn of_percent(percent: Decimal) -> Result<Self, ShareError> {
        if percent <= Decimal::ZERO {
            return Err(ShareError::NotAboveZero);
        }
        if percent > Decimal::from(Self::MOST_PERCENT) {
            return Err(ShareError::TooMuch);
        }
        Ok(Self((percent / Decimal::ONE_HUNDRED).normalize()))
    }

    /// Reads what an operator writes: `"80%"`, `"99.5%"`.
    pub fn parse_configured(text: &str) -> Result<Self, ShareError> {
        let refuse = || ShareError::NotAShare(text.to_owned());
        let number = text.trim().strip_suffix('%').ok_or_else(refuse)?.trim_end();
        let percent = Decimal::from_str_exact(number).map_err(|_| refuse())?;
        Self::of_percent(percent)
    }

    pub const fn ratio(self) -> Decimal {
        self.0
    }
}

/// As it is written in configuration: `80%`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}%", (self.0 * Decimal::ONE_HUNDRED).normalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_and_show_as_written() {
        let cases = [("80%", "0.8"), ("99.5%", "0.995"), ("100 %", "1"), ("250%", "2.5")];
        for (text, ratio) in cases {
            let share = Share::parse_configured(text).unwrap();
            assert_eq!(share.ratio().to_string(), ratio, "{text}");
            assert_eq!(share.to_string(), text.replace(' ', ""));
        }
    }

    #[test]
    fn what_is_no_share_is_refused_with_the_reason() {
        let not_a_share = |text: &str| ShareError::NotAShare(text.to_owned());
        let cases = [
            ("0.8", not_a_share("0.8")),
            ("much%", not_a_share("much%")),
            ("", not_a_share("")),
            ("%", not_a_share("%")),
            ("0%", ShareError::NotAboveZero),
            ("-5%", ShareError::NotAboveZero),
            ("10000.1%", ShareError::TooMuch),
        ];
        for (text, expected) in cases {
            assert_eq!(Share::parse_configured(text), Err(expected), "{text:?}");
        }
    }
}
