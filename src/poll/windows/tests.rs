//! Polls played against a book that remembers what was committed.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The book and the memory of one organization, as commits move them.
#[derive(Clone, Default)]
struct Kept {
    coverages: Coverages,
    looked: Looked,
}

impl Kept {
    fn ask(&self, report: Report, now: &str) -> Vec<Request> {
        windows(Api::Admin, report, &self.coverages, &self.looked, at(now))
    }

    /// Commits as the ledger does: only what touches what has been read extends it.
    #[track_caller]
    fn commit(&mut self, report: Report, requests: &[Request], now: &str) {
        let heard_at = at(now);
        for Request { width, window, completes } in requests {
            let old = self.coverages.get(&(report, *width)).map(|old| old.read);
            if let Some(old) = old {
                let touches = window.from() <= old.until() && old.from() <= window.until();
                assert!(touches, "{report} by the {width:?}: {window} leaves a gap to {old}");
            }
            let from = old.map_or(window.from(), |old| old.from().min(window.from()));
            let until = old.map_or(window.until(), |old| old.until().max(window.until()));
            let read = Window::new(from, until.min(heard_at)).unwrap();
            self.coverages
                .insert((report, *width), Coverage { read, heard_at, refreshed_at: None });
            for each in completes {
                self.looked.insert((report, *width, *each), heard_at);
            }
        }
    }

    fn poll(&mut self, report: Report, now: &str) -> Vec<String> {
        let requests = self.ask(report, now);
        self.commit(report, &requests, now);
        shown(&requests)
    }
}

/// Each request as `1m FROM..UNTIL`.
fn shown(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|ask| format!("{} {}", ask.width.wire(), ask.window)).collect()
}

/// A book that has been kept up to `now` since the day before.
fn kept_until(report: Report, now: &str) -> Kept {
    let mut kept = Kept::default();
    kept.poll(report, now);
    kept
}

const START: &str = "2026-11-20T14:05:30Z";

#[test]
fn the_first_poll_reads_a_day_of_minutes_three_of_hours_and_a_month_of_days() {
    let usage = Kept::default().poll(Report::Usage, START);
    assert_eq!(
        usage,
        [
            "1m 2026-11-19T14:06:00Z..2026-11-20T14:06:00Z",
            "1h 2026-11-17T15:00:00Z..2026-11-20T15:00:00Z",
            "1d 2026-10-21T00:00:00Z..2026-11-21T00:00:00Z",
        ]
    );
    let cost = Kept::default().poll(Report::Cost, START);
    assert_eq!(cost, ["1d 2026-10-21T00:00:00Z..2026-11-21T00:00:00Z"]);
    let analytics = Kept::default().poll(Report::Analytics, START);
    assert_eq!(analytics, ["1h 2026-11-19T15:00:00Z..2026-11-20T15:00:00Z"]);
}

/// Rows of `(when, what the poll asks for)` after a first poll at [`START`].
#[track_caller]
fn check(report: Report, rows: &[(&str, &[&str])]) {
    let mut kept = kept_until(report, START);
    for (now, expected) in rows {
        assert_eq!(kept.poll(report, now), *expected, "{report} at {now}");
    }
}

#[test]
fn usage_is_read_again_ten_minutes_each_poll_a_day_each_hour_and_a_month_each_day() {
    check(
        Report::Usage,
        &[
            (
                "2026-11-20T14:12:00Z",
                &[
                    "1m 2026-11-20T13:55:00Z..2026-11-20T14:12:00Z",
                    "1h 2026-11-19T14:00:00Z..2026-11-20T15:00:00Z",
                ],
            ),
            ("2026-11-20T14:13:00Z", &["1m 2026-11-20T14:02:00Z..2026-11-20T14:13:00Z"]),
            ("2026-11-20T14:16:00Z", &["1m 2026-11-20T14:03:00Z..2026-11-20T14:16:00Z"]),
        ],
    );
}

#[test]
fn usage_looks_further_back_once_an_hour_or_a_day_has_settled() {
    let mut kept = kept_until(Report::Usage, "2026-11-21T00:55:00Z");
    assert_eq!(kept.poll(Report::Usage, "2026-11-21T01:11:00Z").len(), 1, "not settled");
    assert_eq!(
        kept.poll(Report::Usage, "2026-11-21T01:12:00Z"),
        [
            "1m 2026-11-21T01:01:00Z..2026-11-21T01:12:00Z",
            "1h 2026-11-20T00:00:00Z..2026-11-21T02:00:00Z",
            "1d 2026-10-22T00:00:00Z..2026-11-22T00:00:00Z",
        ]
    );
}

#[test]
fn cost_is_read_again_three_days_each_poll_and_a_month_each_day() {
    check(
        Report::Cost,
        &[
            ("2026-11-20T14:15:00Z", &["1d 2026-11-17T00:00:00Z..2026-11-21T00:00:00Z"]),
            ("2026-11-21T00:05:00Z", &["1d 2026-11-18T00:00:00Z..2026-11-22T00:00:00Z"]),
            ("2026-11-21T01:15:00Z", &["1d 2026-10-22T00:00:00Z..2026-11-22T00:00:00Z"]),
        ],
    );
}

#[test]
fn analytics_are_read_again_from_where_they_were_complete() {
    let mut kept = kept_until(Report::Analytics, START);
    let coverage = kept.coverages.get_mut(&(Report::Analytics, Width::Hour)).unwrap();
    coverage.refreshed_at = Some(at("2026-11-20T06:30:00Z"));
    let next = kept.ask(Report::Analytics, "2026-11-20T14:05:40Z");
    assert_eq!(shown(&next), ["1h 2026-11-20T04:00:00Z..2026-11-20T15:00:00Z"]);
}

#[test]
fn an_outage_of_three_hours_leaves_no_gap() {
    check(
        Report::Usage,
        &[(
            "2026-11-20T17:08:00Z",
            &[
                "1m 2026-11-20T13:55:00Z..2026-11-20T17:08:00Z",
                "1h 2026-11-19T14:00:00Z..2026-11-20T18:00:00Z",
            ],
        )],
    );
}

#[test]
fn an_outage_of_three_days_leaves_no_gap() {
    check(
        Report::Usage,
        &[(
            "2026-11-23T14:08:00Z",
            &[
                "1m 2026-11-20T13:55:00Z..2026-11-21T13:55:00Z",
                "1m 2026-11-21T13:55:00Z..2026-11-22T13:55:00Z",
                "1m 2026-11-22T13:55:00Z..2026-11-23T13:55:00Z",
                "1m 2026-11-23T13:55:00Z..2026-11-23T14:08:00Z",
                "1h 2026-11-19T14:00:00Z..2026-11-23T15:00:00Z",
                "1d 2026-10-24T00:00:00Z..2026-11-24T00:00:00Z",
            ],
        )],
    );
    check(
        Report::Cost,
        &[("2026-11-23T14:08:00Z", &["1d 2026-10-24T00:00:00Z..2026-11-24T00:00:00Z"])],
    );
}

#[test]
fn an_outage_of_a_season_is_caught_up_with_over_several_polls() {
    let mut kept = kept_until(Report::Usage, START);
    let mut polls = 0;
    let caught_up = |kept: &Kept| {
        kept.coverages.values().all(|coverage| coverage.read.until() >= at("2027-02-20T00:00:00Z"))
    };
    while !caught_up(&kept) {
        let requests = kept.ask(Report::Usage, "2027-02-20T00:30:00Z");
        assert!(requests.len() <= 3 * CATCH_UP_MOST, "{} questions at once", requests.len());
        kept.commit(Report::Usage, &requests, "2027-02-20T00:30:00Z");
        polls += 1;
    }
    assert_eq!(polls, 26, "92 chunks of minutes, then 14 of hours, four a poll");
}

#[test]
fn a_failed_poll_moves_nothing() {
    let kept = kept_until(Report::Usage, START);
    let failed = kept.ask(Report::Usage, "2026-11-20T14:20:00Z");
    assert_eq!(kept.ask(Report::Usage, "2026-11-20T14:20:00Z"), failed);

    // Of a poll that fails half way, the rest is asked for again.
    let mut half = kept_until(Report::Usage, START);
    let now = "2026-11-23T14:08:00Z";
    let requests = half.ask(Report::Usage, now);
    half.commit(Report::Usage, &requests[..2], "2026-11-23T14:07:00Z");
    assert_eq!(
        half.poll(Report::Usage, now)[..2],
        [
            "1m 2026-11-22T13:45:00Z..2026-11-23T13:45:00Z",
            "1m 2026-11-23T13:45:00Z..2026-11-23T14:08:00Z"
        ]
    );
}

#[test]
fn a_restart_looks_back_once_more() {
    let mut kept = kept_until(Report::Usage, START);
    kept.looked.clear();
    let again = kept.poll(Report::Usage, "2026-11-20T14:05:40Z");
    assert_eq!(
        again,
        [
            "1m 2026-11-20T13:55:00Z..2026-11-20T14:06:00Z",
            "1h 2026-11-19T14:00:00Z..2026-11-20T15:00:00Z",
            "1d 2026-10-21T00:00:00Z..2026-11-21T00:00:00Z"
        ]
    );
}

#[test]
fn a_clock_set_back_asks_for_no_window_that_is_backward() {
    let mut kept = kept_until(Report::Usage, START);
    let hours = ["1h 2026-11-19T09:00:00Z..2026-11-20T10:00:00Z"];
    let polled = kept.poll(Report::Usage, "2026-11-20T09:30:00Z");
    assert!(polled.contains(&hours[0].to_owned()), "{polled:?}");
    assert!(kept.ask(Report::Usage, "2026-08-01T00:00:00Z").is_empty());
}

#[test]
fn inventories_have_no_windows() {
    for report in [Report::Company, Report::Quota, Report::Keys, Report::Members] {
        assert!(Kept::default().ask(report, START).is_empty(), "{report}");
    }
}

#[test]
fn the_company_api_is_asked_for_today_each_poll_and_for_yesterday_each_hour() {
    let mut kept = Kept::default();
    let mut poll = |now: &str| {
        let asked = windows(Api::Company, Report::Usage, &kept.coverages, &kept.looked, at(now));
        kept.commit(Report::Usage, &asked, now);
        asked.iter().map(|ask| ask.window.from().to_string()[5..10].to_owned()).collect::<Vec<_>>()
    };
    let rows: &[(&str, &[&str])] = &[
        ("2026-11-20T14:05:30Z", &["11-20"]),
        ("2026-11-20T14:05:40Z", &["11-20"]),
        // Yesterday was never read: back-fill does that, and from then on it is read again.
        ("2026-11-20T15:12:00Z", &["11-20"]),
        ("2026-11-21T00:00:10Z", &["11-20", "11-21"]),
        ("2026-11-21T00:01:10Z", &["11-20", "11-21"]),
        ("2026-11-21T00:11:50Z", &["11-20", "11-21"]),
        ("2026-11-21T00:11:55Z", &["11-21"]),
        ("2026-11-21T00:12:10Z", &["11-20", "11-21"]),
        ("2026-11-24T08:00:00Z", &["11-21", "11-22", "11-23", "11-24"]),
        ("2026-11-24T08:01:00Z", &["11-24"]),
    ];
    for (now, days) in rows {
        assert_eq!(poll(now), *days, "at {now}");
    }
}
