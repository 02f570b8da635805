//! Posting money: which bill of a day is believed, and since when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::amount::Amount;
use crate::ledger::post::Posting;
use crate::ledger::{DayBill, DayPage};
use crate::reading::{BillBucket, BillDimensions, BillSource, RequestBucket};
use crate::subject::{ModelId, WorkspaceId};
use crate::window::{Width, Window};

/// A day's bill is not looked at as closed before.
const SETTLE: SignedDuration = SignedDuration::from_hours(6);
/// Two readings of the same figures this far apart make a day billed.
const AGREE: SignedDuration = SignedDuration::from_hours(1);
/// After that a day is billed as it stands.
const OLD: SignedDuration = SignedDuration::from_hours(36);

/// What an answer says of itself.
pub(super) struct Told {
    pub source: BillSource,
    pub refreshed_at: Option<Timestamp>,
    pub window: Window,
}

pub(super) fn post(posting: &mut Posting<'_>, told: &Told, width: Width, buckets: &[BillBucket]) {
    posting.book.source = posting.book.source.max(Some(told.source));
    match width {
        Width::Day => days(posting, told, buckets),
        Width::Hour => hours(posting, told, buckets),
        // No source bills by the minute.
        Width::Minute => {}
    }
}

fn days(posting: &mut Posting<'_>, told: &Told, buckets: &[BillBucket]) {
    let told_rows: BTreeMap<Timestamp, &BillBucket> =
        buckets.iter().map(|bucket| (bucket.from(), bucket)).collect();
    let heard_at = posting.heard_at;
    let until = told.refreshed_at.unwrap_or(Timestamp::MAX);
    for day in Width::Day.buckets(told.window).filter(|day| day.from() < heard_at) {
        if told.source == BillSource::Analytics && day.until() > until {
            continue;
        }
        // The report has a bucket for every day: an answer without any says nothing of a
        // day that has a bill.
        if told_rows.is_empty() && posting.page(day.from()).bill.is_some() {
            continue;
        }
        let rows = told_rows.get(&day.from()).map_or_else(Vec::new, |b| b.rows().to_vec());
        put(posting, day, told.source, day.until(), rows);
    }
}

fn hours(posting: &mut Posting<'_>, told: &Told, buckets: &[BillBucket]) {
    let refreshed = told.refreshed_at.unwrap_or(posting.heard_at);
    let closed_until = Width::Hour.floor(refreshed.min(told.window.until()));
    let Some(closed) = Window::new(told.window.from(), closed_until) else { return };
    let mut hours = posting.rows.hour_bills.clone();
    let heard: BTreeMap<Timestamp, &BillBucket> = buckets
        .iter()
        .filter(|bucket| bucket.width() == Width::Hour)
        .map(|bucket| (bucket.from(), bucket))
        .collect();
    for hour in Width::Hour.buckets(closed).filter(|hour| closed.covers(hour)) {
        let from = hour.from();
        let new = heard.get(&from).map_or_else(|| nothing(from), |bucket| (*bucket).clone());
        let old = hours.insert(from, new.clone()).unwrap_or_else(|| nothing(from));
        if old != new {
            posting.hour_bills.push(new);
        }
    }
    let read = reach(posting, closed);
    for day in Width::Day.buckets(closed) {
        let known = posting.rows.days.get(&day.from()).and_then(|page| page.bill.as_ref());
        let known = known.filter(|bill| bill.source == told.source).map(|bill| bill.covers_until);
        let covers_until = known.max(Some(closed.until())).unwrap_or(closed.until());
        let covers_until = day.until().min(covers_until);
        if known.is_some() || read.from() <= day.from() {
            let rows = day_of(&hours, day.from(), covers_until);
            put(posting, day, told.source, covers_until, rows);
        }
    }
}

fn nothing(from: Timestamp) -> BillBucket {
    BillBucket::new(Width::Hour, from, [])
}

/// Since when the hours up to the end of `closed` are known without a gap.
fn reach(posting: &Posting<'_>, closed: Window) -> Window {
    let key = (crate::reading::Report::Analytics, Width::Hour);
    match posting.book.coverage.get(&key).map(|known| known.read) {
        Some(known) if known.from() < closed.from() && closed.from() <= known.until() => {
            Window::new(known.from(), closed.until()).unwrap_or(closed)
        }
        Some(_) | None => closed,
    }
}

fn day_of(
    hours: &BTreeMap<Timestamp, BillBucket>,
    from: Timestamp,
    until: Timestamp,
) -> Vec<(BillDimensions, Amount)> {
    let rows = hours.range(from..until).flat_map(|(_, hour)| hour.rows().iter().cloned());
    BillBucket::new(Width::Day, from, rows).rows().to_vec()
}

/// Puts a bill on the page of its day, if it is to be believed over the one there.
fn put(
    posting: &mut Posting<'_>,
    day: Window,
    source: BillSource,
    covers_until: Timestamp,
    rows: Vec<(BillDimensions, Amount)>,
) {
    let heard_at = posting.heard_at;
    let page = posting.page(day.from());
    let heard =
        DayBill { source, rows, covers_until, same_since: heard_at, heard_at, billed: false };
    if let Some(bill) = believed(page, day, heard) {
        page.bill = Some(bill);
    }
}

/// The bill that the page should have. `None`: the one it has.
fn believed(page: &DayPage, day: Window, heard: DayBill) -> Option<DayBill> {
    let Some(known) = &page.bill else { return Some(mature(page, day, heard, false)) };
    let whole = heard.covers_until >= day.until();
    let accepted = match heard.source.cmp(&known.source) {
        std::cmp::Ordering::Equal => true,
        // What tells of a part of the day does not displace what is settled for all of it.
        std::cmp::Ordering::Greater => whole || !known.billed,
        // A source that has fallen silent in the middle of a day does not hold it for ever.
        std::cmp::Ordering::Less => !known.billed && heard.heard_at >= day.until() + OLD,
    };
    if !accepted {
        return None;
    }
    let same = known.source == heard.source
        && known.rows == heard.rows
        && known.covers_until == heard.covers_until;
    if !same {
        return Some(mature(page, day, heard, known.billed));
    }
    // Figures of an unfinished day agree with nothing: their age begins at its end.
    let begun = known.same_since >= day.until() || heard.heard_at < day.until();
    let same_since = if begun { known.same_since } else { heard.heard_at };
    let next = mature(page, day, DayBill { same_since, ..heard }, known.billed);
    let changed = (next.same_since, next.billed) != (known.same_since, known.billed);
    changed.then_some(next)
}

/// Decides whether a bill is final, but for restatements.
fn mature(page: &DayPage, day: Window, bill: DayBill, was_billed: bool) -> DayBill {
    let age = bill.heard_at.duration_since(day.until());
    let agreed = bill.same_since >= day.until()
        && bill.heard_at.duration_since(bill.same_since) >= AGREE
        // An answer without money for a day with usage is late rather than true.
        && (!bill.rows.is_empty() || page.usage.is_empty());
    let billed = match bill.source {
        BillSource::Analytics => bill.covers_until >= day.until(),
        BillSource::CostReport | BillSource::Company => age >= OLD || (age >= SETTLE && agreed),
    };
    DayBill { billed: billed || was_billed, ..bill }
}

/// Requests by the hour; counted like tokens, without anything to price.
pub(super) fn post_requests(
    posting: &mut Posting<'_>,
    window: Window,
    refreshed_at: Timestamp,
    buckets: &[RequestBucket],
) {
    let until = Width::Hour.floor(refreshed_at.min(window.until()));
    let told: BTreeMap<Timestamp, &RequestBucket> =
        buckets.iter().map(|bucket| (Width::Hour.floor(bucket.from), bucket)).collect();
    let stored = &posting.rows.hour_requests;
    let starts: BTreeSet<Timestamp> = told.keys().chain(stored.keys()).copied().collect();
    let contact = posting.book.contact_at;
    for from in starts.into_iter().filter(|from| window.contains(*from) && *from < until) {
        let old = stored.get(&from).map(|bucket| sums(&bucket.rows)).unwrap_or_default();
        let new = told.get(&from).map(|bucket| sums(&bucket.rows)).unwrap_or_default();
        if old == new {
            continue;
        }
        if contact.is_some_and(|contact| from >= contact) {
            for (line, count) in &new {
                let sum = posting.growth.requests.entry(line.clone()).or_default();
                *sum = sum.saturating_add(signed(*count));
            }
            for (line, count) in &old {
                let sum = posting.growth.requests.entry(line.clone()).or_default();
                *sum = sum.saturating_sub(signed(*count));
            }
        }
        posting.hour_requests.push(RequestBucket { from, rows: new.into_iter().collect() });
    }
}

fn sums(rows: &[((WorkspaceId, ModelId), u64)]) -> BTreeMap<(WorkspaceId, ModelId), u64> {
    let mut sums: BTreeMap<(WorkspaceId, ModelId), u64> = BTreeMap::new();
    for (line, count) in rows.iter().filter(|(_, count)| *count > 0) {
        let sum = sums.entry(line.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    sums
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
