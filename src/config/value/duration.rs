//! Durations as operators write them: `"90s"`, `"1h30m"`, `"30d"`.

use jiff::SignedDuration;
use toml::de::DeValue;

use super::super::problem::Complaint;
use super::{Read, text_like};

/// From the longest to the shortest; a year is 365 days.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

const HINT: &str = "durations are written as in \"90s\", \"10m\", \"1h30m\", \"30d\"; units are ms, s, m, h, d, w, y";

/// What a duration may be, and why.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Bounds {
    pub(in crate::config) least: SignedDuration,
    pub(in crate::config) most: SignedDuration,
    /// Completes "must be at least …: ".
    pub(in crate::config) why: &'static str,
}

/// A duration within `bounds`.
pub(in crate::config) fn duration(value: &DeValue<'_>, bounds: Bounds) -> Read<SignedDuration> {
    let duration = parse_duration(text_like(value, "a duration in quotes, as in \"10m\"")?)?;
    let refuse = |side: &str, bound| {
        let bound = show_duration(bound);
        Err(Complaint::new(format!("must be at {side} {bound}")).hint(bounds.why))
    };
    if duration < bounds.least {
        return refuse("least", bounds.least);
    }
    if duration > bounds.most {
        return refuse("most", bounds.most);
    }
    Ok(duration)
}

/// Whole numbers with a unit each, from long to short, each unit once.
pub(in crate::config) fn parse_duration(text: &str) -> Read<SignedDuration> {
    let wrong = |why: String| Complaint::new(format!("cannot be \"{text}\": {why}")).hint(HINT);
    let (mut rest, mut millis, mut units_left) = (text.trim(), 0_i64, &UNITS[..]);
    if rest.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let number: i64 =
            number.parse().map_err(|_| wrong("a number is missing or too large".to_owned()))?;
        if unit.is_empty() {
            return Err(wrong(format!("`{number}` has no unit")));
        }
        if !UNITS.iter().any(|(known, _)| *known == unit) {
            return Err(wrong(format!("`{unit}` is not a unit")));
        }
        let Some(place) = units_left.iter().position(|(known, _)| *known == unit) else {
            return Err(wrong("units go from long to short, each once".to_owned()));
        };
        millis = number
            .checked_mul(units_left[place].1)
            .and_then(|more| millis.checked_add(more))
            .ok_or_else(|| wrong("it is too long".to_owned()))?;
        (rest, units_left) = (after, &units_left[place + 1..]);
    }
    Ok(SignedDuration::from_millis(millis))
}

/// As it would be written: `1h30m`.
pub(in crate::config) fn show_duration(duration: SignedDuration) -> String {
    let mut left = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let mut shown = String::new();
    // Weeks are left out: `60d` reads better than `8w4d`.
    for (unit, millis) in UNITS.iter().filter(|(unit, _)| *unit != "w") {
        if left >= *millis {
            shown += &format!("{}{unit}", left / millis);
            left %= millis;
        }
    }
    if shown.is_empty() { "0s".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units_from_long_to_short() {
        let cases = [
            ("90s", 90_000),
            ("10m", 600_000),
            ("4h", 14_400_000),
            ("30d", 2_592_000_000),
            ("1h30m", 5_400_000),
            ("3y", 94_608_000_000),
            ("2w", 1_209_600_000),
            ("100ms", 100),
            ("1s500ms", 1_500),
            (" 5m ", 300_000),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_duration(text).unwrap(),
                SignedDuration::from_millis(millis),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        let cases = [
            ("10", "`10` has no unit"),
            ("10min", "`min` is not a unit"),
            ("10 m", "`10` has no unit"),
            ("m", "a number is missing"),
            ("-5m", "a number is missing"),
            ("1.5h", "`1` has no unit"),
            ("30m1h", "units go from long to short"),
            ("1h1h", "units go from long to short"),
            ("99999999999999999999s", "too large"),
            ("9999999999999y", "too long"),
            ("5µs", "`µs` is not a unit"),
        ];
        for (text, expected) in cases {
            let message = parse_duration(text).unwrap_err().message;
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn durations_show_as_written() {
        for text in ["90s", "1h30m", "60d", "3y", "100ms", "1m"] {
            let shown = show_duration(parse_duration(text).unwrap());
            assert_eq!(parse_duration(&shown).unwrap(), parse_duration(text).unwrap());
        }
        assert_eq!(show_duration(SignedDuration::from_hours(60 * 24)), "60d");
        assert_eq!(show_duration(SignedDuration::ZERO), "0s");
    }
}
