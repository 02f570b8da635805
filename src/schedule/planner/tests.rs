//! Jobs played through seconds of a clock that may jump.

use jiff::tz::TimeZone;

use std::str::FromStr;

use super::*;

const fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + seconds(second)
}

fn every(interval: i64) -> Job {
    let cadence = Cadence::Every(seconds(interval));
    Job { cadence, floor: seconds(60.min(interval)), spread: SignedDuration::ZERO }
}

fn cron(text: &str) -> Job {
    let cron = croner::Cron::from_str(text).unwrap();
    let cadence = Cadence::Cron(cron.into(), TimeZone::UTC);
    Job { cadence, floor: seconds(60), spread: SignedDuration::ZERO }
}

/// What happens at a second.
enum Then {
    Runs,
    Waits,
    Ends(Verdict),
}
use Then::{Ends, Runs, Waits};

const RETRY: Verdict = Verdict::Retry { after: None };

/// Plays `(second, what happens)` rows against one job that is added at second 0.
#[track_caller]
fn check(job: Job, rows: &[(i64, Then)]) {
    let mut planner = Planner::new();
    planner.add("job", job, at(0));
    for (second, then) in rows {
        match then {
            Runs => assert_eq!(planner.due(at(*second), 9), ["job"], "second {second}"),
            Waits => assert!(planner.due(at(*second), 9).is_empty(), "second {second}"),
            Ends(verdict) => planner.finished(&"job", at(*second), *verdict),
        }
    }
}

#[test]
fn intervals_are_counted_from_the_first_run_and_do_not_drift() {
    let rows = [(0, Runs), (7, Ends(Verdict::Done)), (59, Waits), (60, Runs)];
    check(every(60), &rows);
    check(
        every(60),
        &[
            (0, Runs),
            (7, Ends(Verdict::Done)),
            (63, Runs),
            (65, Ends(Verdict::Done)),
            (119, Waits),
            (120, Runs),
        ],
    );
}

#[test]
fn a_job_never_overlaps_itself() {
    check(
        every(60),
        &[
            (0, Runs),
            (60, Waits),
            (500, Waits),
            (501, Ends(Verdict::Done)),
            (539, Waits),
            (540, Runs),
        ],
    );
}

#[test]
fn missed_times_collapse_into_one() {
    check(
        every(60),
        &[
            (0, Runs),
            (1, Ends(Verdict::Done)),
            (86_430, Runs),
            (86_431, Ends(Verdict::Done)),
            (86_459, Waits),
            (86_460, Runs),
        ],
    );
    check(
        cron("*/10 * * * *"),
        &[
            (0, Runs),
            (1, Ends(Verdict::Done)),
            (86_430, Runs),
            (86_431, Ends(Verdict::Done)),
            (86_999, Waits),
            (87_000, Runs),
        ],
    );
}

#[test]
fn what_failed_is_tried_again_after_one_minute_then_two_until_the_cadence_is_sooner() {
    check(
        every(600),
        &[
            (0, Runs),
            (0, Ends(RETRY)),
            (59, Waits),
            (60, Runs),
            (60, Ends(RETRY)),
            (179, Waits),
            (180, Runs),
            (180, Ends(RETRY)),
            (299, Waits),
            (300, Runs),
            (300, Ends(RETRY)),
            (419, Waits),
            (420, Runs),
            (420, Ends(RETRY)),
            (539, Waits),
            (540, Runs),
            (540, Ends(RETRY)),
            (599, Waits),
            (600, Runs),
            (600, Ends(Verdict::Done)),
            (1_199, Waits),
            (1_200, Runs),
            (1_200, Ends(RETRY)),
            (1_259, Waits),
            (1_260, Runs),
        ],
    );
}

#[test]
fn what_the_api_asks_us_to_wait_is_waited_within_our_own_bounds() {
    let asked = |wait| Verdict::Retry { after: Some(seconds(wait)) };
    check(every(60), &[(0, Runs), (0, Ends(asked(150))), (149, Waits), (150, Runs)]);
    check(every(60), &[(0, Runs), (0, Ends(asked(31_536_000))), (3_599, Waits), (3_600, Runs)]);
}

#[test]
fn a_rest_outlasts_the_cadence() {
    let day = Verdict::Rest { least: seconds(86_400) };
    check(every(600), &[(0, Runs), (5, Ends(day)), (86_404, Waits), (86_405, Runs)]);
}

#[test]
fn a_cron_expression_faster_than_the_floor_is_held_to_it() {
    check(cron("* * * * * *"), &[(0, Runs), (1, Ends(Verdict::Done)), (59, Waits), (60, Runs)]);
}

#[test]
fn a_clock_set_back_does_not_stall() {
    check(
        every(600),
        &[
            (86_400, Runs),
            (86_400, Ends(Verdict::Done)),
            (86_700, Waits),
            (0, Waits),
            (299, Waits),
            (300, Runs),
            (300, Ends(Verdict::Done)),
            (899, Waits),
            (900, Runs),
        ],
    );
    check(
        cron("0 * * * *"),
        &[(86_400, Runs), (86_401, Ends(Verdict::Done)), (7_300, Waits), (10_800, Runs)],
    );
}

#[test]
fn a_clock_set_back_under_a_running_job_does_not_stall_it_either() {
    let one_day = || [(0, Runs), (86_000, Ends(Verdict::Done)), (86_400, Runs)];
    let interval = [(0, Waits), (1, Ends(Verdict::Done)), (599, Waits), (600, Runs)];
    check(every(600), &one_day().into_iter().chain(interval).collect::<Vec<_>>());
    let cron_rows = [(7_300, Waits), (7_301, Ends(Verdict::Done)), (10_799, Waits), (10_800, Runs)];
    check(cron("0 * * * *"), &one_day().into_iter().chain(cron_rows).collect::<Vec<_>>());
}

#[test]
fn a_clock_set_forward_runs_each_job_once() {
    check(
        every(60),
        &[
            (0, Runs),
            (1, Ends(Verdict::Done)),
            (31_536_000, Runs),
            (31_536_001, Ends(Verdict::Done)),
            (31_536_059, Waits),
            (31_536_060, Runs),
        ],
    );
}

#[test]
fn jobs_spread_out_and_a_restart_spreads_them_alike() {
    let dues = || {
        let mut planner = Planner::new();
        for key in 0..1_000_u32 {
            planner.add(key, Job { spread: seconds(60), ..every(60) }, at(0));
        }
        (0..60).map(|second| planner.due(at(second), 1_000)).collect::<Vec<_>>()
    };
    assert_eq!(dues(), dues());
    let most = dues().iter().map(Vec::len).max();
    assert!(most < Some(60), "{most:?} of 1000 jobs in one of 60 seconds");
}

#[test]
fn the_longest_due_come_first_when_not_all_can_run() {
    let mut planner = Planner::new();
    planner.add("late", every(60), at(5));
    planner.add("early", every(60), at(1));
    assert_eq!(planner.due(at(9), 1), ["early"]);
    assert_eq!(planner.next_due(), Some(at(5)));
    assert_eq!(planner.due(at(9), 1), ["late"]);
    assert_eq!(planner.next_due(), None);
}

#[test]
fn a_forgotten_job_stays_forgotten_even_if_it_ends_later() {
    let mut planner = Planner::new();
    planner.add("job", every(60), at(0));
    assert_eq!(planner.due(at(0), 9), ["job"]);
    planner.remove(&"job");
    planner.finished(&"job", at(1), Verdict::Done);
    assert_eq!(planner.next_due(), None);

    planner.add("job", every(60), at(2));
    planner.remove(&"job");
    assert_eq!(planner.next_due(), None);
}
