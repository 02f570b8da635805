//! What a sliding stretch of time came to.
//!
//! Tokens are those of the rows that lie inside. Money of a whole day is what the day came
//! to; of a part of a day that has a bill, its share by estimated cost; of any other part,
//! tokens times a price. Rows that were not loaded count nothing: [`needs`] names them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::estimate::Rates;
use crate::ledger::needs::of_day;
use crate::ledger::stretch::day::{Part, Sums};
use crate::ledger::stretch::place::Place;
use crate::ledger::value::part_of_day;
use crate::ledger::{Book, DayPage, LedgerSettings, Needs, Rows, Span, Value};
use crate::reading::{BillSource, Report};
use crate::stretch::{RequestUse, Wanted, WindowUse};
use crate::subject::{ModelId, WorkspaceId};
use crate::window::{Width, Window};

mod day;
mod place;
mod weight;

/// Older counts of requests tell nothing of now. The report may be a day behind.
const REQUESTS_OLD: SignedDuration = SignedDuration::from_hours(26);

/// Names the rows of a stretch.
pub(super) fn needs(
    book: &Book,
    settings: &LedgerSettings,
    wanted: Wanted,
    at: Timestamp,
    needs: &mut Needs,
) {
    for (width, piece) in Place::of(book, settings, wanted, at).pieces() {
        for day in Width::Day.buckets(piece) {
            match width {
                Width::Minute | Width::Hour => {
                    let window = day.overlap(&piece).unwrap_or(day);
                    needs.spans.push(Span { width, window });
                    // For its bill.
                    needs.days.push(day);
                }
                Width::Day => of_day(book, day, day, needs),
            }
        }
    }
    needs.hour_requests.extend(requests(book, wanted, at));
}

/// Analytics bills a running day hour by hour: the day's figure is then no measure for a part.
fn has_bill(page: &DayPage) -> bool {
    page.bill.as_ref().is_some_and(|bill| bill.billed || bill.source == BillSource::CostReport)
}

/// Where a stretch of whole hours lies that requests are told for.
fn requests(book: &Book, wanted: Wanted, at: Timestamp) -> Option<Window> {
    let known = book.coverage.get(&(Report::Analytics, Width::Hour))?;
    let until = Width::Hour.floor(known.read.until().min(known.refreshed_at?).min(at));
    let hours = (wanted.length.as_secs() + Width::Hour.seconds() - 1) / Width::Hour.seconds();
    let from = until.checked_sub(SignedDuration::from_hours(hours)).ok()?;
    let told = Window::new(from, until)?;
    let recent = at.duration_since(until) <= REQUESTS_OLD;
    (recent && known.read.covers(&told)).then_some(told)
}

/// Everything that stretches are added up from.
pub(super) struct Desk<'a> {
    pub book: &'a Book,
    pub settings: &'a LedgerSettings,
    pub rates: &'a Rates<'a>,
    pub rows: &'a Rows,
    /// What parts of days came to, as far as it was asked.
    pub parts: BTreeMap<Window, Value>,
}

impl Desk<'_> {
    pub(super) fn used(&mut self, wanted: Wanted, at: Timestamp) -> WindowUse {
        let place = Place::of(self.book, self.settings, wanted, at);
        let mut sums = Sums::default();
        let mut cut: BTreeMap<Window, Part<'_>> = BTreeMap::new();
        for (width, piece) in place.pieces() {
            for day in Width::Day.buckets(piece) {
                match width {
                    Width::Minute | Width::Hour => {
                        let window = day.overlap(&piece).unwrap_or(day);
                        let rows = self.rows.spans.get(&Span { width, window });
                        cut.entry(day).or_default().add(window, rows.map_or(&[], Vec::as_slice));
                    }
                    Width::Day => self.whole_day(day, &mut sums),
                }
            }
        }
        for (day, part) in &cut {
            match self.rows.days.get(&day.from()).filter(|page| has_bill(page)) {
                Some(page) => part.share(self.rates, page, self.value(*day), &mut sums),
                None => part.estimate(self.rates, *day, &mut sums),
            }
        }
        let requests = requests(self.book, wanted, at).and_then(|told| self.requests(told));
        let (window, covered) = (place.window, place.covered);
        WindowUse { wanted, window, covered, rows: sums.into_rows(), requests }
    }

    fn whole_day(&mut self, day: Window, sums: &mut Sums) {
        let Some(page) = self.rows.days.get(&day.from()) else { return };
        sums.day(self.rates, page, self.value(day));
    }

    /// What a whole day came to. Stretches and periods share their days.
    fn value(&mut self, day: Window) -> &Value {
        let (rates, rows) = (self.rates, self.rows);
        self.parts.entry(day).or_insert_with(|| part_of_day(rates, rows, day))
    }

    /// Money may be told by who tells no requests: none ever is then not zero.
    fn requests(&self, window: Window) -> Option<RequestUse> {
        let mut sums: BTreeMap<(WorkspaceId, ModelId), u64> = BTreeMap::new();
        let told = self.rows.hour_requests.range(window.from()..window.until());
        for (line, count) in told.flat_map(|(_, hour)| &hour.rows) {
            let sum = sums.entry(line.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        let rows = sums.into_iter().map(|((workspace, model), n)| (workspace, model, n));
        let rows: Vec<_> = rows.collect();
        let are_told = !rows.is_empty() || !self.book.counters.requests.is_empty();
        are_told.then_some(RequestUse { window, rows })
    }
}
