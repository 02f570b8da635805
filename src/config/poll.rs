//! `[poll]`: how often each report is read.

use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};
use jiff::{SignedDuration, civil};
use toml::de::DeValue;
use usagewarden_core::reading::Report;

use super::problem::{Complaint, Notes};
use super::table::{At, Table};
use super::value::{self, Bounds};

/// When each report is read, in the order of [`Report::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll([Cadence; Report::ALL.len()]);

/// When one report is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cadence {
    Every(SignedDuration),
    /// Five or six fields, in the organization's zone. Never fires faster than the report's floor.
    Cron(Box<Cron>),
}

impl Poll {
    pub fn of(&self, report: Report) -> &Cadence {
        &self.0[report as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (Report, &Cadence)> {
        Report::ALL.into_iter().zip(&self.0)
    }
}

/// What is written for each report, before it is known for whom.
pub(super) struct Written<'a>([Option<At<'a, Cadence>>; Report::ALL.len()]);

impl<'a> Written<'a> {
    pub(super) fn read(table: Option<&Table<'a>>) -> Self {
        Self(Report::ALL.map(|report| table?.optional(report.label(), Cadence::read)))
    }
}

impl Poll {
    /// What an organization polls: its own words, else those for all, else the defaults.
    pub(super) fn of_organization(
        own: Written<'_>,
        general: &Written<'_>,
        is_loopback: bool,
        notes: &Notes,
    ) -> Self {
        let mut own = own.0.into_iter();
        Self(Report::ALL.map(|report| {
            let written = own.next().flatten().or_else(|| general.0[report as usize].clone());
            let Some(written) = written else { return Cadence::Every(default(report)) };
            if let Some(complaint) = written.value.too_fast(report, is_loopback) {
                notes.error(written.position.public(), complaint);
            }
            written.value
        }))
    }

    /// What an organization polls for which nothing is written.
    pub(super) fn defaults() -> Self {
        Self(Report::ALL.map(|report| Cadence::Every(default(report))))
    }
}

impl Cadence {
    /// Beyond it a daemon would look dead rather than calm.
    const MOST: SignedDuration = SignedDuration::from_hours(31 * 24);

    fn read(value: &DeValue<'_>) -> Result<Self, Complaint> {
        let is_cron = |text: &str| text.trim().contains(char::is_whitespace) || text.contains('@');
        if let Some(text) = value.as_str().filter(|text| is_cron(text)) {
            return cron(text).map(|cron| Self::Cron(Box::new(cron)));
        }
        let why = "an organization is looked at once a month at least";
        let bounds = Bounds { least: SignedDuration::from_millis(1), most: Self::MOST, why };
        value::duration(value, bounds).map(Self::Every)
    }

    /// Why `report` must not be polled like this.
    fn too_fast(&self, report: Report, is_loopback: bool) -> Option<Complaint> {
        let (floor, why) = if is_loopback { (LOOPBACK_FLOOR, LOOPBACK_WHY) } else { floor(report) };
        let shortest = match self {
            Self::Every(interval) => *interval,
            Self::Cron(cron) => shortest_gap(cron)?,
        };
        let shown = value::show_duration(floor);
        (shortest < floor).then(|| {
            Complaint::new(format!("`{report}` must not be polled more often than every {shown}"))
                .hint(why)
        })
    }
}

fn cron(text: &str) -> Result<Cron, Complaint> {
    const HINT: &str = "write an interval, as in \"10m\", or five or six fields, as in \"0 */10 * * * *\" (the first of six are seconds)";
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|error| {
        let why = error.to_string().to_lowercase();
        Complaint::new(format!("cannot be \"{text}\": {}", why.trim_end_matches('.'))).hint(HINT)
    })?;
    if firings(&cron).next().is_none() {
        return Err(Complaint::new(format!("cannot be \"{text}\": that never comes")).hint(HINT));
    }
    Ok(cron)
}

/// When it fires, from a leap year's first Monday on.
fn firings(cron: &Cron) -> impl Iterator<Item = civil::DateTime> {
    cron.iter_from(civil::date(2024, 1, 1).at(0, 0, 0, 0), Direction::Forward)
}

/// The shortest time between two of the next firings; `None` when it fires only once.
fn shortest_gap(cron: &Cron) -> Option<SignedDuration> {
    /// Two minutes of the fastest pattern; slower ones show themselves as soon.
    const ENOUGH: usize = 120;
    let firings: Vec<civil::DateTime> = firings(cron).take(ENOUGH).collect();
    firings.windows(2).map(|pair| pair[1].duration_since(pair[0])).min()
}

const LOOPBACK_FLOOR: SignedDuration = SignedDuration::from_millis(100);
const LOOPBACK_WHY: &str = "even a rehearsal needs time to answer";

/// How often each report may be read, and why not more often.
const fn floor(report: Report) -> (SignedDuration, &'static str) {
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);
    match report {
        Report::Usage | Report::Cost => {
            (MINUTE, "the API asks for one call a minute, sustained, on usage and cost")
        }
        Report::Analytics => (
            MINUTE,
            "all analytics share 60 requests a minute, and one reading takes several pages",
        ),
        // Guides of that API say to keep its profile for five to ten minutes.
        Report::Company => (
            SignedDuration::from_mins(5),
            "the profile is meant to be kept for five minutes at least",
        ),
        Report::Quota => (MINUTE, "a quota of a month does not move faster"),
        // The Admin API has 100 requests a minute for all of these together, and
        // rate limits, keys and members take a request for every workspace or page.
        Report::RateLimits | Report::Keys | Report::Members => (
            MINUTE,
            "all of the Admin API shares 100 requests a minute, and this takes one for each page",
        ),
        Report::Audit => (MINUTE, "what happened can be asked for a minute later"),
        Report::SpendLimits => {
            (MINUTE, "the spend limits share 60 requests a minute with all that changes them")
        }
    }
}

const fn default(report: Report) -> SignedDuration {
    match report {
        Report::Usage | Report::Quota | Report::Audit => SignedDuration::from_mins(1),
        Report::Cost | Report::Analytics | Report::Company => SignedDuration::from_mins(10),
        Report::RateLimits | Report::SpendLimits => SignedDuration::from_mins(15),
        Report::Keys | Report::Members => SignedDuration::from_hours(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_stand_in_their_own_order() {
        for (place, report) in Report::ALL.into_iter().enumerate() {
            assert_eq!(report as usize, place);
            assert_eq!(Poll::defaults().of(report), &Cadence::Every(default(report)));
        }
    }

    #[test]
    fn no_default_is_below_its_floor() {
        for report in Report::ALL {
            assert!(default(report) >= floor(report).0, "{report}");
        }
    }

    #[test]
    fn the_shortest_gap_of_a_cron_expression_counts() {
        let cases = [
            ("* * * * * *", Some(1)),
            ("0,59 * * * * *", Some(1)),
            ("*/10 * * * *", Some(600)),
            ("0 */10 * * * *", Some(600)),
            ("0 0 8 * * MON", Some(7 * 86_400)),
            ("@hourly", Some(3_600)),
        ];
        for (text, seconds) in cases {
            let gap = shortest_gap(&cron(text).unwrap());
            assert_eq!(gap, seconds.map(SignedDuration::from_secs), "{text}");
        }
    }

    #[test]
    fn cron_expressions_have_five_or_six_fields_and_come_some_day() {
        for wrong in
            ["61 * * * *", "* * * *", "0 0 0 1 1 ? 2030", "0 0 30 2 *", "* * * * * nonsense"]
        {
            assert!(cron(wrong).is_err(), "{wrong}");
        }
    }
}
