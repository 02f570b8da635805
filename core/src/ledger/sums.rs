//! Sums of the billed days of a period, kept so that a month need not be read day by day.
//!
//! A sum says which days are in it, so it can lack days but never hold one twice: who
//! reads it adds the others from their pages. The sum of a rolling period is of one day's
//! period only, and forgotten with it; so it is never older than a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ledger::needs::periods;
use crate::ledger::total::Total;
use crate::ledger::{DayPage, LedgerSettings, PeriodSum, Rows, SumKey};
use crate::reading::Tokens;
use crate::window::{Width, Window};

/// The sums that changed, once `pages` are what the days have become.
pub(super) fn posted(
    settings: &LedgerSettings,
    at: Timestamp,
    rows: &Rows,
    pages: &BTreeMap<Timestamp, DayPage>,
) -> Vec<(SumKey, PeriodSum)> {
    periods(settings, at)
        .into_iter()
        .filter_map(|(key, period)| {
            let known = rows.sums.get(&key).filter(|sum| sum.period == period);
            let next = next(known, period, rows, pages)?;
            Some((key, next))
        })
        .collect()
}

/// The sum as it will be; `None` when nothing changes.
fn next(
    known: Option<&PeriodSum>,
    period: Window,
    rows: &Rows,
    pages: &BTreeMap<Timestamp, DayPage>,
) -> Option<PeriodSum> {
    let empty = || PeriodSum {
        period,
        days: Vec::new(),
        charges: Vec::new(),
        tokens: Tokens::default(),
        unpriced: Vec::new(),
    };
    let sum = known.cloned().unwrap_or_else(empty);
    let mut days: BTreeSet<Timestamp> = sum.days.iter().copied().collect();
    let mut total: Option<Total> = None;
    for day in rows.days.keys().chain(pages.keys()).collect::<BTreeSet<_>>() {
        if !period.covers(&Width::Day.bucket(*day)) {
            continue;
        }
        // What is in the sum and did not move stays in it.
        if days.contains(day) && !pages.contains_key(day) {
            continue;
        }
        let old = rows.days.get(day);
        let new = pages.get(day).or(old).filter(|page| page.is_billed());
        let old = old.filter(|_| known.is_some_and(|sum| sum.days.contains(day)));
        if old == new || (old.is_none() && days.contains(day)) {
            continue;
        }
        let total = total.get_or_insert_with(|| {
            let mut total = Total::default();
            total.add(&sum.value());
            total
        });
        if let Some(old) = old {
            total.subtract(&old.billed_value());
            days.remove(day);
        }
        if let Some(new) = new {
            total.add(&new.billed_value());
            days.insert(*day);
        }
    }
    let value = total?.into_value();
    Some(PeriodSum {
        period,
        days: days.into_iter().collect(),
        charges: value.charges,
        tokens: value.tokens,
        unpriced: value.unpriced,
    })
}
