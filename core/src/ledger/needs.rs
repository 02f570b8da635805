//! Which rows a decision takes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::{Book, LedgerSettings, Needs, PeriodSum, SumKey, hour, stretch};
use crate::period::PeriodKind;
use crate::reading::{BillSource, Findings, Reading, Report};
use crate::window::{Width, Window};

/// Minutes are closed, and shown by themselves, after this.
const MINUTES_SETTLE: SignedDuration = SignedDuration::from_mins(5);
/// How many closed minutes are shown by themselves.
const MINUTES_SHOWN: SignedDuration = SignedDuration::from_mins(15);

/// The rows that [`post`](super::post) wants to see for this reading.
///
/// The sums are those of the periods that hold one of the wanted days.
pub fn needs(book: &Book, settings: &LedgerSettings, reading: &Reading) -> Needs {
    let mut needs = match &reading.findings {
        Findings::Usage { width, window, .. } => usage(book, settings, reading, *width, *window),
        Findings::Bill { window, width, .. } => {
            let mut days = vec![whole(Width::Day, *window)];
            let hour_bills = if *width == Width::Hour { days.clone() } else { Vec::new() };
            // A rolling period is another one each day: its sum is made anew by the first
            // bill of the day, from all its pages.
            days.extend(rolling(settings, reading.heard_at).map(|(_, period)| period));
            tidy(Needs { days, hour_bills, ..Needs::default() })
        }
        Findings::Requests { window, .. } => {
            Needs { hour_requests: vec![whole(Width::Hour, *window)], ..Needs::default() }
        }
        Findings::Profile(_)
        | Findings::Quota(_)
        | Findings::RateLimits(_)
        | Findings::SpendLimits(_)
        | Findings::Keys { .. }
        | Findings::Members { .. }
        | Findings::Activities { .. }
        | Findings::NotGranted => Needs::default(),
    };
    needs.sums = periods(settings, reading.heard_at)
        .into_iter()
        .filter(|(_, period)| needs.days.iter().any(|days| days.overlap(period).is_some()))
        .map(|(key, _)| key)
        .collect();
    needs
}

fn usage(
    book: &Book,
    settings: &LedgerSettings,
    reading: &Reading,
    width: Width,
    window: Window,
) -> Needs {
    // Minutes that were open when they were heard, and so are not counted yet.
    let open = book.minutes_counted_until.and_then(|until| Window::new(until, window.until()));
    let mut needs = Needs::default();
    let mut days = whole(Width::Day, window);
    match width {
        Width::Minute => {
            let wanted = open.map_or(window, |open| reaching(open, window));
            needs.minutes = vec![whole(Width::Minute, wanted)];
            needs.hours = vec![whole(Width::Hour, window)];
            days = whole(Width::Day, wanted);
        }
        Width::Hour => {
            needs.hours = vec![whole(Width::Hour, window)];
            needs.minutes = open.into_iter().collect();
        }
        Width::Day => {
            needs.minutes = open.into_iter().collect();
            if settings.finest == Width::Day {
                // The company's own figure of today, if it was heard before the first usage.
                days = reaching(days, Width::Day.bucket(reading.heard_at));
            }
        }
    }
    needs.days = vec![days];
    needs
}

/// The sums of the periods that a snapshot tells of.
pub fn sum_keys(settings: &LedgerSettings, at: Timestamp) -> Vec<SumKey> {
    periods(settings, at).into_iter().map(|(key, _)| key).collect()
}

/// The current and the last ended periods of every calendar and kind, and the current rolling
/// ones.
pub(super) fn periods(settings: &LedgerSettings, at: Timestamp) -> Vec<(SumKey, Window)> {
    let mut periods = Vec::new();
    for calendar in &settings.calendars {
        for kind in PeriodKind::ALL {
            let mut period = calendar.period(kind, at);
            for _ in 0..shown(kind) {
                let key = SumKey { calendar: calendar.key(), kind, from: period.from() };
                periods.push((key, period));
                period = calendar.previous(kind, period.from());
            }
        }
    }
    periods.extend(rolling(settings, at));
    periods
}

/// How many periods are shown, the current one included: a period is judged for two days
/// after its end, until the last of its data have come.
const fn shown(kind: PeriodKind) -> usize {
    match kind {
        PeriodKind::Day => 3,
        PeriodKind::Week | PeriodKind::Month => 2,
        PeriodKind::Rolling(_) => 1,
    }
}

fn rolling(settings: &LedgerSettings, at: Timestamp) -> impl Iterator<Item = (SumKey, Window)> {
    settings.rolling.iter().map(move |(calendar, days)| {
        let kind = PeriodKind::Rolling(*days);
        let key = SumKey { calendar: calendar.key(), kind, from: Timestamp::UNIX_EPOCH };
        (key, calendar.period(kind, at))
    })
}

/// What [`spends`](super::spends) takes besides the sums, given those that exist of [`sum_keys`].
pub fn outlook(
    book: &Book,
    settings: &LedgerSettings,
    sums: &BTreeMap<SumKey, PeriodSum>,
    at: Timestamp,
) -> Needs {
    let mut needs = Needs::default();
    for (key, period) in periods(settings, at) {
        let sum = sums.get(&key).filter(|sum| sum.period == period);
        for day in days_of(period, at) {
            if sum.is_none_or(|sum| sum.days.binary_search(&day.from()).is_err()) {
                of_day(book, day, period, &mut needs);
            }
        }
    }
    let shown_until = Width::Minute.floor(at) - MINUTES_SETTLE;
    needs.minutes.extend(Window::new(shown_until - MINUTES_SHOWN, shown_until));
    needs.hours.extend(hour::closed(book, at));
    for wanted in &settings.windows {
        stretch::needs(book, settings, *wanted, at, &mut needs);
    }
    tidy(needs)
}

/// The days of a period that have begun.
pub(super) fn days_of(period: Window, at: Timestamp) -> impl Iterator<Item = Window> {
    Width::Day.buckets(period).take_while(move |day| day.from() <= at)
}

/// What [`value`](super::value) takes for any part of `window`.
pub fn history(book: &Book, window: Window) -> Needs {
    let mut needs = Needs::default();
    for day in Width::Day.buckets(window) {
        of_day(book, day, window, &mut needs);
    }
    tidy(needs)
}

/// What it takes to value the part of `day` that lies in `window`.
pub(super) fn of_day(book: &Book, day: Window, window: Window, needs: &mut Needs) {
    needs.days.push(day);
    let key = (Report::Analytics, Width::Hour);
    let refreshed = book.coverage.get(&key).and_then(|known| known.refreshed_at);
    // On both sides of what analytics has told, hours are valued one by one.
    let by_hours = refreshed.is_some_and(|refreshed| day.until() > refreshed);
    let cut = !window.covers(&day);
    if cut || by_hours {
        needs.hours.push(day);
        if refreshed.is_some() || book.source == Some(BillSource::Analytics) {
            needs.hour_bills.push(day);
        }
    }
}

fn whole(width: Width, window: Window) -> Window {
    let (from, until) = (width.floor(window.from()), width.ceil(window.until()));
    Window::new(from, until).unwrap_or(window)
}

/// From the earlier beginning to the later end.
fn reaching(one: Window, other: Window) -> Window {
    let (from, until) = (one.from().min(other.from()), one.until().max(other.until()));
    Window::new(from, until).unwrap_or(one)
}

fn tidy(mut needs: Needs) -> Needs {
    let Needs { minutes, hours, days, hour_bills, hour_requests, spans, sums: _ } = &mut needs;
    spans.sort();
    spans.dedup();
    for windows in [minutes, hours, days, hour_bills, hour_requests] {
        windows.sort();
        let mut apart: Vec<Window> = Vec::new();
        for window in windows.drain(..) {
            match apart.last_mut() {
                Some(last) if window.from() <= last.until() => *last = reaching(*last, window),
                Some(_) | None => apart.push(window),
            }
        }
        *windows = apart;
    }
    needs
}
