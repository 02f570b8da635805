//! Which windows of a report to ask for next: a function of what has been read.
//!
//! It promises that what has been read never has a gap: every window begins where
//! the last one ended or before, and back-fill ends where the first one began. What
//! moves them is the coverage in the store's book, which moves with commits alone,
//! so a failed poll moves nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::ledger::Coverage;
use usagewarden_core::reading::Report;
use usagewarden_core::window::{Width, Window};

use crate::claude::Api;

/// How far each report has been read, as the store's book has it.
pub(super) type Coverages = BTreeMap<(Report, Width), Coverage>;

/// One question to a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) width: Width,
    pub(super) window: Window,
    /// The looks back that are done once this is committed.
    pub(super) completes: Vec<Each>,
}

/// How often a report is looked back into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Each {
    Poll,
    Hour,
    Day,
}

/// When each look back was last done. Kept in memory: a restart looks back once more.
pub(super) type Looked = BTreeMap<(Report, Width, Each), Timestamp>;

/// Buckets of one width of a report, and how they are read.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) width: Width,
    /// Buckets of one question at most: what the report gives in one page, else a week of hours.
    chunk: i64,
    /// How far the very first question goes back.
    first: SignedDuration,
    /// What was read last was incomplete at its end, by this much.
    late: SignedDuration,
    /// How far the later ones go back: data are restated.
    depths: &'static [(Each, SignedDuration)],
    /// How far back-fill goes from the first contact.
    history: Option<SignedDuration>,
}

const DAY_HOURS: i64 = 24;

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(DAY_HOURS * days)
}

/// After an outage, questions of one series in one poll at most. The rest follows with the
/// next polls, oldest first: an outage of a month must not become a burst.
const CATCH_UP_MOST: usize = 4;

/// Usage shows after about five minutes, sometimes later.
const USAGE_LATE: SignedDuration = SignedDuration::from_mins(10);

const USAGE: &[Series] = &[
    Series {
        width: Width::Minute,
        chunk: 1_440,
        first: days(1),
        late: USAGE_LATE,
        depths: &[(Each::Poll, USAGE_LATE)],
        history: None,
    },
    Series {
        width: Width::Hour,
        chunk: 168,
        // The days that the day report is not believed for yet are sums of these: yesterday,
        // and the day before it until an hour past midnight.
        first: days(3),
        // Hours are restated for a day, also while nobody was there to look.
        late: days(1),
        depths: &[(Each::Hour, days(1))],
        history: Some(days(35)),
    },
    Series {
        width: Width::Day,
        chunk: 31,
        first: days(31),
        late: USAGE_LATE,
        depths: &[(Each::Day, days(30))],
        history: Some(days(400)),
    },
];

const COST: &[Series] = &[Series {
    width: Width::Day,
    chunk: 31,
    first: days(31),
    late: SignedDuration::from_hours(6),
    depths: &[(Each::Poll, days(3)), (Each::Day, days(30))],
    history: Some(days(400)),
}];

const ANALYTICS: &[Series] = &[Series {
    width: Width::Hour,
    chunk: 168,
    first: days(1),
    late: SignedDuration::from_hours(2),
    depths: &[
        (Each::Poll, SignedDuration::from_hours(2)),
        (Each::Hour, days(1)),
        (Each::Day, days(30)),
    ],
    history: Some(days(35)),
}];

/// Totals of one day, money included. Today on every poll, since a total only grows;
/// yesterday each hour, since it may be restated.
const COMPANY_USAGE: &[Series] = &[Series {
    width: Width::Day,
    chunk: 1,
    first: days(1),
    late: USAGE_LATE,
    depths: &[(Each::Poll, SignedDuration::ZERO), (Each::Hour, days(1))],
    history: Some(days(35)),
}];

/// The series of a report. Inventories have none: each answer is the whole. The company
/// API has its money with its usage, and no report of its own for it.
pub(super) const fn series(api: Api, report: Report) -> &'static [Series] {
    match (api, report) {
        (Api::Admin, Report::Usage) => USAGE,
        (Api::Admin, Report::Cost) => COST,
        (Api::Admin, Report::Analytics) => ANALYTICS,
        (Api::Company, Report::Usage) => COMPANY_USAGE,
        (Api::Company, Report::Cost | Report::Analytics) => &[],
        (
            Api::Admin | Api::Company,
            Report::Company
            | Report::Quota
            | Report::RateLimits
            | Report::SpendLimits
            | Report::Keys
            | Report::Members
            | Report::Audit,
        ) => &[],
    }
}

/// What one poll of `report` asks for, in the order in which it must be committed.
/// Wider buckets wait until the narrower have caught up: they are sums of these.
pub(super) fn windows(
    api: Api,
    report: Report,
    coverages: &Coverages,
    looked: &Looked,
    now: Timestamp,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for series in series(api, report) {
        let asked = series.ask(report, coverages, looked, now);
        let caught_up = asked.last().is_none_or(|last| !last.completes.is_empty());
        requests.extend(asked);
        if !caught_up {
            break;
        }
    }
    requests
}

impl Series {
    fn ask(
        &self,
        report: Report,
        coverages: &Coverages,
        looked: &Looked,
        now: Timestamp,
    ) -> Vec<Request> {
        let due: Vec<(Each, SignedDuration)> = self
            .depths
            .iter()
            .copied()
            .filter(|(each, _)| each.is_due(looked.get(&(report, self.width, *each)), now))
            .collect();
        let Some(depth) = due.iter().map(|(_, depth)| *depth).max() else {
            return Vec::new();
        };
        // The open bucket is asked for too: what can only grow is judged by it.
        let until = self.width.ceil(now);
        let from = match coverages.get(&(report, self.width)) {
            None => until - self.first,
            Some(coverage) => {
                let back = self.width.floor(now - depth);
                back.min(self.width.floor(reached(coverage) - self.late)).max(coverage.read.from())
            }
        };
        let completes = due.into_iter().map(|(each, _)| each).collect();
        self.chunks(from, until, completes)
    }

    /// From the oldest on, so that what has been read stays without a gap if a later one fails.
    fn chunks(&self, from: Timestamp, until: Timestamp, completes: Vec<Each>) -> Vec<Request> {
        let mut requests = Vec::new();
        let mut from = from;
        while requests.len() < CATCH_UP_MOST {
            let end = until.min(from + self.chunk_length());
            let Some(window) = Window::new(from, end) else { break };
            requests.push(Request { width: self.width, window, completes: Vec::new() });
            from = end;
        }
        if let Some(last) = requests.last_mut().filter(|last| last.window.until() == until) {
            last.completes = completes;
        }
        requests
    }

    /// The newest chunk of the past that has not been read.
    pub(super) fn chunk_before(&self, read_from: Timestamp, target: Timestamp) -> Option<Window> {
        Window::new(target.max(read_from - self.chunk_length()), read_from)
    }

    /// Where back-fill ends, for a report that was first heard at `contact`.
    pub(super) fn target(&self, contact: Timestamp) -> Option<Timestamp> {
        self.history.map(|history| self.width.floor(contact - history))
    }

    fn chunk_length(&self) -> SignedDuration {
        SignedDuration::from_secs(self.width.seconds() * self.chunk)
    }
}

/// Up to when a report can have told all it knew.
fn reached(coverage: &Coverage) -> Timestamp {
    let read = coverage.read.until().min(coverage.heard_at);
    coverage.refreshed_at.map_or(read, |refreshed| read.min(refreshed))
}

impl Each {
    /// Whether an hour (a day) has settled since `last`. A clock set back counts as one.
    pub(super) fn is_due(self, last: Option<&Timestamp>, now: Timestamp) -> bool {
        // An hour is settled once no poll looks back into its minutes, a day once that is
        // so of its hours; a minute more costs nobody anything.
        let (width, settle) = match self {
            Self::Poll => return true,
            Self::Hour => (Width::Hour, SignedDuration::from_mins(12)),
            Self::Day => (Width::Day, SignedDuration::from_mins(72)),
        };
        let settled = |at: Timestamp| width.floor(at - settle);
        last.is_none_or(|last| settled(*last) != settled(now))
    }
}

#[cfg(test)]
mod tests;
