//! How text, times and shares are written into the page. There is no other way.

use std::fmt::{self, Display, Write};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// Text from outside, harmless in an element and in a quoted attribute.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A sentence, with what stands between backticks set as what is typed. A backtick without
/// its like stays.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, (typed, after))) =
            rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
        {
            write!(f, "{}<code>{}</code>", Text(before), Text(typed))?;
            rest = after;
        }
        Text(rest).fmt(f)
    }
}

/// A time in a zone, and the zone.
pub(super) struct When<'a>(pub(super) Option<Timestamp>, pub(super) &'a str);

impl Display for When<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = self.0 else { return f.write_str("–") };
        // The zone was known when the configuration was read; UTC is never wrong.
        let zone = crate::clock::zone(self.1).unwrap_or(TimeZone::UTC);
        let shown = at.to_zoned(zone);
        write!(f, "<time datetime=\"{at}\">{}</time>", shown.strftime("%Y-%m-%d %H:%M %Z"))
    }
}

/// A span as people say it, in the largest unit of which there are at least two.
pub(super) struct Lasting(pub(super) SignedDuration);

impl Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().max(0);
        match seconds {
            0..=119 => write!(f, "{seconds} s"),
            120..=7_199 => write!(f, "{} min", seconds / 60),
            7_200..=172_799 => write!(f, "{} h", seconds / 3_600),
            _ => write!(f, "{} days", seconds / 86_400),
        }
    }
}

/// A length in a drawing that is a hundred wide.
pub(super) fn drawn(share: Decimal) -> Decimal {
    let bounded = share.clamp(Decimal::ZERO, Decimal::ONE);
    (bounded * Decimal::ONE_HUNDRED).round_dp(2).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_set_apart_and_nothing_gets_out_of_it() {
        let cases = [
            ("Mend it: `run --all`.", "Mend it: <code>run --all</code>."),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("one ` alone", "one ` alone"),
            ("`<b>` & `c", "<code>&lt;b&gt;</code> &amp; `c"),
            ("", ""),
        ];
        for (text, shown) in cases {
            assert_eq!(Prose(text).to_string(), shown);
        }
    }
}
