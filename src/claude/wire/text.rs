//! The smallest pieces of a body: words, money, moments, and why one is misread.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;
use usagewarden_core::amount::Amount;

/// Why bytes are no answer we know: what is wrong, and at which line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Misread {
    pub what: String,
    pub at: Option<(usize, usize)>,
    /// The body ended too early: the same question may be answered whole.
    pub cut_short: bool,
}

impl Misread {
    pub(in crate::claude) fn because(what: impl Into<String>) -> Self {
        Self { what: what.into(), at: None, cut_short: false }
    }
}

impl From<serde_json::Error> for Misread {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let shown = error.to_string();
        let what =
            shown.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&shown);
        let at = (line > 0).then_some((line, column));
        Self { what: what.to_owned(), at, cut_short: error.is_eof() }
    }
}

/// Reads one body. Checking it for UTF-8 once, as a whole, is a tenth faster than word by word.
pub(in crate::claude) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Misread> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Misread::because(format!("not UTF-8 from byte {}", error.valid_up_to()))
    })?;
    Ok(serde_json::from_str(text)?)
}

/// A word of the wire, borrowed from the body where it holds no escapes. (Serde's own
/// `Cow` inside an `Option` always copies.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a>(Cow<'a, str>);

impl Word<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Word<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Words)
    }
}

/// The text of an optional word.
pub(super) fn word<'w>(word: &'w Option<Word<'_>>) -> Option<&'w str> {
    word.as_ref().map(Word::as_str)
}

/// No bill is larger. Sums of two million such rows still fit a decimal.
const DOLLARS_MOST: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0);

/// Money of the Admin API: a decimal text of cents, in dollars the only currency there is.
pub(super) fn cents(amount: &str, currency: Option<&str>) -> Result<Amount, Misread> {
    if let Some(other) = currency.filter(|&currency| currency != "USD") {
        return Err(Misread::because(format!("an amount in `{other}`, where all are in USD")));
    }
    let amount =
        Amount::parse_cents(amount).map_err(|error| Misread::because(error.to_string()))?;
    bounded(amount.dollars()).map(Amount::from_dollars)
}

/// Money of the company API: dollars, as a JSON number or its text, read digit by digit.
pub(super) fn dollars(raw: &RawValue) -> Result<Decimal, Misread> {
    let text = raw.get().trim_matches('"');
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    let number = number.or_else(|_| text.parse());
    bounded(number.map_err(|_| Misread::because(format!("`{text}` is not a number of dollars")))?)
}

fn bounded(dollars: Decimal) -> Result<Decimal, Misread> {
    match dollars.abs() <= DOLLARS_MOST {
        true => Ok(dollars),
        false => Err(Misread::because(format!("{dollars} dollars are more than any bill"))),
    }
}

/// A moment as the company API writes it: a timestamp, or a date that means midnight UTC.
/// What stands for "not yet" in the guides is none.
pub(super) fn moment(text: Option<&str>) -> Result<Option<Timestamp>, Misread> {
    let Some(text) = text.filter(|text| !matches!(*text, "" | "Never" | "N/A")) else {
        return Ok(None);
    };
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    text.parse()
        .or_else(|_| text.parse::<Date>().and_then(midnight))
        .map(Some)
        .map_err(|_| Misread::because(format!("`{text}` is neither a timestamp nor a date")))
}

/// How long a bucket says it is; the open one may say less than its width.
pub(super) fn fits(
    from: Timestamp,
    until: Option<Timestamp>,
    width: SignedDuration,
) -> Result<(), Misread> {
    let length = until.map_or(width, |until| until.duration_since(from));
    if length <= width && length.is_positive() {
        return Ok(());
    }
    let (length, width) = (length.as_secs(), width.as_secs());
    Err(Misread::because(format!("a bucket of {length} s, where {width} s were asked for")))
}

/// A field that may be absent, null, or there: three different things.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_to_their_last_digit() {
        let cases = [
            ("1234567.891234567891", Some("1234567.891234567891")),
            ("\"12.50\"", Some("12.50")),
            ("1.5e2", Some("150")),
            ("0", Some("0")),
            ("true", None),
            ("1e27", None),
            ("\"much\"", None),
        ];
        for (json, expected) in cases {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(dollars(raw).ok().map(|d| d.to_string()).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn cents_come_in_dollars_only_and_within_reason() {
        assert_eq!(cents("18240.375", Some("USD")).unwrap().to_string(), "$182.40");
        let refused = [("1", Some("EUR")), ("one", None), ("79228162514264337593543950335", None)];
        for (amount, currency) in refused {
            cents(amount, currency).expect_err(amount);
        }
        assert_eq!(DOLLARS_MOST, Decimal::from(10_000_000_000_000_u64));
    }

    #[test]
    fn moments_are_timestamps_dates_or_nothing_yet() {
        let cases = [
            (Some("2026-11-20T14:00:00+01:00"), Ok(Some("2026-11-20T13:00:00Z"))),
            (Some("2026-12-01"), Ok(Some("2026-12-01T00:00:00Z"))),
            (Some("Never"), Ok(None)),
            (None, Ok(None)),
            (Some("soon"), Err(())),
        ];
        for (text, expected) in cases {
            let read = moment(text).map(|at| at.map(|at| at.to_string())).map_err(|_| ());
            assert_eq!(read, expected.map(|at| at.map(str::to_owned)), "{text:?}");
        }
    }

    #[test]
    fn a_cut_body_says_where_it_ends() {
        let error = read::<Vec<u32>>(b"[1, 2,").unwrap_err();
        assert_eq!(error.at, Some((1, 6)));
        assert_eq!(error.what, "EOF while parsing a value");
        assert!(error.cut_short);
        let error = read::<String>(b"\"\xff\"").unwrap_err();
        assert_eq!(error.what, "not UTF-8 from byte 1");
    }
}
