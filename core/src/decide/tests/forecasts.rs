//! Forecasts: where the end of the period will find a budget, and steps of that.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::decide::forecast::STRETCHES;
use crate::rule::StepOf;
use crate::stretch::{UseRow, WindowUse};

const NOON: &str = "2026-11-20T12:00:00Z";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// 100 % of 1000 dollars, foreseen and as it is.
fn foreseeing() -> Budget {
    let foreseen = Step { of: StepOf::Forecast, ..step(100, Severity::Warning) };
    Budget { steps: vec![step(100, Severity::Critical), foreseen], ..month(1_000) }
}

/// So many dollars in the last day and in the last week, up to `until`.
fn stretches(day: u32, week: u32, until: Timestamp) -> Vec<WindowUse> {
    let of = |(wanted, amount): (crate::stretch::Wanted, u32)| WindowUse {
        wanted,
        window: Window::new(until - wanted.length, until).unwrap(),
        covered: true,
        rows: vec![UseRow {
            workspace: "wrkspc_1".into(),
            model: Some("claude-opus-5-5".into()),
            key: "apikey_1".into(),
            tier: "standard".into(),
            tokens: Tokens::default(),
            web_searches: 0,
            cost: dollars(amount),
            basis: Some(Basis::Estimated),
            unpriced: 0,
        }],
        requests: None,
    };
    STRETCHES.into_iter().zip([day, week]).map(of).collect()
}

/// 240 dollars by noon of the 20th; ten and a half days are left.
fn world(day: u32, week: u32) -> World {
    let mut world = World::new(foreseeing());
    world.spend(NOVEMBER, 240);
    world.data_until = Some(at(NOON));
    world.windows = stretches(day, week, at(NOON));
    world
}

#[track_caller]
fn check_forecast(world: &World, expected: Option<(&str, &str, &str, Option<&str>)>) {
    let facts = world.standing(NOON, "organization").facts;
    let found = facts.forecast.map(|found| {
        let text = |number: Decimal| number.to_string();
        (text(found.value), text(found.low), text(found.high), found.exhausted_at)
    });
    let expected = expected.map(|(value, low, high, exhausted_at)| {
        (value.to_owned(), low.to_owned(), high.to_owned(), exhausted_at.map(at))
    });
    assert_eq!(found, expected);
}

#[test]
fn the_next_day_goes_as_the_last_and_the_rest_as_the_last_week() {
    // 48 in a day, 70 in a week: 10 a day. 240 + 48 + 9.5 x 10.
    check_forecast(&world(48, 70), Some(("383", "345", "744", None)));
    // 100 a day after the first: 288 on the 21st, and 712 more take 7 days and 2:52:48.
    let late = Some("2026-11-28T14:52:48Z");
    check_forecast(&world(48, 700), Some(("1238", "744", "1290", late)));
    // 1520 in a day: half a day is enough.
    let soon = Some("2026-11-21T00:00:00Z");
    check_forecast(&world(1_520, 700), Some(("2710", "1290", "16200", soon)));
    check_forecast(&world(0, 0), Some(("240", "240", "240", None)));
}

#[test]
fn what_is_used_up_is_not_used_up_again() {
    let mut world = world(48, 700);
    world.spend(NOVEMBER, 1_000);
    check_forecast(&world, Some(("1998", "1504", "2050", None)));
}

#[test]
fn less_than_three_days_of_history_foresee_nothing() {
    let mut world = world(48, 70);
    world.windows[1].covered = false;
    check_forecast(&world, None);
    world.read_from = Some(at(NOON) - hours(71));
    check_forecast(&world, None);
    // 70 in 84 hours are 20 a day.
    world.read_from = Some(at(NOON) - hours(84));
    check_forecast(&world, Some(("478", "450", "744", None)));
    world.windows[0].covered = false;
    check_forecast(&world, None);
    world.windows.clear();
    check_forecast(&world, None);
}

/// One judgement on data that end so many minutes after noon.
#[track_caller]
fn judge(world: &mut World, data: i64, week: u32, expected: &[&str]) -> Vec<News> {
    let until = at(NOON) + SignedDuration::from_mins(data);
    world.windows = stretches(48, week, until);
    let news = world.tick(&(until + SignedDuration::from_mins(5)).to_string());
    assert_eq!(news.iter().map(shown).collect::<Vec<_>>(), expected, "minute {data}");
    news
}

#[test]
fn three_judgements_in_a_row_tell_and_ticks_without_new_data_are_none() {
    let mut world = world(48, 70);
    judge(&mut world, 1, 700, &[]);
    judge(&mut world, 1, 700, &[]);
    judge(&mut world, 1, 700, &[]);
    judge(&mut world, 2, 700, &[]);
    judge(&mut world, 3, 70, &[]);
    judge(&mut world, 4, 700, &[]);
    judge(&mut world, 5, 700, &[]);
    let first = judge(&mut world, 6, 700, &["100%"]);
    let Matter::Step { forecast, .. } = first[0].facts.matter else { unreachable!() };
    assert!(forecast);
    assert_eq!(first[0].id.0, "month:acme:organization:20261101T000000Z:0:forecast100");
    judge(&mut world, 7, 700, &[]);
    // Hardly below it is not below it.
    judge(&mut world, 8, 500, &[]);
    judge(&mut world, 9, 700, &[]);
    judge(&mut world, 10, 700, &[]);
    judge(&mut world, 11, 700, &[]);
    // Well below it is.
    judge(&mut world, 12, 70, &[]);
    assert!(world.is_quiet());
    for minute in 13..15 {
        judge(&mut world, minute, 700, &[]);
    }
    let second = judge(&mut world, 15, 700, &["100%"]);
    assert_ne!(first[0].id, second[0].id);
    assert_ne!(first[0].facts.episode, second[0].facts.episode);
}

#[test]
fn what_has_happened_is_not_foreseen() {
    let mut world = world(48, 70);
    judge(&mut world, 1, 700, &[]);
    judge(&mut world, 2, 700, &[]);
    world.spend(NOVEMBER, 1_000);
    let news = judge(&mut world, 3, 700, &["100%"]);
    assert!(matches!(news[0].facts.matter, Matter::Step { forecast: false, .. }));
    // Not even after a restatement: people know that it was used up.
    world.spend(NOVEMBER, 990);
    for minute in 4..10 {
        judge(&mut world, minute, 700, &[]);
    }
}

#[test]
fn a_step_that_is_used_makes_the_foreseen_episode_worse() {
    let mut world = world(48, 70);
    judge(&mut world, 1, 700, &[]);
    judge(&mut world, 2, 700, &[]);
    let foreseen = judge(&mut world, 3, 700, &["100%"]);
    world.spend(NOVEMBER, 1_000);
    let used = judge(&mut world, 4, 700, &["100%"]);
    assert_eq!(used[0].facts.episode, foreseen[0].facts.episode);
    assert_ne!(used[0].id, foreseen[0].id);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_forecast_is_told_after_three_in_a_row_and_armed_again_well_below(
        story in proptest::collection::vec((0_i64..2, proptest::sample::select(&[70_u32, 490, 700][..])), 1..80)
    ) {
        let mut world = world(48, 70);
        let (mut minute, mut judged) = (0, -1);
        let (mut in_a_row, mut told, mut ids) = (0, false, Vec::new());
        for (step, week) in story {
            minute += step;
            let until = at(NOON) + SignedDuration::from_mins(minute);
            world.windows = stretches(48, week, until);
            let news = world.tick(&(until + SignedDuration::from_mins(5)).to_string());
            // 490 in a week is a forecast between 95 and 100 %.
            told &= week != 70;
            if told || week != 700 {
                (in_a_row, judged) = (0, -1);
            } else if judged < minute {
                (in_a_row, judged) = (in_a_row + 1, minute);
            }
            let expected = in_a_row == 3;
            told |= expected;
            prop_assert_eq!(news.len(), usize::from(expected), "minute {}", minute);
            for news in news {
                prop_assert!(!ids.contains(&news.id), "{:?} was used before", news.id);
                ids.push(news.id);
            }
        }
    }
}
