//! What is usual for an hour of the week, from the same hours of past weeks.
//!
//! Spending has a rhythm of days and weeks, so an hour is compared with the same hour
//! of other weeks and not with the one before it. A [`Baseline`] keeps the last weeks
//! of one hour of the week; the median of them is what is usual, so that one bad week
//! does not teach that bad is normal. Hours of the week are counted in UTC.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::price::{self, Known};
use crate::reading::{TokenType, UsageBucket};
use crate::subject::WorkspaceId;
use crate::window::Width;

/// How many weeks are kept.
pub const WEEKS: usize = 8;

/// One of the 168 hours of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourOfWeek(u8);

impl HourOfWeek {
    const COUNT: i64 = 7 * 24;

    /// The hour of the week that holds `at`.
    pub fn of(at: Timestamp) -> Self {
        let hours = at.as_second().div_euclid(Width::Hour.seconds());
        Self(u8::try_from(hours.rem_euclid(Self::COUNT)).unwrap_or_default())
    }

    /// From 0 to 167; 0 is the hour that 1970 began with, on a Thursday.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What an hour came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourUse {
    pub tokens: u64,
    /// At the prices known when the hour settled; what has no price is not in it.
    pub cost: Amount,
}

impl AddAssign for HourUse {
    fn add_assign(&mut self, other: Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost += other.cost;
    }
}

/// A settled hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastHour {
    from: Timestamp,
    workspaces: BTreeMap<WorkspaceId, HourUse>,
}

impl PastHour {
    /// An hour in which nothing was used.
    pub fn quiet(from: Timestamp) -> Self {
        Self { from, workspaces: BTreeMap::new() }
    }

    /// Adds an hour of usage up by workspace.
    pub fn of(usage: &UsageBucket, prices: &Known<'_>) -> Self {
        let mut hour = Self::quiet(usage.from());
        for (used, counts) in usage.rows() {
            let cost_of = |kind| {
                let rate = prices.rate(used, kind, hour.from)?;
                Some(price::cost(rate, counts.tokens.of(kind)))
            };
            let cost = TokenType::ALL.into_iter().filter_map(cost_of).sum();
            *hour.workspaces.entry(used.workspace.clone()).or_default() +=
                HourUse { tokens: counts.tokens.total(), cost };
        }
        hour
    }

    pub const fn from(&self) -> Timestamp {
        self.from
    }

    /// All workspaces together.
    pub fn total(&self) -> HourUse {
        self.workspaces.values().fold(HourUse::default(), |mut sum, one| {
            sum += *one;
            sum
        })
    }
}

/// The same hour of the last weeks, oldest first: one packed row of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    hours: Vec<PastHour>,
}

/// What past weeks lead one to expect of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usual {
    /// How many weeks it is known from.
    pub weeks: usize,
    pub total: HourUse,
    pub workspaces: BTreeMap<WorkspaceId, HourUse>,
}

impl Baseline {
    /// Notes a settled hour; one that was noted before is corrected. Says whether
    /// anything changed.
    pub fn note(&mut self, hour: PastHour) -> bool {
        match self.hours.binary_search_by_key(&hour.from, PastHour::from) {
            Ok(place) if self.hours[place] == hour => return false,
            Ok(place) => self.hours[place] = hour,
            Err(0) if self.hours.len() == WEEKS => return false,
            Err(place) => self.hours.insert(place, hour),
        }
        if self.hours.len() > WEEKS {
            self.hours.remove(0);
        }
        true
    }

    /// The median of the weeks before the hour that holds `at`; `None` without any.
    /// A workspace that was quiet in a week counts as zero in it.
    pub fn usual(&self, at: Timestamp) -> Option<Usual> {
        let hour = Width::Hour.floor(at);
        let past: Vec<&PastHour> = self.hours.iter().filter(|past| past.from < hour).collect();
        if past.is_empty() {
            return None;
        }
        let names = past.iter().flat_map(|past| past.workspaces.keys());
        let workspaces = names
            .map(|name| {
                let of = |past: &&PastHour| past.workspaces.get(name).copied().unwrap_or_default();
                (name.clone(), median(past.iter().map(of).collect()))
            })
            .collect();
        Some(Usual {
            weeks: past.len(),
            total: median(past.iter().map(|past| past.total()).collect()),
            workspaces,
        })
    }
}

/// The middle of tokens and of money, each by itself; of two middles, their mean.
fn median(hours: Vec<HourUse>) -> HourUse {
    let (mut tokens, mut costs): (Vec<u64>, Vec<Amount>) =
        hours.into_iter().map(|hour| (hour.tokens, hour.cost)).unzip();
    tokens.sort_unstable();
    costs.sort_unstable();
    let (low, high) = (tokens.len().saturating_sub(1) / 2, tokens.len() / 2);
    HourUse {
        tokens: tokens[low].midpoint(tokens[high]),
        cost: (costs[low] + costs[high]) * Decimal::new(5, 1),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    /// The hour of 2026-11-20 14:00 UTC, some weeks on.
    fn week(number: i64) -> Timestamp {
        let first: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        first + SignedDuration::from_hours(number * HourOfWeek::COUNT)
    }

    fn hour(number: i64, tokens: &[(&str, u64)]) -> PastHour {
        let mut hour = PastHour::quiet(week(number));
        for &(workspace, tokens) in tokens {
            let cost = Amount::from_dollars(Decimal::from(tokens));
            hour.workspaces.insert(workspace.into(), HourUse { tokens, cost });
        }
        hour
    }

    /// The usual tokens in `week` after each of `tokens` was noted for the weeks from 0 on.
    #[track_caller]
    fn check(tokens: &[u64], expected: Option<u64>) {
        let mut baseline = Baseline::default();
        for (number, &tokens) in (0..).zip(tokens) {
            assert!(baseline.note(hour(number, &[("default", tokens)])));
        }
        let usual = baseline.usual(week(100));
        assert_eq!(usual.as_ref().map(|usual| usual.total.tokens), expected, "after {tokens:?}");
        let cost = expected.map(|tokens| Amount::from_dollars(Decimal::from(tokens)));
        assert_eq!(usual.map(|usual| usual.total.cost), cost, "after {tokens:?}");
    }

    #[test]
    fn one_bad_week_does_not_teach_that_bad_is_normal() {
        check(&[], None);
        check(&[10], Some(10));
        check(&[10, 20], Some(15));
        check(&[10, 12, 9_000], Some(12));
        check(&[0, 0, 0, 9_000], Some(0));
    }

    #[test]
    fn only_the_last_weeks_count() {
        check(&[900, 900, 900, 900, 900, 900, 900, 900, 1, 1, 1, 1, 1], Some(1));
    }

    #[test]
    fn an_hour_that_is_restated_is_corrected_and_not_counted_twice() {
        let mut baseline = Baseline::default();
        assert!(baseline.note(hour(0, &[("default", 10)])));
        assert!(!baseline.note(hour(0, &[("default", 10)])), "nothing changed");
        assert!(baseline.note(hour(0, &[("default", 30)])));
        let usual = baseline.usual(week(1)).unwrap();
        assert_eq!((usual.weeks, usual.total.tokens), (1, 30));
    }

    #[test]
    fn weeks_that_are_heard_late_take_their_place() {
        let mut baseline = Baseline::default();
        for number in [9, 7, 8, 6, 5, 4, 3, 2] {
            assert!(baseline.note(hour(number, &[])));
        }
        assert!(!baseline.note(hour(1, &[])), "older than everything that is kept");
        assert!(baseline.note(hour(10, &[])));
        let kept: Vec<Timestamp> = baseline.hours.iter().map(PastHour::from).collect();
        assert_eq!(kept, (3..=10).map(week).collect::<Vec<_>>());
    }

    #[test]
    fn an_hour_is_not_compared_with_itself() {
        let mut baseline = Baseline::default();
        baseline.note(hour(0, &[("default", 10)]));
        let within = week(0) + SignedDuration::from_mins(59);
        assert_eq!(baseline.usual(within), None);
        assert!(baseline.usual(week(1)).is_some());
    }

    #[test]
    fn a_workspace_that_rested_for_a_week_counts_as_zero_in_it() {
        let mut baseline = Baseline::default();
        baseline.note(hour(0, &[("a", 10), ("b", 1)]));
        baseline.note(hour(1, &[("a", 20)]));
        baseline.note(hour(2, &[("a", 30)]));
        let usual = baseline.usual(week(3)).unwrap();
        let of = |name: &str| usual.workspaces[&name.into()].tokens;
        assert_eq!((of("a"), of("b"), usual.total.tokens), (20, 0, 20));
    }

    #[test]
    fn there_are_168_hours_in_a_week() {
        let cases = [("1970-01-01T00:59:59Z", 0), ("1970-01-07T23:00:00Z", 167)];
        for (at, expected) in cases {
            assert_eq!(HourOfWeek::of(at.parse().unwrap()).number(), expected, "{at}");
        }
        assert_eq!(HourOfWeek::of(week(0)), HourOfWeek::of(week(1)));
    }
}
