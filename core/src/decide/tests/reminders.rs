//! Steps that are told again.

use jiff::SignedDuration;

use super::*;
use crate::notice::Effect;

/// 50 % reminds each hour, 80 % never, 100 % every four hours.
fn reminding() -> Budget {
    let mut budget = month(1_000);
    budget.steps[0].remind_every = Some(SignedDuration::from_hours(1));
    budget.steps[2].remind_every = Some(SignedDuration::from_hours(4));
    budget
}

#[track_caller]
fn check(world: &mut World, now: &str, expected: &[(Effect, &str)]) -> Vec<News> {
    let news = world.tick(now);
    let told: Vec<(Effect, String)> = news.iter().map(|news| (news.effect, shown(news))).collect();
    let expected: Vec<(Effect, String)> =
        expected.iter().map(|(effect, step)| (*effect, (*step).to_owned())).collect();
    assert_eq!(told, expected, "at {now}");
    news
}

#[test]
fn only_the_highest_step_that_was_told_reminds() {
    let mut world = World::new(reminding());
    world.spend(NOVEMBER, 500);
    check(&mut world, "2026-11-20T12:00:00Z", &[(Effect::Fired, "50%")]);
    check(&mut world, "2026-11-20T12:59:59Z", &[]);
    let first = check(&mut world, "2026-11-20T13:00:00Z", &[(Effect::Reminded, "50%")]);
    let second = check(&mut world, "2026-11-20T14:00:01Z", &[(Effect::Reminded, "50%")]);
    assert_ne!(first[0].id, second[0].id);
    world.spend(NOVEMBER, 800);
    check(&mut world, "2026-11-20T15:00:00Z", &[(Effect::Fired, "80%")]);
    check(&mut world, "2026-11-25T15:00:00Z", &[]);
    world.spend(NOVEMBER, 1_000);
    check(&mut world, "2026-11-25T16:00:00Z", &[(Effect::Fired, "100%")]);
    // Restated below it, it is still the highest that people know of.
    world.spend(NOVEMBER, 990);
    check(&mut world, "2026-11-25T20:00:00Z", &[(Effect::Reminded, "100%")]);
}

#[test]
fn reminders_end_with_the_period_and_with_an_amount_that_leaves_nothing_told() {
    let mut world = World::new(reminding());
    world.spend(NOVEMBER, 500);
    check(&mut world, "2026-11-30T23:30:00Z", &[(Effect::Fired, "50%")]);
    check(&mut world, "2026-12-01T01:00:00Z", &[]);
    world.spend(DECEMBER, 500);
    check(&mut world, "2026-12-20T12:00:00Z", &[(Effect::Fired, "50%")]);
    world.budget(Budget { amount: BudgetAmount::Fixed(dollars(5_000)), ..reminding() });
    check(&mut world, "2026-12-20T14:00:00Z", &[]);
    assert!(world.is_quiet());
}

#[test]
fn nobody_is_reminded_of_what_is_not_known() {
    let mut world = World::new(reminding());
    world.spend(NOVEMBER, 500);
    check(&mut world, "2026-11-20T12:00:00Z", &[(Effect::Fired, "50%")]);
    world.spent.clear();
    check(&mut world, "2026-11-20T14:00:00Z", &[]);
    world.spend(NOVEMBER, 500);
    check(&mut world, "2026-11-20T14:01:00Z", &[(Effect::Reminded, "50%")]);
}

#[test]
fn a_clock_that_was_ahead_holds_no_reminder_up() {
    let mut world = World::new(reminding());
    world.spend(NOVEMBER, 500);
    check(&mut world, "2026-11-25T12:00:00Z", &[(Effect::Fired, "50%")]);
    check(&mut world, "2026-11-25T11:30:00Z", &[]);
    check(&mut world, "2026-11-20T12:00:00Z", &[(Effect::Reminded, "50%")]);
    check(&mut world, "2026-11-20T12:59:59Z", &[]);
    check(&mut world, "2026-11-20T13:00:00Z", &[(Effect::Reminded, "50%")]);
}
