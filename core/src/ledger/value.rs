//! What a day, or a part of one, came to.
//!
//! A billed day is its bill. Until then it is an estimate, or what of a bill is there
//! when that is more. Where a zone's midnight cuts a UTC day, both parts are shares of
//! the day by the estimated cost of their hours, and together they are the day exactly.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::cut::Hours;
use crate::ledger::estimate::Rates;
use crate::ledger::share::{company, share};
use crate::ledger::tally::UsageRow;
use crate::ledger::total::Total;
use crate::ledger::{Basis, Book, Charge, DayBill, DayPage, LedgerSettings, Rows, Value};
use crate::reading::{BillSource, UsageBucket};
use crate::subject::{ModelId, WorkspaceId};
use crate::window::{Width, Window};

/// What `part` came to: a UTC day, or whatever of one day is wanted.
///
/// `rows` hold what [`history`](super::history) named.
pub fn value(book: &Book, settings: &LedgerSettings, rows: &Rows, part: Window) -> Value {
    part_of_day(&Rates::new(&book.prices, &settings.prices), rows, part)
}

pub(super) fn part_of_day(rates: &Rates<'_>, rows: &Rows, part: Window) -> Value {
    let day = Width::Day.bucket(part.from());
    let Some(page) = rows.days.get(&day.from()) else { return Value::default() };
    let Some(part) = part.overlap(&day) else { return Value::default() };
    let hours: Vec<&UsageBucket> =
        rows.hours.range(day.from()..day.until()).map(|(_, hour)| hour).collect();
    let told = hours_told(page, rows, &hours, part == day);
    if told.is_none() && part == day {
        return whole(rates, page);
    }
    let split = Hours::new(rates, day, &hours);
    let mut value = split.part(
        &match told {
            Some(_) => Value { tokens: page.tokens(), ..Value::default() },
            None => whole(rates, page),
        },
        part,
    );
    if let Some(covers_until) = told {
        let by_hours = by_hours(rates, rows, part, covers_until);
        (value.charges, value.unpriced) = (by_hours.charges, by_hours.unpriced);
    }
    value
}

/// Up to where bills by the hour tell of this day, if it is to be valued by them.
fn hours_told(
    page: &DayPage,
    rows: &Rows,
    hours: &[&UsageBucket],
    whole_day: bool,
) -> Option<Timestamp> {
    let bill = page.bill.as_ref().filter(|bill| bill.source == BillSource::Analytics)?;
    let billed_hours = rows.hour_bills.range(page.day..bill.covers_until).next().is_some();
    let known =
        (billed_hours || bill.rows.is_empty()) && (!hours.is_empty() || page.usage.is_empty());
    (known && !(bill.billed && whole_day)).then_some(bill.covers_until)
}

/// Billed hours as billed, later ones as estimated.
fn by_hours(rates: &Rates<'_>, rows: &Rows, part: Window, covers_until: Timestamp) -> Value {
    let mut total = Total::default();
    for hour in Width::Hour.buckets(part) {
        let usage = rows.hours.get(&hour.from()).map_or(&[][..], UsageBucket::rows);
        let mut sum = Total::default();
        if hour.until() <= covers_until {
            let bill = rows.hour_bills.get(&hour.from()).map_or(&[][..], |bill| bill.rows());
            let shared = share(rates, hour.from(), usage, bill);
            shared.charges(&mut sum, |_| true);
            shared.silent().for_each(|(place, tokens)| sum.unpriced(&usage[place].0.model, tokens));
        } else {
            estimate(rates, hour.from(), usage, &mut sum);
        }
        let value = sum.into_value();
        let inside = hour.overlap(&part).unwrap_or(hour);
        total.add(&if inside == hour { value } else { Hours::evenly(hour).part(&value, inside) });
    }
    total.into_value()
}

/// What a whole day came to.
fn whole(rates: &Rates<'_>, page: &DayPage) -> Value {
    let mut total = Total::default();
    match &page.bill {
        Some(bill) if bill.billed => return page.billed_value(),
        Some(bill) if bill.source == BillSource::Company => {
            company(bill).into_iter().for_each(|charge| total.charge(charge));
        }
        Some(bill) => larger(rates, page, bill, &mut total),
        None => estimate(rates, page.day, &page.usage, &mut total),
    }
    total.tokens = page.tokens();
    total.into_value()
}

fn estimate(rates: &Rates<'_>, at: Timestamp, usage: &[UsageRow], total: &mut Total) {
    for row in usage {
        let (charge, unpriced) = estimated(rates, at, row);
        total.unpriced(&row.0.model, unpriced);
        total.charge(charge);
    }
}

fn estimated(rates: &Rates<'_>, at: Timestamp, (used, counts): &UsageRow) -> (Charge, u64) {
    let estimate = rates.row(used, counts, at);
    let charge = Charge {
        workspace: used.workspace.clone(),
        model: Some(used.model.clone()),
        key: used.key.clone(),
        tier: used.tier.clone(),
        basis: Basis::Estimated,
        amount: estimate.amount,
    };
    (charge, estimate.unpriced)
}

type Line = (WorkspaceId, Option<ModelId>);

/// A bill that is not final grows line by line, so each workspace and model takes the larger
/// of bill and estimate: by the day's total, a model that is billed late would hide behind
/// one that is billed already. What no tokens can tell is added as billed.
fn larger(rates: &Rates<'_>, page: &DayPage, bill: &DayBill, total: &mut Total) {
    let (known, other): (Vec<_>, Vec<_>) =
        bill.rows.iter().cloned().partition(|(line, _)| super::share::estimable(line.kind));
    share(rates, page.day, &page.usage, &other).charges(total, |_| true);
    let shared = share(rates, page.day, &page.usage, &known);
    let mut billed = Total::default();
    shared.charges(&mut billed, |_| true);
    let billed = sums(&billed.into_value().charges);
    let guesses: Vec<_> = page.usage.iter().map(|row| estimated(rates, page.day, row)).collect();
    let mut guessed = Total::default();
    guesses.iter().for_each(|(charge, _)| guessed.charge(charge.clone()));
    let guessed = sums(&guessed.into_value().charges);
    let won: BTreeSet<Line> = billed
        .into_iter()
        .filter(|(line, amount)| *amount >= guessed.get(line).copied().unwrap_or_default())
        .map(|(line, _)| line)
        .collect();
    shared.charges(total, |charge| won.contains(&line_of(charge)));
    for (place, tokens) in shared.silent() {
        let used = &page.usage[place].0;
        if won.contains(&(used.workspace.clone(), Some(used.model.clone()))) {
            total.unpriced(&used.model, tokens);
        }
    }
    for (charge, unpriced) in guesses {
        if !won.contains(&line_of(&charge)) {
            if let Some(model) = &charge.model {
                total.unpriced(model, unpriced);
            }
            total.charge(charge);
        }
    }
}

fn line_of(charge: &Charge) -> Line {
    (charge.workspace.clone(), charge.model.clone())
}

fn sums(charges: &[Charge]) -> BTreeMap<Line, Amount> {
    let mut sums: BTreeMap<Line, Amount> = BTreeMap::new();
    for charge in charges {
        *sums.entry(line_of(charge)).or_default() += charge.amount;
    }
    sums
}

/// An instant of a day as a share of its even time.
pub(super) fn even(window: Window, at: Timestamp) -> Decimal {
    let passed = at.duration_since(window.from()).as_secs();
    Decimal::from(passed) / Decimal::from(window.length().as_secs().max(1))
}
