//! How operators write values: durations, money, shares, words, addresses.
//!
//! Each function reads one kind of value or says what is wrong with it, as the
//! end of a sentence that begins with the key.

mod address;
mod duration;

pub(super) use address::{
    is_loopback, mail_server, mailbox, parse_url, public_url, service_url, socket,
};
pub(super) use duration::{Bounds, duration, parse_duration, show_duration};

use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use toml::de::DeValue;
use usagewarden_core::amount::Amount;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::rule::{Glob, Severity, Share};

use super::nearest::nearest;
use super::problem::Complaint;

type Read<T> = Result<T, Complaint>;

/// What a value is, with its article.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// A text that is not empty, without control characters.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    text_like(value, "a text in quotes").map(str::to_owned)
}

/// As [`text`]; `example` shows what was expected.
fn text_like<'v>(value: &'v DeValue<'_>, example: &str) -> Read<&'v str> {
    let Some(text) = value.as_str() else {
        let complaint = Complaint::new(format!("must be a string, not {}", kind(value)));
        return Err(complaint.hint(format!("write {example}")));
    };
    if text.trim().is_empty() {
        return Err(
            Complaint::new("is empty").hint(format!("write {example}, or leave the key out"))
        );
    }
    if text.chars().any(char::is_control) {
        return Err(Complaint::new("contains a control character").hint("write it on one line"));
    }
    Ok(text)
}

pub(super) fn boolean(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| {
        Complaint::new(format!("must be true or false, not {}", kind(value)))
            .hint("write it without quotes")
    })
}

/// A count from `least` to `most`.
pub(super) fn count(value: &DeValue<'_>, least: u64, most: u64) -> Read<u64> {
    let Some(integer) = value.as_integer() else {
        let complaint = Complaint::new(format!("must be a whole number, not {}", kind(value)));
        return Err(complaint.hint("write it without quotes, as in 10_000"));
    };
    u64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .filter(|count| (least..=most).contains(count))
        .ok_or_else(|| Complaint::new(format!("must be from {least} to {most}")))
}

/// A name that is shown, matched by globs, and used as a label.
pub(super) fn name(value: &DeValue<'_>) -> Read<Arc<str>> {
    let text = text_like(value, "a name, as in \"acme\"")?;
    check_name(text)?;
    Ok(text.into())
}

/// What can be a name: something that needs no quotes on a command line or in a glob.
pub(super) fn check_name(text: &str) -> Read<()> {
    const LENGTH_MAX: usize = 64;
    let is_allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if !text.chars().all(is_allowed) || !text.starts_with(char::is_alphanumeric) {
        return Err(Complaint::new(format!("cannot be \"{text}\"")).hint(
            "names are made of letters, digits, `-`, `_` and `.`, and begin with a letter or digit",
        ));
    }
    if text.chars().count() > LENGTH_MAX {
        return Err(Complaint::new(format!("is longer than {LENGTH_MAX} characters")));
    }
    Ok(())
}

/// One of a few words.
pub(super) fn word<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Read<T> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let choice = format!("one of {}", known.join(", "));
    let text = text_like(value, &choice)?;
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let hint = match nearest(&text.to_lowercase(), &known) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("write {choice}"),
        };
        Complaint::new(format!("cannot be \"{text}\"")).hint(hint)
    })
}

pub(super) fn severity(value: &DeValue<'_>) -> Read<Severity> {
    word(value, &Severity::ALL.map(|severity| (severity.label(), severity)))
}

/// A period of the calendar, or so many days: `"month"`, `"30d"`.
pub(super) fn period(value: &DeValue<'_>) -> Read<PeriodKind> {
    const DAYS: std::ops::RangeInclusive<u16> = 2..=366;
    const HINT: &str = "write one of day, week, month, or so many days, as in \"30d\"";
    let text = text_like(value, "one of day, week, month, or days, as in \"30d\"")?;
    if let Some(kind) = PeriodKind::ALL.into_iter().find(|kind| kind.label() == text) {
        return Ok(kind);
    }
    let refused = Complaint::new(format!("cannot be \"{text}\"")).hint(HINT);
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()).ok_or(refused)?;
    if DAYS.contains(&days) {
        Ok(PeriodKind::Rolling(days))
    } else {
        let (least, most) = (DAYS.start(), DAYS.end());
        Err(Complaint::new(format!("must be from {least}d to {most}d")).hint(HINT))
    }
}

pub(super) fn weekday(value: &DeValue<'_>) -> Read<Weekday> {
    word(
        value,
        &[
            ("monday", Weekday::Monday),
            ("tuesday", Weekday::Tuesday),
            ("wednesday", Weekday::Wednesday),
            ("thursday", Weekday::Thursday),
            ("friday", Weekday::Friday),
            ("saturday", Weekday::Saturday),
            ("sunday", Weekday::Sunday),
        ],
    )
}

/// A zone of the machine's zone database, by its name.
pub(super) fn zone(value: &DeValue<'_>) -> Read<(String, TimeZone)> {
    let text = text_like(value, "a zone, as in \"Europe/Berlin\"")?;
    let zone = TimeZone::get(text).map_err(|_| {
        Complaint::new(format!("cannot be \"{text}\": this machine knows no such time zone")).hint(
            "zones are named as in \"Europe/Berlin\" or \"UTC\"; the package `tzdata` brings them",
        )
    })?;
    // The database knows how it is spelled.
    let name = zone.iana_name().unwrap_or(text).to_owned();
    Ok((name, zone))
}

/// Money above zero.
pub(super) fn money(value: &DeValue<'_>) -> Read<Amount> {
    parse_money(text_like(value, "money in quotes, as in \"5000 USD\"")?)
}

pub(super) fn parse_money(text: &str) -> Read<Amount> {
    const HINT: &str = "money is written as in \"5000 USD\"";
    let amount = Amount::parse_configured(text)
        .map_err(|error| Complaint::new(format!("is no amount of money: {error}")).hint(HINT))?;
    if amount <= Amount::ZERO {
        return Err(Complaint::new("must be above zero").hint(HINT));
    }
    Ok(amount)
}

pub(super) fn share(value: &DeValue<'_>) -> Read<Share> {
    let text = text_like(value, "a share in quotes, as in \"80%\"")?;
    Share::parse_configured(text).map_err(|error| {
        Complaint::new(format!("cannot be \"{text}\": {error}"))
            .hint("shares are written as in \"80%\"")
    })
}

pub(super) fn glob(value: &DeValue<'_>) -> Read<Glob> {
    let text = text_like(value, "a name or a pattern, as in \"acme-*\"")?;
    Glob::new(text).map_err(Complaint::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(source: &str, read: impl Fn(&DeValue<'_>) -> Read<T>) -> Read<T> {
        read(DeValue::parse(source).unwrap().get_ref())
    }

    #[test]
    fn counts_may_use_underscores_and_other_bases_but_not_quotes() {
        let count = |source| read(source, |value| count(value, 1, 100_000)).ok();
        assert_eq!(count("10_000"), Some(10_000));
        assert_eq!(count("0x10"), Some(16));
        for refused in ["0", "-1", "100_001", "\"10\"", "1.5", "99999999999999999999999"] {
            assert_eq!(count(refused), None, "{refused}");
        }
    }

    #[test]
    fn zones_are_named_as_the_database_spells_them() {
        let name = |source| read(source, zone).map(|(name, _)| name).ok();
        assert_eq!(name("\"europe/berlin\"").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("\"UTC\"").as_deref(), Some("UTC"));
        assert_eq!(name("\"Mars/Olympus\""), None);
    }

    #[test]
    fn words_are_guessed_when_they_are_nearly_right() {
        let complaint = read("\"Warnin\"", severity).unwrap_err();
        assert_eq!(complaint.message, "cannot be \"Warnin\"");
        assert_eq!(complaint.hint.as_deref(), Some("did you mean \"warning\"?"));
        let complaint = read("\"fatal\"", severity).unwrap_err();
        assert_eq!(complaint.hint.as_deref(), Some("write one of info, warning, critical"));
    }
}
