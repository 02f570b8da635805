//! Budgets over months: what is told, once, and what is not.

mod acted;
mod actions;
mod algebra;
mod calendars;
mod forecasts;
mod groups;
mod lanes;
mod limits;
mod quotas;
mod reminders;
mod rolling;
mod subjects;
mod together;
mod watch;
mod world;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::*;
use crate::amount::Amount;
use crate::ledger::{Basis, Charge, Counters, Coverage};
use crate::notice::{Matter, News};
use crate::period::PeriodKind;
use crate::polling::Polling;
use crate::reading::{Report, Tokens};
use crate::rule::{Budget, BudgetAmount, Glob, Scope, Severity, Share, Step, Whose};
use crate::snapshot::{PeriodSpend, Roster};
use crate::window::{Width, Window};

use world::World;

fn step(percent: u32, severity: Severity) -> Step {
    Step::used(Share::of_percent(percent.into()).unwrap(), severity)
}

fn dollars(dollars: u32) -> Amount {
    Amount::from_dollars(dollars.into())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// 50, 80 and 100 % of a month.
fn month(amount: u32) -> Budget {
    Budget {
        amount: BudgetAmount::Fixed(dollars(amount)),
        period: PeriodKind::Month,
        zone: None,
        scope: Scope::default(),
        each: Vec::new(),
        steps: vec![
            step(50, Severity::Info),
            step(80, Severity::Warning),
            step(100, Severity::Critical),
        ],
    }
}

fn rule(name: &str, budget: Budget) -> Rule {
    let whose = Whose::Organizations(vec![Glob::any()]);
    Rule { name: name.into(), whose, condition: Condition::Budget(budget) }
}

fn step_of(news: &News) -> Decimal {
    let Matter::Step { step, .. } = &news.facts.matter else { unreachable!("{news:?}") };
    *step
}

fn shown(news: &News) -> String {
    let percent = (step_of(news) * Decimal::ONE_HUNDRED).normalize();
    let is_late = matches!(news.facts.matter, Matter::Step { late: true, .. });
    format!("{percent}%{}", if is_late { " late" } else { "" })
}

const NOVEMBER: &str = "2026-11-01T00:00:00Z";
const DECEMBER: &str = "2026-12-01T00:00:00Z";

#[test]
fn steps_are_told_in_order_and_each_once() {
    let mut world = World::new(month(1_000));
    for (spent, expected) in [
        (499, vec![]),
        (500, vec!["50%"]),
        (799, vec![]),
        (800, vec!["80%"]),
        (1_200, vec!["100%"]),
    ] {
        world.spend(NOVEMBER, spent);
        world.check("2026-11-20T12:00:00Z", &expected);
    }
}

#[test]
fn several_steps_at_once_are_one_notice_for_the_highest() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 5_000);
    world.check("2026-11-20T12:00:00Z", &["100%"]);
    world.check("2026-11-20T12:01:00Z", &[]);
}

#[test]
fn half_a_month_is_not_judged_while_the_other_half_is_being_read() {
    let mut world = World::new(month(1_000));
    world.first_heard_at = Some(at("2026-11-20T12:00:00Z"));
    world.spend(NOVEMBER, 600);
    world.check("2026-11-20T12:00:00Z", &[]);
    world.read_from = Some(at("2026-11-13T00:00:00Z"));
    world.check("2026-11-20T12:05:00Z", &[]);
    world.spend(NOVEMBER, 900);
    world.read_from = Some(at("2026-10-31T00:00:00Z"));
    world.check("2026-11-20T12:06:00Z", &["80%"]);
}

#[test]
fn estimates_at_list_prices_are_not_judged_before_the_bill_was_looked_at() {
    let now = "2026-11-20T12:00:00Z";
    let mut world = World::new(month(1_000));
    world.first_heard_at = Some(at(now));
    world.read_from = Some(at("2026-10-31T00:00:00Z"));
    world.spend(NOVEMBER, 1_090);
    world.awaits_bill = true;
    world.check(now, &[]);
    world.awaits_bill = false;
    world.spend(NOVEMBER, 960);
    world.check("2026-11-20T12:00:02Z", &["80%"]);
}

#[test]
fn a_report_that_cannot_be_read_does_not_hold_judgement_for_ever() {
    let mut world = World::new(month(1_000));
    world.first_heard_at = Some(at("2026-11-20T12:00:00Z"));
    world.spend(NOVEMBER, 600);
    world.check("2026-11-20T13:14:59Z", &[]);
    world.check("2026-11-20T13:15:00Z", &["50%"]);
}

#[test]
fn a_restatement_neither_resolves_nor_tells_again() {
    let mut world = World::new(month(1_000));
    for (spent, expected) in [(850, vec!["80%"]), (100, vec![]), (850, vec![])] {
        world.spend(NOVEMBER, spent);
        world.check("2026-11-20T12:00:00Z", &expected);
        assert!(!world.is_quiet());
    }
}

#[test]
fn who_spends_is_said_of_what_fires_and_not_of_what_is_quiet() {
    let mut world = World::new(month(1_000));
    for (spent, expected) in [(100, 0), (850, 1)] {
        world.spend(NOVEMBER, spent);
        world.tick("2026-11-20T12:00:00Z");
        let now = at("2026-11-20T12:01:00Z");
        let standings = decide(&world.rules, &world.snapshot(now), now).standings;
        assert_eq!(standings[0].facts.contributors.len(), expected, "{spent}");
    }
}

#[test]
fn missing_data_move_nothing() {
    let mut world = World::new(month(1_000));
    world.check("2026-11-20T12:00:00Z", &[]);
    world.spend(NOVEMBER, 850);
    world.check("2026-11-20T12:01:00Z", &["80%"]);
    world.spent.clear();
    world.check("2026-11-20T12:02:00Z", &[]);
    assert!(!world.is_quiet());
}

#[test]
fn a_raised_amount_arms_the_steps_now_above_the_ratio() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    let first = world.tick("2026-11-20T12:00:00Z");
    world.budget(month(1_600));
    world.check("2026-11-20T12:01:00Z", &[]);
    assert!(!world.is_quiet(), "50 % of 1600 is still crossed");
    world.spend(NOVEMBER, 1_300);
    let second = world.tick("2026-11-20T12:02:00Z");
    assert_eq!(shown(&second[0]), "80%");
    assert_ne!(first[0].id, second[0].id);
    assert_eq!(first[0].facts.episode, second[0].facts.episode);
}

#[test]
fn an_amount_raised_far_enough_ends_the_episode_without_a_word() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    let first = world.tick("2026-11-20T12:00:00Z");
    world.budget(month(10_000));
    world.check("2026-11-20T12:01:00Z", &[]);
    assert!(world.is_quiet());
    world.spend(NOVEMBER, 8_500);
    let second = world.tick("2026-11-20T12:02:00Z");
    assert_eq!(shown(&second[0]), "80%");
    assert_eq!(second[0].facts.root.as_ref().unwrap().id.0, second[0].id.0);
    assert_ne!(first[0].facts.episode, second[0].facts.episode);
}

#[test]
fn a_lowered_amount_tells_the_newly_crossed_highest_once() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 550);
    world.check("2026-11-20T12:00:00Z", &["50%"]);
    world.budget(month(500));
    world.check("2026-11-20T12:01:00Z", &["100%"]);
    world.check("2026-11-20T12:02:00Z", &[]);
}

#[test]
fn the_end_of_the_period_is_quiet_and_arms_every_step() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    world.check("2026-11-30T23:59:59Z", &["80%"]);
    world.check(DECEMBER, &[]);
    assert!(world.is_quiet());
    world.spend(DECEMBER, 900);
    world.check("2026-12-20T00:00:00Z", &["80%"]);
}

#[test]
fn a_crossing_that_late_data_show_is_told_once_as_late() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    let first = world.tick("2026-11-30T23:59:59Z");
    world.spend(NOVEMBER, 1_050);
    world.spend(DECEMBER, 10);
    let late = world.tick("2026-12-01T06:00:00Z");
    assert_eq!(late.iter().map(shown).collect::<Vec<_>>(), ["100% late"]);
    assert_eq!(late[0].facts.episode, first[0].facts.episode);
    world.check("2026-12-01T06:01:00Z", &[]);
    assert!(world.is_quiet(), "December itself is well");
}

#[test]
fn a_settled_period_is_judged_no_more() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    world.check("2026-11-30T23:59:59Z", &["80%"]);
    world.check("2026-12-03T00:00:00Z", &[]);
    world.spend(NOVEMBER, 1_050);
    world.check("2026-12-03T00:01:00Z", &[]);
}

#[test]
fn an_amount_lowered_for_the_new_period_says_nothing_of_the_old_one() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 550);
    world.check("2026-11-30T23:59:59Z", &["50%"]);
    world.budget(month(500));
    world.spend(DECEMBER, 1);
    world.check("2026-12-01T06:00:00Z", &[]);
}

#[test]
fn the_history_of_a_first_start_is_no_news() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 5_000);
    world.spend(DECEMBER, 1);
    world.check("2026-12-01T06:00:00Z", &[]);
}

#[test]
fn a_clock_set_back_begins_no_period_twice() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    world.spend(DECEMBER, 850);
    world.check("2026-12-01T00:00:05Z", &["80%"]);
    world.check("2026-11-30T23:59:59Z", &[]);
    world.check("2026-12-01T00:00:06Z", &[]);
}

#[test]
fn a_clock_that_was_far_ahead_does_not_silence_the_budget() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    world.check("2027-03-08T00:00:00Z", &[]);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    world.check("2026-11-20T12:01:00Z", &[]);
}

#[test]
fn a_removed_rule_closes_its_alert_without_a_word() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    world.rules.rules = [rule("other", month(10_000))].into();
    world.check("2026-11-20T12:01:00Z", &[]);
    assert!(world.is_quiet());
}

#[test]
fn a_budget_of_other_organizations_is_not_judged() {
    let mut world = World::new(month(1));
    let whose = Whose::Organizations(vec![Glob::new("globex*").unwrap()]);
    world.rules.rules = [Rule { whose, ..rule("month", month(1)) }].into();
    world.spend(NOVEMBER, 850);
    world.check("2026-11-20T12:00:00Z", &[]);
    assert!(world.alerts.is_empty());
}

#[test]
fn a_period_ends_at_midnight_of_the_rules_zone() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let berlin = Budget { zone: Some(("Europe/Berlin".to_owned(), zone)), ..month(1_000) };
    let mut world = World::new(berlin);
    world.spend("2026-09-30T22:00:00Z", 850);
    world.check("2026-10-31T22:59:59Z", &["80%"]);
    world.check("2026-10-31T23:00:00Z", &[]);
    assert!(world.is_quiet());
}

#[test]
fn decided_twice_a_notice_has_one_name() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    let now = at("2026-11-20T12:00:00Z");
    let decided = || decide(&world.rules, &world.snapshot(now), now).plan.notices;
    let (first, second) = (decided(), decided());
    assert_eq!(first, second);
    assert_eq!(first[0].0.id.0, "month:acme:organization:20261101T000000Z:0:80");
    assert!(first[0].0.roots().is_empty(), "it is a root itself");
}
