//! Posting tokens: minutes into hours, hours into days, and what of them is counted.
//!
//! Three widths of one report tell of the same tokens. The widest that has settled is
//! believed; until then its parts are summed. Each telling moves the wider rows by its
//! difference to the one before, so nothing is counted twice in whatever order they come.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::ledger::post::Posting;
use crate::ledger::tally::{Moves, UsageRow, without};
use crate::ledger::{Book, DayPage};
use crate::reading::UsageBucket;
use crate::window::{Width, Window};

/// An hour is believed once no reading of its minutes can follow: their look-back, and one more.
const HOUR_SETTLE: SignedDuration = SignedDuration::from_mins(11);
/// A day is believed once no reading of its hours can follow: their look-back, and one more.
const DAY_SETTLE: SignedDuration = SignedDuration::from_hours(25);

pub(super) fn post(
    posting: &mut Posting<'_>,
    width: Width,
    window: Window,
    buckets: &[UsageBucket],
) {
    if !counts_from_now(posting, width, buckets) {
        return;
    }
    let told: BTreeMap<Timestamp, &[UsageRow]> = buckets
        .iter()
        .filter(|bucket| bucket.width() == width && window.contains(bucket.from()))
        .map(|bucket| (bucket.from(), bucket.rows()))
        .collect();
    match width {
        Width::Minute => minutes(posting, window, &told),
        Width::Hour => hours(posting, window, &told),
        Width::Day => days(posting, window, &told),
    }
}

/// First contact: the first answer in the narrowest width is the base that growth is counted from.
/// False for a width that the organization does not have.
fn counts_from_now(posting: &mut Posting<'_>, width: Width, buckets: &[UsageBucket]) -> bool {
    if width < posting.settings.finest {
        return false;
    }
    if width == posting.settings.finest && posting.book.contact_at.is_none() {
        for (dimensions, _) in buckets.iter().flat_map(UsageBucket::rows) {
            // A day of minutes repeats few dimensions: collecting would first copy every row.
            if !posting.growth.baseline.contains(dimensions) {
                posting.growth.baseline.insert(dimensions.clone());
            }
        }
        posting.growth.contact = true;
        posting.book.contact_at = Some(posting.heard_at);
        posting.book.minutes_counted_until = Some(Width::Minute.floor(posting.heard_at));
        if width == Width::Day {
            // A figure of today that was heard before is part of the base.
            posting.page(posting.heard_at);
        }
    }
    true
}

fn minutes(posting: &mut Posting<'_>, window: Window, told: &BTreeMap<Timestamp, &[UsageRow]>) {
    let stored = &posting.rows.minutes;
    let starts: BTreeSet<Timestamp> = told.keys().chain(stored.keys()).copied().collect();
    let counted_until = posting.book.minutes_counted_until;
    let closed_until = counted_until.max(Some(Width::Minute.floor(posting.heard_at)));
    for from in starts {
        let old = stored.get(&from).map_or(&[][..], UsageBucket::rows);
        // Outside the window only what was still open is of interest: it may be counted now.
        let heard = window.contains(from) && !told.is_empty();
        let new = if heard { told.get(&from).copied().unwrap_or_default() } else { old };
        if old != new {
            let bucket = UsageBucket::new(Width::Minute, from, new.iter().cloned());
            posting.usage.insert((Width::Minute, from), bucket);
            move_hour(posting, from, &Moves::between(old, new));
        }
        if counts(posting.book, from) {
            let until = Some(from + Width::Minute.duration());
            let before = if until <= counted_until { old } else { &[] };
            let after = if until <= closed_until { new } else { &[] };
            posting.growth.add(from, Moves::between(before, after));
        }
    }
    posting.book.minutes_counted_until = closed_until;
}

/// Moves an hour, and the day around it, by what its minutes moved; unless it knows better already.
fn move_hour(posting: &mut Posting<'_>, at: Timestamp, moves: &Moves) {
    if posting.book.hour_settled(at) {
        return;
    }
    let hour = Width::Hour.floor(at);
    let known = posting.usage.get(&(Width::Hour, hour)).or_else(|| posting.rows.hours.get(&hour));
    let mut rows = known.map_or_else(Vec::new, |bucket| bucket.rows().to_vec());
    moves.apply(&mut rows);
    posting.usage.insert((Width::Hour, hour), UsageBucket::new(Width::Hour, hour, rows));
    move_day(posting, at, moves);
}

fn move_day(posting: &mut Posting<'_>, at: Timestamp, moves: &Moves) {
    if !posting.book.day_settled(at) && !moves.is_empty() {
        moves.apply(&mut posting.page(at).usage);
    }
}

fn hours(posting: &mut Posting<'_>, window: Window, told: &BTreeMap<Timestamp, &[UsageRow]>) {
    let settled: Vec<Window> = Width::Hour
        .buckets(window)
        .filter(|hour| hour.until() + HOUR_SETTLE <= posting.heard_at)
        .filter(|hour| window.covers(hour))
        .collect();
    for hour in &settled {
        let from = hour.from();
        let old = posting.rows.hours.get(&from).map_or(&[][..], UsageBucket::rows);
        let new = heard(told, from, old);
        if begins_after_contact(posting.book, from) && !posting.book.day_settled(from) {
            let counted = without(old, &uncounted(posting, *hour));
            posting.growth.add(from, Moves::between(&counted, new));
        }
        if old != new {
            let bucket = UsageBucket::new(Width::Hour, from, new.iter().cloned());
            posting.usage.insert((Width::Hour, from), bucket);
            move_day(posting, from, &Moves::between(old, new));
        }
    }
    let until = settled.last().map(Window::until);
    posting.book.hours_settled_until = posting.book.hours_settled_until.max(until);
}

fn days(posting: &mut Posting<'_>, window: Window, told: &BTreeMap<Timestamp, &[UsageRow]>) {
    let finest = posting.settings.finest == Width::Day;
    let heard_at = posting.heard_at;
    let days = Width::Day.buckets(window).filter(|day| day.from() < heard_at);
    for day in days.filter(|day| window.covers(day) || finest) {
        let settled = day.until() + DAY_SETTLE <= heard_at;
        if !settled && !finest {
            continue;
        }
        let from = day.from();
        let old = posting.rows.days.get(&from).map_or(&[][..], |page| &page.usage);
        let new = heard(told, from, old);
        if begins_after_contact(posting.book, from) || (finest && grows_today(posting, from)) {
            let counted = without(old, &uncounted(posting, day));
            posting.growth.add(from, Moves::between(&counted, new));
        }
        if old != new {
            posting.page(from).usage = new.to_vec();
        }
        if settled {
            posting.book.days_settled_until =
                posting.book.days_settled_until.max(Some(day.until()));
        }
    }
}

/// What was said of a bucket. The report has one for every span, quiet ones too: an answer
/// without any is no answer, and takes nothing back of what is known.
fn heard<'a>(
    told: &BTreeMap<Timestamp, &'a [UsageRow]>,
    from: Timestamp,
    known: &'a [UsageRow],
) -> &'a [UsageRow] {
    if told.is_empty() { known } else { told.get(&from).copied().unwrap_or_default() }
}

/// The day of contact counts by its growth, where there is nothing narrower than days.
fn grows_today(posting: &Posting<'_>, day: Timestamp) -> bool {
    let contact = posting.book.contact_at.map(|at| Width::Day.floor(at));
    contact == Some(day) && !posting.growth.contact
}

/// What minutes have put into wider rows before their end, when they were not to be counted yet.
fn uncounted(posting: &Posting<'_>, window: Window) -> Vec<UsageRow> {
    let counted_until = posting.book.minutes_counted_until;
    posting
        .rows
        .minutes
        .range(window.from()..window.until())
        .filter(|(from, minute)| {
            Some(minute.window().until()) > counted_until && { !posting.book.hour_settled(**from) }
        })
        .flat_map(|(_, minute)| minute.rows().iter().cloned())
        .collect()
}

/// Whether a minute is counted by itself: not before contact, and not once something wider was.
fn counts(book: &Book, minute: Timestamp) -> bool {
    let contact = book.contact_at.map(|at| Width::Minute.floor(at));
    contact.is_some_and(|contact| minute >= contact)
        && !book.hour_settled(minute)
        && !book.day_settled(minute)
}

/// Hours and days that hold contact itself cannot tell what of them came before it.
fn begins_after_contact(book: &Book, from: Timestamp) -> bool {
    book.contact_at.is_some_and(|contact| from >= contact)
}

impl Book {
    fn hour_settled(&self, at: Timestamp) -> bool {
        self.hours_settled_until.is_some_and(|until| Width::Hour.bucket(at).until() <= until)
    }

    fn day_settled(&self, at: Timestamp) -> bool {
        self.days_settled_until.is_some_and(|until| Width::Day.bucket(at).until() <= until)
    }
}

impl DayPage {
    pub(super) fn empty(day: Timestamp) -> Self {
        Self {
            day,
            usage: Vec::new(),
            bill: None,
            counted: Vec::new(),
            charges: Vec::new(),
            unpriced: Vec::new(),
        }
    }

    /// Nothing was ever heard of the day that is worth a row.
    pub(super) fn is_blank(&self) -> bool {
        self.usage.is_empty() && self.bill.is_none() && self.counted.is_empty()
    }
}
