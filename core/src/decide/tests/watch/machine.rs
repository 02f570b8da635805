//! The machine beneath: what holds for every story.

use proptest::prelude::*;

use super::*;
use crate::alert::{AlertState, Episode, EpisodeId};
use crate::decide::steady::{Finder, Finding, advance};
use crate::decide::sums::Ledger;
use crate::decide::verdict::{Unknown, Verdict};
use crate::notice::Kind;
use crate::subject::Subject;
use Severity::{Critical, Warning};
use Verdict::{Breach, Clear};

const NOT_KNOWN: Verdict = Verdict::Unknown(Unknown::NoData);

/// What a judge says in one minute.
#[derive(Clone, Copy, Debug)]
struct Said {
    verdict: Verdict,
    severity: Severity,
    spoken_for: bool,
}

const fn say(verdict: Verdict) -> Said {
    Said { verdict, severity: Warning, spoken_for: false }
}

/// One alert that holds for ten minutes and is reminded of every hour.
struct Story {
    post: Post,
    alert: AlertRecord,
}

impl Story {
    fn begin() -> Self {
        let mut post = Post::new(Condition::Budget(month(1)));
        post.remind_every(minutes(60));
        Self { post, alert: AlertRecord::quiet("watch".into(), Subject::ORGANIZATION) }
    }

    fn turn(&self, minute: i64, said: Said) -> turn::Turn {
        let now = at(NOON) + minutes(minute);
        let alerts = vec![self.alert.clone()];
        let snapshot = Snapshot { alerts, ..self.post.snapshot(now) };
        let ledger = Ledger::new(&snapshot);
        let case = Case { rules: &self.post.rules, snapshot: &snapshot, now, ledger: &ledger };
        let Said { verdict, severity, spoken_for } = said;
        let finding = Finding::new(Subject::ORGANIZATION, verdict, severity, Matter::Test);
        let finding = Finding { spoken_for, ..finding };
        let rule = "watch".into();
        let finder = Finder { rule: &rule, kind: Kind::Threshold, hold: minutes(10) };
        advance(&case, finder, finding)
    }

    /// Says it twice, as after a crash, and again once it is committed.
    fn play(&mut self, minute: i64, said: Said) -> Vec<News> {
        let (turn, same) = (self.turn(minute, said), self.turn(minute, said));
        assert_eq!((&turn.alert, &turn.news), (&same.alert, &same.news));
        self.alert = turn.alert;
        let again = self.turn(minute, said);
        assert_eq!(again.alert, self.alert, "minute {minute} moved twice");
        assert!(again.news.is_empty(), "minute {minute} is told twice: {:?}", again.news);
        turn.news
    }
}

/// Plays `(minute, what is said, what is told)` rows.
#[track_caller]
fn check(rows: &[(i64, Said, &[&str])]) {
    let mut story = Story::begin();
    for &(minute, said, expected) in rows {
        let news: Vec<String> = story.play(minute, said).iter().map(told).collect();
        assert_eq!(news, expected, "minute {minute}: {said:?}");
    }
}

const FIRED: &[&str] = &["fired organization"];
const RESOLVED: &[&str] = &["resolved organization"];

#[test]
fn a_short_spike_stays_silent() {
    check(&[
        (0, say(Breach), &[]),
        (9, say(Breach), &[]),
        (10, say(Clear), &[]),
        (15, say(Breach), &[]),
        (24, say(Breach), &[]),
        (25, say(Breach), FIRED),
    ]);
}

#[test]
fn missing_readings_neither_fire_nor_resolve() {
    check(&[
        (0, say(Breach), &[]),
        (10, say(NOT_KNOWN), &[]),
        (11, say(Breach), FIRED),
        (500, say(NOT_KNOWN), &[]),
        (501, say(Clear), RESOLVED),
        (502, say(Clear), &[]),
    ]);
}

#[test]
fn what_still_fires_is_reminded_of_at_the_pace_of_its_route() {
    check(&[
        (0, say(Breach), &[]),
        (10, say(Breach), FIRED),
        (69, say(Breach), &[]),
        (70, say(Breach), &["reminded organization"]),
        (129, say(Breach), &[]),
        (180, say(NOT_KNOWN), &[]),
        (181, say(Breach), &["reminded organization"]),
    ]);
}

#[test]
fn what_gets_worse_is_told_again_at_once_and_what_gets_milder_is_not() {
    let worse = Said { severity: Critical, ..say(Breach) };
    check(&[
        (0, say(Breach), &[]),
        (10, say(Breach), FIRED),
        (11, worse, &["fired critical organization"]),
        (12, say(Breach), &[]),
        (13, worse, &[]),
        (14, say(Clear), &["resolved critical organization"]),
    ]);
}

#[test]
fn what_another_alert_speaks_for_waits_and_keeps_its_place() {
    let spoken_for = Said { spoken_for: true, ..say(Breach) };
    check(&[
        (0, spoken_for, &[]),
        (20, spoken_for, &[]),
        (21, say(Breach), FIRED),
        (100, spoken_for, &[]),
        (101, say(Clear), RESOLVED),
    ]);
}

#[test]
fn a_clock_that_was_ahead_does_not_hold_anything_up() {
    check(&[
        (100_000, say(Breach), &[]),
        (0, say(Breach), &[]),
        (9, say(Breach), &[]),
        (10, say(Breach), FIRED),
    ]);
}

#[test]
fn a_clock_that_was_ahead_holds_no_reminder_up() {
    check(&[
        (100_000, say(Breach), &[]),
        (100_010, say(Breach), FIRED),
        (0, say(Breach), &["reminded organization"]),
        (59, say(Breach), &[]),
        (60, say(Breach), &["reminded organization"]),
    ]);
}

#[test]
fn a_resolve_goes_to_those_who_were_told_and_answers_to_the_first_notice() {
    let mut story = Story::begin();
    story.play(0, say(Breach));
    story.play(10, say(Breach));
    let AlertState::Firing(episode) = &mut story.alert.state else { unreachable!() };
    episode.channels = vec!["ops".into()];
    let id = episode.id.clone();
    let news = story.play(11, say(Clear));
    assert_eq!(news[0].only, Some(vec!["ops".into()]));
    assert_eq!(news[0].facts.episode, id);
    assert_eq!(news[0].facts.since, at(NOON));
    assert_eq!(news[0].facts.ended_at, Some(at(NOON) + minutes(11)));
    assert_eq!(news[0].id.0, "watch:acme:organization:20261120T120000Z:resolved");
}

fn said() -> impl Strategy<Value = Said> {
    let verdict = prop_oneof![4 => Just(Breach), 2 => Just(Clear), 1 => Just(NOT_KNOWN)];
    let severity = prop_oneof![3 => Just(Warning), 1 => Just(Critical)];
    (verdict, severity, proptest::bool::weighted(0.1))
        .prop_map(|(verdict, severity, spoken_for)| Said { verdict, severity, spoken_for })
}

proptest! {
    #[test]
    fn whatever_happens_stories_are_whole(said in proptest::collection::vec((1_i64..40, said()), 1..80)) {
        let mut story = Story::begin();
        let (mut minute, mut open, mut ids) = (0, None::<EpisodeId>, Vec::new());
        for (later, said) in said {
            minute += later;
            for news in story.play(minute, said) {
                prop_assert!(!ids.contains(&news.id), "{} is told twice", news.id.0);
                ids.push(news.id.clone());
                match news.effect {
                    Effect::Fired | Effect::Reminded => {
                        prop_assert_eq!(said.verdict, Breach);
                        prop_assert!(open.is_some() || news.effect == Effect::Fired);
                        let id = open.get_or_insert(news.facts.episode.clone());
                        prop_assert_eq!(&*id, &news.facts.episode);
                    }
                    Effect::Resolved => {
                        prop_assert_eq!(said.verdict, Clear, "nothing resolves without a clear look");
                        prop_assert_eq!(open.take(), Some(news.facts.episode), "what never fired");
                    }
                    Effect::Test => unreachable!(),
                }
            }
            let firing = story.alert.state.episode().map(|Episode { id, .. }| id.clone());
            prop_assert_eq!(&firing, &open);
        }
    }
}
