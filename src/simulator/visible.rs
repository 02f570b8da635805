//! What a report shows: all traffic but the latest, and but the late.
//!
//! A report knows of data up to a *horizon*: now, less its delay. A small share
//! of each minute is late: some of it surfaces after twenty minutes and more,
//! some after hours. From [`SETTLED`] behind the horizon everything is there.

use super::figures::Figures;
use super::hash::{Draw, between, draw};
use super::streams::Stream;
use super::traffic::{HOUR, Hour, MINUTE, Traffic};

/// The longest that anything is late, counted from the end of its minute.
pub(crate) const SETTLED: i64 = 5 * HOUR;

/// What a report with this horizon shows of one stream from `from` until `until`.
pub(crate) fn seen(
    traffic: &Traffic,
    stream: &Stream,
    (from, until): (i64, i64),
    horizon: i64,
) -> Figures {
    let (from, until) = (from.max(stream.from - MINUTE), until.min(stream.until).min(horizon));
    let mut sum = Figures::default();
    let mut hour = from.div_euclid(HOUR);
    while hour * HOUR < until {
        let begins = hour * HOUR;
        let whole = traffic.hour(stream, hour);
        let (first, last) = ((from - begins).max(0), (until - begins).min(HOUR));
        sum += if begins + HOUR + SETTLED <= horizon {
            whole.between(first, last)
        } else {
            in_minutes(traffic.seed, stream, &whole, begins, (first, last), horizon)
        };
        hour += 1;
    }
    sum
}

fn in_minutes(
    seed: u64,
    stream: &Stream,
    whole: &Hour,
    begins: i64,
    (first, last): (i64, i64),
    horizon: i64,
) -> Figures {
    let mut sum = Figures::default();
    let mut at = first - first.rem_euclid(MINUTE);
    while at < last {
        let all = whole.between(at, at + MINUTE);
        if !all.is_zero() {
            let happened = whole.between(at, (horizon - begins).min(at + MINUTE));
            sum += Lateness::of(seed, stream.number, begins + at).seen(&all, &happened, horizon);
        }
        at += MINUTE;
    }
    sum
}

/// Which share of one minute is late, and how late.
#[derive(Clone, Copy, Debug)]
struct Lateness {
    /// Thousandths that surface after some minutes, and when.
    soon: (u64, i64),
    /// Thousandths that surface after some hours, and when.
    later: (u64, i64),
}

impl Lateness {
    fn of(seed: u64, stream: u64, minute: i64) -> Self {
        let bits = draw(seed, Draw::Late, [stream, minute.unsigned_abs()]);
        let ends = minute + MINUTE;
        let after = |bits: u64, low: u64, high: u64| {
            ends + i64::try_from(between(bits, low, high)).unwrap_or(0) * MINUTE
        };
        Self {
            soon: (between(bits, 0, 30), after(bits >> 8, 20, 40)),
            later: (between(bits >> 16, 0, 15), after(bits >> 24, 120, 299)),
        }
    }

    /// Of all that the minute comes to, and of what of it has happened by the horizon.
    fn seen(&self, all: &Figures, happened: &Figures, horizon: i64) -> Figures {
        let (soon, later) = (u128::from(self.soon.0), u128::from(self.later.0));
        let mut sum =
            happened.minus(&happened.share(soon, 1_000)).minus(&happened.share(later, 1_000));
        let (soon, later) = (all.share(soon, 1_000), all.share(later, 1_000));
        if self.soon.1 <= horizon {
            sum += soon;
        }
        if self.later.1 <= horizon {
            sum += later;
        }
        sum
    }
}
