//! What is remembered of the audit log, over overlaps, restarts and bounds.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn line(number: usize, second: i64, kind: &str) -> Activity {
    Activity {
        id: format!("activity_{number}"),
        at: at(second),
        kind: kind.to_owned(),
        actor: Actor::default(),
        details: BTreeMap::new(),
    }
}

/// What a restart leaves of it.
fn restarted(log: &AuditLog) -> AuditLog {
    postcard::from_bytes(&postcard::to_stdvec(log).unwrap()).unwrap()
}

fn ids(log: &AuditLog, number: u64) -> Vec<String> {
    log.after(number).0.map(|line| line.id.clone()).collect()
}

fn shown(log: &AuditLog) -> Vec<(&str, u64)> {
    log.counts().collect()
}

#[test]
fn what_happened_before_the_first_contact_is_known_and_not_told() {
    let mut log = AuditLog::default();
    log.absorb(&[line(1, -300, "key_created")], true, at(0));
    assert_eq!((log.heard(), ids(&log, 0).len()), (0, 0));
    assert_eq!(shown(&log), [("key_created", 0)]);
    log.absorb(&[line(1, -300, "key_created"), line(2, -1, "login")], true, at(60));
    assert_eq!(log.heard(), 0);
    log.absorb(&[line(3, 61, "key_created")], true, at(120));
    assert_eq!(ids(&log, 0), ["activity_3"]);
    assert_eq!(shown(&log), [("key_created", 1), ("login", 0)]);
}

#[test]
fn a_type_appears_at_zero_before_it_counts() {
    let mut log = AuditLog::default();
    log.absorb(&[], true, at(0));
    log.absorb(&[line(1, 10, "login"), line(2, 11, "login")], true, at(60));
    assert_eq!(shown(&log), [("login", 0)]);
    log.absorb(&[line(3, 70, "login")], true, at(120));
    assert_eq!(shown(&log), [("login", 3)]);
}

#[test]
fn each_question_overlaps_the_last_and_an_absence_has_a_bound() {
    let mut log = AuditLog::default();
    assert_eq!(log.since(at(0)), at(-600));
    log.absorb(&[], true, at(0));
    assert_eq!(log.since(at(86_400)), at(-600), "nothing new: it is asked from the same moment");
    log.absorb(&[line(1, 1_000, "login")], true, at(1_060));
    assert_eq!(log.since(at(1_120)), at(400));
    assert_eq!(log.since(at(200)), at(-400), "a clock that was set back asks from there");
    let later = at(1_060) + SignedDuration::from_hours(40 * 24);
    assert_eq!(log.since(later), later - BACK_MOST);
}

#[test]
fn an_answer_that_is_full_is_continued_without_overlap_and_never_stands_still() {
    let mut log = AuditLog::default();
    log.absorb(&[], true, at(0));
    log.absorb(&[line(1, 10, "a"), line(2, 20, "a")], false, at(1_000));
    assert_eq!(log.since(at(1_060)), at(20));
    log.absorb(&[line(2, 20, "a")], false, at(1_060));
    assert!(log.since(at(1_120)) > at(20), "one moment with more lines than an answer holds");
    log.absorb(&[line(3, 30, "a")], true, at(1_120));
    assert_eq!((log.heard(), log.since(at(1_180))), (3, at(-570)));
}

#[test]
fn a_line_from_the_future_does_not_stop_the_reading() {
    let mut log = AuditLog::default();
    log.absorb(&[], true, at(0));
    log.absorb(&[line(1, 1_000_000, "a")], true, at(60));
    assert_eq!(log.since(at(120)), at(-540));
    log.absorb(&[line(1, 1_000_000, "a"), line(2, 70, "b")], true, at(120));
    assert_eq!(ids(&log, 0), ["activity_1", "activity_2"]);
}

#[test]
fn lines_stay_for_many_polls_whatever_time_passes() {
    let mut log = AuditLog::default();
    log.absorb(&[], true, at(0));
    log.absorb(&[line(1, 10, "a")], true, at(60));
    for poll in 1..i64::from(POLLS_KEPT) {
        log.absorb(&[], true, at(poll * 1_000_000));
        assert_eq!(ids(&log, 0), ["activity_1"], "poll {poll}");
    }
    log.absorb(&[], true, at(60));
    assert_eq!(log.after(0).1, 1, "gone, and counted all the same");
}

#[test]
fn everything_has_a_bound() {
    let mut log = AuditLog::default();
    log.absorb(&[], true, at(0));
    let mut number = 0;
    for poll in 1..=8_i64 {
        let lines: Vec<Activity> = (0..4_000)
            .map(|place| {
                number += 1;
                let mut line = line(number, poll * 60 + place % 50, &format!("type_{number}"));
                if number % 2_000 == 0 {
                    line.details = (0..40).map(|it| (format!("f{it}"), "x".repeat(900))).collect();
                }
                line
            })
            .collect();
        log.absorb(&lines, true, at(poll * 60 + 60));
    }
    assert_eq!((log.recent.len(), log.counts.len()), (RECENT_MAX, TYPES_MAX + 1));
    assert_eq!(log.heard(), 32_000);
    assert!(log.known.len() <= KNOWN_MAX + 100, "{}", log.known.len());
    let kept = &log.recent.iter().find(|line| !line.activity.details.is_empty()).unwrap();
    let kept = &kept.activity.details;
    assert_eq!((kept.len(), kept["f0"].len()), (DETAILS_MAX, TEXT_MAX));
    let (lines, others) = log.after(0);
    assert_eq!(lines.count() as u64 + others, 32_000);
}

/// Lines that happen, and how much later each can be read.
fn happenings() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-900_i64..7_200, 0_i64..=600), 1..60)
}

proptest! {
    #[test]
    fn each_line_is_told_once_over_all_overlaps_restarts_and_orders(
        happened in happenings(),
        polls in prop::collection::vec((1_i64..600, any::<bool>(), any::<u64>(), any::<bool>()), 5..60),
        most in 5_usize..80,
    ) {
        let mut log = AuditLog::default();
        log.absorb(&[], true, at(0));
        let (mut now, mut judged, mut waiting) = (0, 0, 0);
        let mut told: Vec<String> = Vec::new();
        let last = [(700, true, 1, true), (700, true, 1, true), (1, true, 1, true)];
        for (wait, is_restart, order, is_judged) in polls.into_iter().chain(last) {
            now += wait;
            // The last polls come when all can be read, and find all that is left.
            let is_late = now > 7_200 + 600;
            let most = if is_late { usize::MAX } else { most };
            let since = log.since(at(now));
            let mut answer: Vec<Activity> = happened
                .iter()
                .enumerate()
                .filter(|(_, (second, late))| at(*second) >= since && second + late <= now)
                .map(|(number, (second, _))| line(number, *second, "a"))
                .collect();
            answer.sort_by_key(|line| (line.at, line.id.clone()));
            let complete = answer.len() < most;
            // Enough lines of one moment make an answer that cannot be continued.
            answer.truncate(most);
            answer.sort_by_key(|line| digest(line.id.bytes().chain(order.to_le_bytes())));
            log.absorb(&answer, complete, at(now));
            waiting += 1;
            if is_restart {
                log = restarted(&log);
            }
            if is_judged || waiting == 15 {
                let (lines, others) = log.after(judged);
                prop_assert_eq!(others, 0);
                told.extend(lines.map(|line| line.id.clone()));
                (judged, waiting) = (log.heard(), 0);
            }
        }
        let once: BTreeSet<&String> = told.iter().collect();
        prop_assert_eq!(once.len(), told.len(), "told twice: {:?}", told);
        // What is behind by an answer can be later than the overlap: then it is not told.
        if most >= happened.len() {
            let wanted: BTreeSet<String> = happened
                .iter()
                .enumerate()
                .filter(|(_, (second, late))| *second >= 0 && second + late <= now)
                .map(|(number, _)| format!("activity_{number}"))
                .collect();
            prop_assert_eq!(once.into_iter().cloned().collect::<BTreeSet<_>>(), wanted);
        }
    }
}
