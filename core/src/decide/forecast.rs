//! Where the end of a period will find a budget, if things go on as they do.
//!
//! The next day goes as the last one did, and all after it as the last week did. The lesser
//! and the greater of both paces say how wrong that may be. With less than three days of
//! history there is nothing to go on.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::notice::Forecast;
use crate::stretch::{Buckets, Wanted};
use crate::window::Window;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(168);

/// The stretches a forecast is made from.
pub(crate) const STRETCHES: [Wanted; 2] = [LAST_DAY, LAST_WEEK];

pub(super) const LAST_DAY: Wanted = Wanted { length: DAY, buckets: Buckets::Closed };
pub(super) const LAST_WEEK: Wanted = Wanted { length: WEEK, buckets: Buckets::Closed };

/// Less would be a guess.
const HISTORY_LEAST: SignedDuration = SignedDuration::from_hours(72);

/// Fractions of a cent mean nothing here.
const PLACES: u32 = 4;

/// How fast money goes, a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paces {
    pub(super) day: Decimal,
    pub(super) week: Decimal,
    /// The newest data they are made from.
    pub(super) data_until: Timestamp,
}

/// What was spent in a stretch of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    pub(super) number: Decimal,
    pub(super) window: Window,
    pub(super) covered: bool,
}

impl Paces {
    /// `read_from` is since when usage has been read; a week that begins before it counts
    /// from there.
    pub(super) fn of(day: Spent, week: Spent, read_from: Option<Timestamp>) -> Option<Self> {
        let from =
            if week.covered { week.window.from() } else { week.window.from().max(read_from?) };
        let history = week.window.until().duration_since(from);
        if history < HISTORY_LEAST || !day.covered {
            return None;
        }
        Some(Self {
            day: a_second(day.number, day.window.length())?,
            week: a_second(week.number, history)?,
            data_until: day.window.until(),
        })
    }

    /// From `used` at `at` to the end of the period.
    pub(super) fn forecast(
        self,
        used: Decimal,
        limit: Decimal,
        at: Timestamp,
        until: Timestamp,
    ) -> Option<Forecast> {
        let left = until.duration_since(at).max(SignedDuration::ZERO);
        let soon = left.min(DAY);
        let (soon, later) = (seconds(soon), seconds(left - soon));
        let after_a_day = used.checked_add(self.day.checked_mul(soon)?)?;
        let value = after_a_day.checked_add(self.week.checked_mul(later)?)?;
        let at_pace = |pace: Decimal| used.checked_add(pace.checked_mul(seconds(left))?);
        let (low, high) = (at_pace(self.day.min(self.week))?, at_pace(self.day.max(self.week))?);
        let exhausted_at = if used >= limit || value < limit {
            None
        } else if after_a_day >= limit {
            (limit - used).checked_div(self.day).and_then(|after| later_by(at, after))
        } else {
            let rest = (limit - after_a_day).checked_div(self.week);
            rest.and_then(|after| later_by(at, soon + after))
        };
        let [value, low, high] = [value, low, high].map(|sum| sum.round_dp(PLACES).normalize());
        Some(Forecast { value, low, high, exhausted_at })
    }
}

fn a_second(number: Decimal, length: SignedDuration) -> Option<Decimal> {
    number.max(Decimal::ZERO).checked_div(seconds(length))
}

fn seconds(length: SignedDuration) -> Decimal {
    length.as_secs().into()
}

fn later_by(at: Timestamp, seconds: Decimal) -> Option<Timestamp> {
    let whole = i64::try_from(seconds.round()).ok()?;
    at.checked_add(SignedDuration::from_secs(whole)).ok()
}
