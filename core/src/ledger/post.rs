//! What becomes of the rows when a reading is heard.
//!
//! [`post`] is the only thing that moves a [`Book`]. It promises that the same reading
//! posted again writes nothing, and that a day's page, the counters and the sums of its
//! periods move together. It never fails: what makes no sense moves nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ledger::count::{self, Growth};
use crate::ledger::estimate::Rates;
use crate::ledger::share;
use crate::ledger::{Book, Changes, Coverage, DayPage, LedgerSettings, Rows, bill, sums, usage};
use crate::reading::{
    BillBucket, BillSource, Findings, Reading, Report, RequestBucket, UsageBucket,
};
use crate::window::{Width, Window};

/// Posts one reading: moves the book, and says which rows to write.
///
/// `rows` are those that [`needs`](super::needs) named, asked of the same book.
pub fn post(book: &mut Book, settings: &LedgerSettings, reading: &Reading, rows: &Rows) -> Changes {
    // A series that first appeared, at zero, in the last commit moves in this one.
    count::show(&mut book.counters);
    book.first_heard_at.get_or_insert(reading.heard_at);
    let mut posting = Posting::new(book, settings, reading.heard_at, rows);
    match &reading.findings {
        Findings::Usage { width, window, buckets } => {
            usage::post(&mut posting, *width, *window, buckets);
            posting.cover(reading.report, *width, *window, None);
        }
        Findings::Bill { source, width, window, refreshed_at, buckets } => {
            let told = bill::Told { source: *source, refreshed_at: *refreshed_at, window: *window };
            bill::post(&mut posting, &told, *width, buckets);
            posting.cover(reading.report, *width, *window, *refreshed_at);
        }
        Findings::Requests { window, refreshed_at, buckets } => {
            bill::post_requests(&mut posting, *window, *refreshed_at, buckets);
        }
        Findings::NotGranted => posting.withdraw(reading.report),
        Findings::Profile(_)
        | Findings::Quota(_)
        | Findings::RateLimits(_)
        | Findings::SpendLimits(_)
        | Findings::Keys { .. }
        | Findings::Members { .. }
        | Findings::Activities { .. } => {}
    }
    posting.close()
}

/// One reading on its way into the rows.
pub(super) struct Posting<'a> {
    pub book: &'a mut Book,
    pub settings: &'a LedgerSettings,
    pub heard_at: Timestamp,
    pub rows: &'a Rows,
    /// Pages as they will be.
    pub pages: BTreeMap<Timestamp, DayPage>,
    pub usage: BTreeMap<(Width, Timestamp), UsageBucket>,
    pub hour_bills: Vec<BillBucket>,
    pub hour_requests: Vec<RequestBucket>,
    pub growth: Growth,
}

impl<'a> Posting<'a> {
    fn new(
        book: &'a mut Book,
        settings: &'a LedgerSettings,
        heard_at: Timestamp,
        rows: &'a Rows,
    ) -> Self {
        Self {
            book,
            settings,
            heard_at,
            rows,
            pages: BTreeMap::new(),
            usage: BTreeMap::new(),
            hour_bills: Vec::new(),
            hour_requests: Vec::new(),
            growth: Growth::default(),
        }
    }

    /// The page of the day that holds `at`, to be changed.
    pub(super) fn page(&mut self, at: Timestamp) -> &mut DayPage {
        let day = Width::Day.floor(at);
        let rows = self.rows;
        self.pages
            .entry(day)
            .or_insert_with(|| rows.days.get(&day).cloned().unwrap_or_else(|| DayPage::empty(day)))
    }

    /// Remembers how far a report has been read without a gap.
    fn cover(&mut self, report: Report, width: Width, read: Window, refreshed: Option<Timestamp>) {
        let heard = Coverage { read, heard_at: self.heard_at, refreshed_at: refreshed };
        let known = self.book.coverage.entry((report, width)).or_insert(heard);
        *known = join(*known, heard);
    }

    /// A report that is no longer offered is no source of money.
    fn withdraw(&mut self, report: Report) {
        let lost = match report {
            Report::Analytics => Some(BillSource::Analytics),
            Report::Cost => Some(BillSource::CostReport),
            Report::Usage
            | Report::Company
            | Report::Quota
            | Report::RateLimits
            | Report::SpendLimits
            | Report::Keys
            | Report::Members
            | Report::Audit => None,
        };
        if lost.is_some() && self.book.source == lost {
            self.book.source = None;
        }
    }

    fn close(mut self) -> Changes {
        self.value_pages();
        let prices = std::mem::take(&mut self.book.prices);
        let rates = Rates::new(&prices, &self.settings.prices);
        let growth = std::mem::take(&mut self.growth);
        count::grow(self.book, &rates, growth, &mut self.pages, &self.rows.days);
        self.book.prices = prices;
        self.learn();
        let old = &self.rows.days;
        self.pages.retain(|day, page| match old.get(day) {
            Some(known) => known != page,
            None => !page.is_blank(),
        });

        let sums = sums::posted(self.settings, self.heard_at, self.rows, &self.pages);
        Changes {
            usage: self.usage.into_values().collect(),
            days: self.pages.into_values().collect(),
            hour_bills: self.hour_bills,
            hour_requests: self.hour_requests,
            sums,
        }
    }

    /// Shares out the bills of the billed days that changed.
    fn value_pages(&mut self) {
        let rates = Rates::new(&self.book.prices, &self.settings.prices);
        for (day, page) in &mut self.pages {
            if self.rows.days.get(day) != Some(page) {
                share::settle(&rates, page);
            }
        }
    }

    /// Learns from the billed days that changed or have not taught yet, oldest first.
    fn learn(&mut self) {
        for (day, page) in self.pages.iter().filter(|(_, page)| page.is_billed()) {
            let told = self.book.prices.latest.is_some_and(|(latest, _)| latest >= *day);
            let same = self.rows.days.get(day) == Some(page);
            if (told && same) || !usage_known(self.book, Width::Day.bucket(*day)) {
                continue;
            }
            let rates = Rates::new(&self.book.prices, &self.settings.prices);
            if let Some(lessons) = share::lessons(&rates, page) {
                self.book.prices.learn(lessons, &self.settings.prices);
            }
        }
    }
}

/// Whether all usage of `day` has been heard: a bill over half of its tokens teaches wrong prices.
fn usage_known(book: &Book, day: Window) -> bool {
    Width::ALL.into_iter().any(|width| {
        let Some(known) = book.coverage.get(&(Report::Usage, width)) else { return false };
        let believed = match width {
            Width::Minute => book.minutes_counted_until,
            Width::Hour => book.hours_settled_until,
            Width::Day => book.days_settled_until,
        };
        known.read.covers(&day) && believed.is_some_and(|until| day.until() <= until)
    })
}

/// Two readings of one report make one span when they touch; else the newer one is what counts.
fn join(known: Coverage, heard: Coverage) -> Coverage {
    let refreshed_at = known.refreshed_at.max(heard.refreshed_at);
    let (first, last) = if known.read.from() <= heard.read.from() {
        (known.read, heard.read)
    } else {
        (heard.read, known.read)
    };
    let read = if last.from() <= first.until() {
        Window::new(first.from(), first.until().max(last.until())).unwrap_or(last)
    } else {
        last
    };
    let heard_at = if heard.read.until() >= known.read.until() {
        known.heard_at.max(heard.heard_at)
    } else {
        known.heard_at
    };
    Coverage { read, heard_at, refreshed_at }
}
