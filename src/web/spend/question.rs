//! The parameters of `/api/v1/spend`, once they are known to make sense.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Window;

/// What the store answers in one question.
const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(800 * 24);

/// By what spend is kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Workspace,
    Model,
    Key,
    Day,
}

impl By {
    const ALL: [Self; 4] = [Self::Workspace, Self::Model, Self::Key, Self::Day];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Model => "model",
            Self::Key => "key",
            Self::Day => "day",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) window: Window,
    pub(super) zone: TimeZone,
    pub(super) zone_name: String,
    pub(super) by: Vec<By>,
    pub(super) organization: Option<OrganizationName>,
}

/// What is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mistake {
    #[error("there is no parameter `{0}`; known are `from`, `to`, `by`, `zone` and `organization`")]
    Unknown(String),
    #[error("`{0}` is given twice")]
    Twice(&'static str),
    #[error(
        "`{parameter}` is neither a date (2026-11-01) nor a time with its zone (2026-11-01T00:00:00Z): `{text}`"
    )]
    NoTime { parameter: &'static str, text: String },
    #[error("`to` must be later than `from`; it is not part of the window")]
    Backward,
    #[error("the window must not be longer than 800 days")]
    TooLong,
    #[error("`by` knows `workspace`, `model`, `key` and `day`, separated by commas, not `{0}`")]
    NoDimension(String),
    #[error("`{0}` is not the name of a time zone, as `Europe/Berlin` is")]
    NoZone(String),
    #[error("no organization is called `{0}` here")]
    NoOrganization(String),
}

impl Mistake {
    /// The parameter to look at.
    pub(super) fn parameter(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            Self::Twice(name) => name,
            Self::NoTime { parameter, .. } => parameter,
            Self::Backward | Self::TooLong => "to",
            Self::NoDimension(_) => "by",
            Self::NoZone(_) => "zone",
            Self::NoOrganization(_) => "organization",
        }
    }
}

/// The parameters as written.
#[derive(Debug, Default)]
struct Raw<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
    by: Option<&'a str>,
    zone: Option<&'a str>,
    organization: Option<&'a str>,
}

impl Question {
    /// Without `from` it is the current month, without `to` until now.
    pub(super) fn parse(
        pairs: &[(String, String)],
        now: Timestamp,
        organizations: &BTreeMap<OrganizationName, LedgerSettings>,
    ) -> Result<Self, Mistake> {
        let raw = Raw::collect(pairs)?;
        let zone_name = raw.zone.unwrap_or("UTC").to_owned();
        let zone =
            crate::clock::zone(&zone_name).map_err(|_| Mistake::NoZone(zone_name.clone()))?;
        let from = match raw.from {
            Some(text) => time("from", text, &zone)?,
            None => month_start(now, &zone),
        };
        let to = raw.to.map_or(Ok(now), |text| time("to", text, &zone))?;
        Ok(Self {
            window: window(from, to)?,
            by: raw.by.map_or_else(|| Ok(Vec::new()), dimensions)?,
            organization: raw.organization.map(|name| known(name, organizations)).transpose()?,
            zone,
            zone_name,
        })
    }
}

impl<'a> Raw<'a> {
    fn collect(pairs: &'a [(String, String)]) -> Result<Self, Mistake> {
        let mut raw = Self::default();
        for (name, value) in pairs {
            let (name, place) = match name.as_str() {
                "from" => ("from", &mut raw.from),
                "to" => ("to", &mut raw.to),
                "by" => ("by", &mut raw.by),
                "zone" => ("zone", &mut raw.zone),
                "organization" => ("organization", &mut raw.organization),
                other => return Err(Mistake::Unknown(other.to_owned())),
            };
            if place.replace(value).is_some() {
                return Err(Mistake::Twice(name));
            }
        }
        Ok(raw)
    }
}

/// A date is its first instant in the zone.
fn time(parameter: &'static str, text: &str, zone: &TimeZone) -> Result<Timestamp, Mistake> {
    let wrong = || Mistake::NoTime { parameter, text: text.to_owned() };
    if text.len() == "2026-11-01".len() {
        let date: Date = text.parse().map_err(|_| wrong())?;
        return date.to_zoned(zone.clone()).map(|day| day.timestamp()).map_err(|_| wrong());
    }
    // An unescaped `+` arrives as a space.
    text.replace(' ', "+").parse().map_err(|_| wrong())
}

fn month_start(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let first = now.to_zoned(zone.clone()).first_of_month().and_then(|day| day.start_of_day());
    first.map_or(now, |first| first.timestamp())
}

fn window(from: Timestamp, to: Timestamp) -> Result<Window, Mistake> {
    let window = Window::new(from, to).ok_or(Mistake::Backward)?;
    if window.length() > WINDOW_MAX { Err(Mistake::TooLong) } else { Ok(window) }
}

fn dimensions(text: &str) -> Result<Vec<By>, Mistake> {
    let mut dimensions = Vec::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let known = By::ALL.into_iter().find(|by| by.label() == word);
        let by = known.ok_or_else(|| Mistake::NoDimension(word.to_owned()))?;
        if !dimensions.contains(&by) {
            dimensions.push(by);
        }
    }
    Ok(dimensions)
}

fn known(
    name: &str,
    organizations: &BTreeMap<OrganizationName, LedgerSettings>,
) -> Result<OrganizationName, Mistake> {
    let name = OrganizationName::from(name);
    if organizations.contains_key(&name) {
        Ok(name)
    } else {
        Err(Mistake::NoOrganization(name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(from: &str, to: &str, zone: &str, by: &str) -> Result<Question, Mistake> {
        let pairs = [("from", from), ("to", to), ("zone", zone), ("by", by)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Question::parse(&pairs, Timestamp::UNIX_EPOCH, &BTreeMap::new())
    }

    proptest! {
        #[test]
        fn whatever_is_asked_is_understood_or_refused(
            from in "[-+0-9TZ: ]{0,24}|[0-9]{4}-[0-9]{2}-[0-9]{2}",
            to in "[-+0-9TZ: ]{0,24}|[0-9]{4}-[0-9]{2}-[0-9]{2}|\\PC{0,12}",
            zone in "UTC|Europe/Berlin|\\PC{0,12}",
            by in "[a-z,]{0,20}|\\PC{0,12}",
        ) {
            if let Ok(question) = parse(&from, &to, &zone, &by) {
                prop_assert!(question.window.length() <= WINDOW_MAX);
            }
        }
    }

    #[test]
    fn the_ends_of_time_are_dates_too() {
        for (from, to) in [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31")] {
            for zone in ["UTC", "Pacific/Auckland", "America/Anchorage"] {
                // Understood or refused, but no panic.
                let _ = parse(from, to, zone, "day");
            }
        }
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_it_is() {
        let cases = [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)];
        for (from, to, hours) in cases {
            let question = parse(from, to, "Europe/Berlin", "day").unwrap();
            assert_eq!(question.window.length(), SignedDuration::from_hours(hours), "{from}");
        }
    }
}
