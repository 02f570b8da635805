//! The figures of a snapshot: sums of periods, and what is in no sum yet.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::estimate::Rates;
use crate::ledger::needs::{days_of, periods};
use crate::ledger::total::Total;
use crate::ledger::value::part_of_day;
use crate::ledger::{Book, Figures, LedgerSettings, Rows, Value, hour, stretch};
use crate::period::PeriodKind;
use crate::reading::{Report, Tokens, UsageBucket};
use crate::snapshot::{MinuteUse, PeriodSpend};
use crate::subject::{ModelId, WorkspaceId};
use crate::window::{Width, Window};

/// Every figure of a snapshot at `at`.
///
/// `rows` hold the sums that exist of [`sum_keys`](super::sum_keys) and what
/// [`outlook`](super::outlook) named.
pub fn spends(book: &Book, settings: &LedgerSettings, rows: &Rows, at: Timestamp) -> Figures {
    let rates = Rates::new(&book.prices, &settings.prices);
    let data_until = data_until(book);
    let own = settings
        .calendars
        .first()
        .map(|calendar| (calendar.key(), calendar.period(PeriodKind::Month, at)));
    // Periods share their days.
    let mut parts: BTreeMap<Window, Value> = BTreeMap::new();
    let (minutes, hour) = (minutes(book, rows, at), hour::used(book, &rates, rows, at));
    let mut figures = Figures { minutes, hour, ..Figures::default() };
    for (key, period) in periods(settings, at) {
        let sum = rows.sums.get(&key).filter(|sum| sum.period == period);
        let mut total = Total::default();
        if let Some(sum) = sum {
            total.add(&sum.value());
        }
        for day in days_of(period, at) {
            let summed = sum.is_some_and(|sum| sum.days.binary_search(&day.from()).is_ok());
            if let Some(part) = day.overlap(&period).filter(|_| !summed) {
                total.add(parts.entry(part).or_insert_with(|| part_of_day(&rates, rows, part)));
            }
        }
        let Value { charges, tokens, unpriced } = total.into_value();
        if own.as_ref().is_some_and(|(calendar, month)| {
            key.kind == PeriodKind::Month && key.calendar == *calendar && period == *month
        }) {
            figures.unpriced = unpriced;
        }
        let data_until = data_until
            .map(|until| until.min(period.until()))
            .filter(|until| *until > period.from());
        let (calendar, kind) = (key.calendar, key.kind);
        figures.spends.push(PeriodSpend { calendar, kind, period, charges, tokens, data_until });
    }
    let mut desk = stretch::Desk { book, settings, rates: &rates, rows, parts };
    figures.windows = settings.windows.iter().map(|wanted| desk.used(*wanted, at)).collect();
    figures
}

/// Data cannot reach further than the instant they were asked for.
fn data_until(book: &Book) -> Option<Timestamp> {
    let usage = book.coverage.iter().filter(|((report, _), _)| *report == Report::Usage);
    usage.map(|(_, known)| known.read.until().min(known.heard_at)).max()
}

/// The last closed minutes that have been read, empty ones too.
fn minutes(book: &Book, rows: &Rows, at: Timestamp) -> Vec<MinuteUse> {
    let Some(known) = book.coverage.get(&(Report::Usage, Width::Minute)) else {
        return Vec::new();
    };
    let until = Width::Minute.floor(at) - SignedDuration::from_mins(5);
    let shown = Window::new(until - SignedDuration::from_mins(15), until);
    let read = shown.and_then(|shown| shown.overlap(&known.read));
    let Some(read) = read else { return Vec::new() };
    Width::Minute
        .buckets(read)
        .map(|minute| MinuteUse {
            from: minute.from(),
            rows: rows.minutes.get(&minute.from()).map(by_model).unwrap_or_default(),
        })
        .collect()
}

fn by_model(minute: &UsageBucket) -> Vec<(WorkspaceId, ModelId, Tokens)> {
    let mut sums: BTreeMap<(WorkspaceId, ModelId), Tokens> = BTreeMap::new();
    for (used, counts) in minute.rows() {
        let line = (used.workspace.clone(), used.model.clone());
        *sums.entry(line).or_default() += counts.tokens;
    }
    sums.into_iter().map(|((workspace, model), tokens)| (workspace, model, tokens)).collect()
}
