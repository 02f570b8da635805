//! How figures and times are said to people.

use jiff::{SignedDuration, Timestamp};

/// `12,600,000,000`: nobody counts ten digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", length(now.duration_since(at)))
}

/// As people say it, in the largest unit of which there are at least two.
pub(super) fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// To the minute, in UTC: `2026-12-01 00:00 UTC`.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        let cases = [
            (-5, "0 s"),
            (59, "59 s"),
            (119, "119 s"),
            (600, "10 min"),
            (7_200, "2 h"),
            (864_000, "10 days"),
        ];
        for (seconds, shown) in cases {
            assert_eq!(length(SignedDuration::from_secs(seconds)), shown);
        }
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (number, shown) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_600_000_000, "12,600,000,000")]
        {
            assert_eq!(grouped(number), shown);
        }
    }

    #[test]
    fn instants_are_said_with_their_zone() {
        assert_eq!(instant("2026-12-01T00:00:00Z".parse().unwrap()), "2026-12-01 00:00 UTC");
    }
}
