//! What is left to say of several notices, and under which identity.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::*;
use crate::alert::EpisodeId;
use crate::notice::{Facts, Kind, LaneId, Matter, Names, NewsId, NoticeId};
use crate::rule::Severity;
use crate::subject::Subject;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// News of `episode` at a minute; `step` in percent.
fn news(episode: &str, minute: i64, effect: Effect, step: i64) -> News {
    let facts = Facts {
        episode: EpisodeId(episode.to_owned()),
        root: None,
        rule: "month".into(),
        kind: Kind::Budget,
        severity: if step >= 100 { Severity::Critical } else { Severity::Warning },
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: Matter::Step {
            step: Decimal::new(step, 2),
            forecast: false,
            next_step: None,
            late: false,
            api_limit: false,
        },
        value: None,
        limit: None,
        basis: None,
        data_until: None,
        since: at(minute),
        ended_at: (effect == Effect::Resolved).then(|| at(minute)),
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    };
    let id = NewsId(format!("{episode}:{minute}"));
    News { id, effect, facts, period_end: false, only: None }
}

fn notice(piece: News) -> Notice {
    let mut notice = Notice {
        id: NoticeId(piece.id.0.clone()),
        organization: "acme".into(),
        decided_at: piece.facts.since,
        lane: LaneId("acme".to_owned()),
        news: Vec::new(),
    };
    let root = Some(notice.reference());
    notice.news.push(News { facts: Facts { root, ..piece.facts }, ..piece });
    notice
}

/// What is left of notices with one piece each, and the identity it goes under.
#[track_caller]
fn check(told: Vec<News>, expected: &[(&str, Effect, i64)]) -> Notice {
    let count = told.len();
    let first = told[0].id.0.clone();
    let (merged, spoken_for) = merge(told.into_iter().map(notice).collect()).unwrap();
    assert_eq!((merged.id.0.as_str(), spoken_for), (first.as_str(), count));
    let left: Vec<_> = merged.news.iter().map(told_of).collect();
    assert_eq!(left, expected);
    merged
}

fn told_of(piece: &News) -> (&str, Effect, i64) {
    let Matter::Step { step, .. } = piece.facts.matter else { panic!("{piece:?}") };
    let step = i64::try_from((step * Decimal::ONE_HUNDRED).trunc().mantissa()).unwrap();
    (piece.facts.episode.0.as_str(), piece.effect, step)
}

#[test]
fn steps_that_waited_become_one_message_about_the_highest() {
    let told = vec![
        news("m", 0, Effect::Fired, 50),
        news("m", 9, Effect::Fired, 80),
        news("m", 20, Effect::Fired, 100),
    ];
    let merged = check(told, &[("m", Effect::Fired, 100)]);
    assert_eq!(merged.news[0].facts.since, at(0));
    assert_eq!(merged.severity(), Severity::Critical);
}

#[test]
fn an_incident_that_began_and_ended_meanwhile_is_told_with_both_times() {
    let told = vec![news("m", 0, Effect::Fired, 80), news("m", 30, Effect::Resolved, 80)];
    let merged = check(told, &[("m", Effect::Resolved, 80)]);
    let facts = &merged.news[0].facts;
    assert_eq!((facts.since, facts.ended_at), (at(0), Some(at(30))));
}

#[test]
fn a_reminder_of_what_nobody_was_told_is_told_as_new() {
    let told = vec![news("m", 0, Effect::Fired, 80), news("m", 240, Effect::Reminded, 80)];
    check(told, &[("m", Effect::Fired, 80)]);
}

#[test]
fn other_incidents_keep_their_own_piece_the_most_urgent_first() {
    let told = vec![
        news("m", 0, Effect::Fired, 80),
        news("m", 5, Effect::Resolved, 80),
        news("w", 6, Effect::Fired, 80),
        news("d", 7, Effect::Fired, 100),
    ];
    let expected =
        [("d", Effect::Fired, 100), ("w", Effect::Fired, 80), ("m", Effect::Resolved, 80)];
    check(told, &expected);
}

#[test]
fn an_incident_that_came_back_is_told_as_ended_and_as_new() {
    let told = vec![
        news("m1", 0, Effect::Fired, 80),
        news("m1", 5, Effect::Resolved, 80),
        news("m2", 9, Effect::Fired, 80),
    ];
    check(told, &[("m2", Effect::Fired, 80), ("m1", Effect::Resolved, 80)]);
}

#[test]
fn a_thread_is_rooted_in_the_message_that_is_sent() {
    let told = vec![news("m", 0, Effect::Fired, 50), news("w", 6, Effect::Fired, 80)];
    let merged = check(told, &[("m", Effect::Fired, 50), ("w", Effect::Fired, 80)]);
    assert_eq!(merged.roots(), [], "it answers to nothing that was never sent");
    let root = |piece: &News| piece.facts.root.clone();
    assert!(merged.news.iter().all(|piece| root(piece) == Some(merged.reference())));
}

#[test]
fn a_thread_that_people_have_stays_their_thread() {
    let mut resolved = notice(news("m", 30, Effect::Resolved, 80));
    let told = notice(news("m", 0, Effect::Fired, 80)).reference();
    resolved.news[0].facts.root = Some(told.clone());
    let next = notice(news("w", 31, Effect::Fired, 80));
    let (merged, _) = merge(vec![resolved, next]).unwrap();
    assert_eq!(merged.roots(), [told]);
}

#[test]
fn a_message_has_an_end_and_the_rest_goes_into_the_next() {
    let told = (0..80).map(|n| notice(news(&format!("m{n}"), n, Effect::Fired, 80))).collect();
    let (merged, spoken_for) = merge(told).unwrap();
    assert_eq!((merged.news.len(), spoken_for), (12, 12));
    let told =
        (0..60).map(|n| notice(news(&format!("m{}", n % 12), n, Effect::Fired, 80))).collect();
    let (merged, spoken_for) = merge(told).unwrap();
    assert_eq!((merged.news.len(), spoken_for), (12, 60), "what folds away takes no room");
    assert_eq!(merge(Vec::new()), None);
}

#[test]
fn one_notice_alone_stays_as_it_is() {
    let alone = notice(news("m", 0, Effect::Reminded, 80));
    assert_eq!(merge(vec![alone.clone()]), Some((alone, 1)));
}
