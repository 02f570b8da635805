//! Rolling periods never end: a step is armed again once the figure is well below it.

use proptest::prelude::*;

use super::*;

fn rolling() -> Budget {
    Budget { period: PeriodKind::Rolling(30), ..month(1_000) }
}

#[test]
fn a_step_is_armed_again_five_points_below() {
    let mut world = World::new(rolling());
    for (spent, expected) in [
        (810, vec!["80%"]),
        (760, vec![]),
        (810, vec![]),
        (750, vec![]),
        (810, vec!["80%"]),
        (1_000, vec!["100%"]),
        (451, vec![]),
        (800, vec!["80%"]),
        (450, vec![]),
        (500, vec!["50%"]),
    ] {
        world.spend(NOVEMBER, spent);
        world.check("2026-11-20T12:00:00Z", &expected);
    }
}

#[test]
fn midnight_begins_no_rolling_period() {
    let mut world = World::new(rolling());
    world.spend(NOVEMBER, 810);
    world.check("2026-11-30T23:59:00Z", &["80%"]);
    world.check("2026-12-01T00:00:00Z", &[]);
    world.check("2027-02-01T00:00:00Z", &[]);
    assert!(!world.is_quiet());
}

#[test]
fn with_no_step_left_the_episode_ends_for_those_who_hold_state() {
    let mut world = World::new(rolling());
    world.tell_period_ends();
    world.spend(NOVEMBER, 510);
    let first = world.tick("2026-11-20T12:00:00Z");
    world.spend(NOVEMBER, 400);
    let end = world.tick("2026-11-21T12:00:00Z");
    assert_eq!(end[0].effect, crate::notice::Effect::Resolved);
    assert_eq!(end[0].facts.episode, first[0].facts.episode);
    assert!(world.is_quiet());
}

#[test]
fn an_episode_is_as_severe_as_the_steps_that_are_left() {
    let mut world = World::new(rolling());
    for (spent, severity) in [(1_000, Severity::Critical), (900, Severity::Warning)] {
        world.spend(NOVEMBER, spent);
        world.tick("2026-11-20T12:00:00Z");
        assert_eq!(world.alerts[0].state.episode().unwrap().severity, severity);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_of_a_rolling_period_follow_their_definition(
        spends in proptest::collection::vec(0_u32..1_300, 1..80)
    ) {
        let mut world = World::new(rolling());
        let (mut told, mut ids) = (std::collections::BTreeSet::new(), Vec::new());
        for (minute, spent) in spends.into_iter().enumerate() {
            world.spend(NOVEMBER, spent);
            let now = at("2026-11-20T12:00:00Z") + jiff::SignedDuration::from_mins(minute as i64);
            let news = world.tick(&now.to_string());
            told.retain(|percent| spent > (percent - 5) * 10);
            let mark = told.last().copied();
            let reached = [50, 80, 100].into_iter().filter(|percent| percent * 10 <= spent);
            let reached: Vec<u32> = reached.collect();
            let expected = reached.last().copied().filter(|highest| mark.is_none_or(|mark| mark < *highest));
            told.extend(reached);
            let shown: Vec<String> = news.iter().map(shown).collect();
            let expected: Vec<String> = expected.iter().map(|percent| format!("{percent}%")).collect();
            prop_assert_eq!(shown, expected, "at {}", spent);
            for news in news {
                prop_assert!(!ids.contains(&news.id), "{:?} was used before", news.id);
                ids.push(news.id);
            }
        }
    }
}
