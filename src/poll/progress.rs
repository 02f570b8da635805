//! How far the past has been filled in, and what comes next: newest first.

use jiff::Timestamp;
use usagewarden_core::reading::Report;
use usagewarden_core::window::{Width, Window};

use super::windows::{Coverages, series};
use crate::claude::Api;

/// How far back-fill of one series of a report has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub report: Report,
    pub width: Width,
    /// Where it ends.
    pub target: Timestamp,
    /// Where what has been read begins: it moves down to the target.
    pub read_from: Timestamp,
    /// Where the first contact is; what lies between it and the target is to be read.
    pub contact_at: Timestamp,
}

/// What back-fill does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This much of the past.
    Chunk(Progress, Window),
    /// The report has not been heard yet; its past comes after its present.
    NotYet,
    Complete,
}

impl Progress {
    /// Whole percent of the buckets wanted. 100 only when nothing is left.
    pub fn percent(&self) -> u8 {
        let seconds = |from: Timestamp| self.contact_at.duration_since(from).as_secs().max(0);
        let (read, wanted) = (seconds(self.read_from), seconds(self.target));
        if self.is_complete() {
            return 100;
        }
        u8::try_from((read * 100).checked_div(wanted).unwrap_or(0)).unwrap_or(99).min(99)
    }

    pub fn is_complete(&self) -> bool {
        self.read_from <= self.target
    }
}

/// How far each series of `report` that is back-filled has come.
pub(super) fn progress(
    api: Api,
    report: Report,
    coverages: &Coverages,
    contact_at: Timestamp,
) -> Vec<Progress> {
    series(api, report)
        .iter()
        .filter_map(|series| {
            let read_from = coverages.get(&(report, series.width))?.read.from();
            let target = series.target(contact_at)?;
            Some(Progress { report, width: series.width, target, read_from, contact_at })
        })
        .collect()
}

/// The next chunk of the past of `report`. Narrow buckets first: they are wanted sooner.
pub(super) fn next_step(
    api: Api,
    report: Report,
    coverages: &Coverages,
    contact_at: Timestamp,
) -> Step {
    let mut step = Step::Complete;
    for series in series(api, report) {
        let Some(target) = series.target(contact_at) else { continue };
        let Some(coverage) = coverages.get(&(report, series.width)) else {
            step = Step::NotYet;
            continue;
        };
        let (width, read_from) = (series.width, coverage.read.from());
        if let Some(window) = series.chunk_before(read_from, target) {
            let progress = Progress { report, width, target, read_from, contact_at };
            return Step::Chunk(progress, window);
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;
    use usagewarden_core::ledger::Coverage;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read(from: &str, until: &str) -> Coverage {
        let read = Window::new(at(from), at(until)).unwrap();
        Coverage { read, heard_at: at(until), refreshed_at: None }
    }

    /// Fills the whole past of `report` in and returns how many chunks of each width it took.
    fn fill(report: Report, mut coverages: Coverages, contact: Timestamp) -> Vec<(Width, usize)> {
        let mut chunks: BTreeMap<Width, usize> = BTreeMap::new();
        while let Step::Chunk(progress, window) = next_step(Api::Admin, report, &coverages, contact)
        {
            let coverage = coverages.get_mut(&(report, progress.width)).unwrap();
            assert_eq!(window.until(), coverage.read.from(), "a gap below {}", coverage.read);
            let until = coverage.read.until();
            coverage.read = Window::new(window.from(), until).unwrap();
            *chunks.entry(progress.width).or_default() += 1;
        }
        assert!(
            progress(Api::Admin, report, &coverages, contact).iter().all(|p| p.percent() == 100)
        );
        chunks.into_iter().collect()
    }

    #[test]
    fn the_past_is_filled_in_newest_first_without_a_gap() {
        let contact = at("2026-11-20T14:05:30Z");
        let coverages = BTreeMap::from([
            ((Report::Usage, Width::Hour), read("2026-11-19T14:00:00Z", "2026-11-20T14:05:30Z")),
            ((Report::Usage, Width::Day), read("2026-10-21T00:00:00Z", "2026-11-20T14:05:30Z")),
            ((Report::Cost, Width::Day), read("2026-10-21T00:00:00Z", "2026-11-20T14:05:30Z")),
        ]);
        let usage = fill(Report::Usage, coverages.clone(), contact);
        assert_eq!(usage, [(Width::Hour, 5), (Width::Day, 12)]);
        assert_eq!(fill(Report::Cost, coverages, contact), [(Width::Day, 12)]);
    }

    #[test]
    fn a_report_that_was_never_heard_has_no_past_yet() {
        let contact = at("2026-11-20T14:05:30Z");
        assert_eq!(
            next_step(Api::Admin, Report::Analytics, &Coverages::new(), contact),
            Step::NotYet
        );
        assert_eq!(
            next_step(Api::Admin, Report::Members, &Coverages::new(), contact),
            Step::Complete
        );
    }

    #[test]
    fn a_hundred_percent_is_said_only_when_nothing_is_left() {
        let contact_at = at("2026-11-20T00:00:00Z");
        let progress = |days_read: i64| {
            let back = |days| contact_at - SignedDuration::from_hours(24 * days);
            let (report, width) = (Report::Cost, Width::Day);
            Progress { report, width, target: back(400), read_from: back(days_read), contact_at }
        };
        for (days_read, percent) in [(0, 0), (40, 10), (200, 50), (399, 99), (400, 100), (401, 100)]
        {
            assert_eq!(progress(days_read).percent(), percent, "{days_read} days");
        }
    }
}
