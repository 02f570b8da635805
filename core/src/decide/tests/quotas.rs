//! Quotas: the API's own, until it resets its count, and counts of a period.

use super::*;
use crate::quantity::Quantity;
use crate::roster;
use crate::rule::{Quota, QuotaLimit};
use crate::snapshot::Heard;

fn quota(limit: QuotaLimit) -> World {
    let Budget { steps, period, zone, .. } = month(1);
    let whose = Whose::Organizations(vec![Glob::any()]);
    let condition = Condition::Quota(Quota { limit, period, zone, steps });
    World::of(Rule { name: "tokens".into(), whose, condition })
}

/// What the API says: tokens used of 1000, and when it resets.
fn say(world: &mut World, used: u64, resets_at: Option<&str>) {
    let resets_at = resets_at.map(at);
    let quota = roster::Quota { used, remaining: 1_000 - used, limit: 1_000, resets_at };
    world.roster.quota = Some(Arc::new(quota));
}

const FIRST: Option<&str> = Some("2026-12-01T00:00:00Z");
const SECOND: Option<&str> = Some("2027-01-01T00:00:00Z");

#[test]
fn a_quota_of_the_api_is_told_as_such() {
    for (limit, expected) in [(QuotaLimit::Api, true), (QuotaLimit::Tokens(1_000), false)] {
        let matter = quota(limit).standing("2026-11-20T12:00:00Z", "organization").facts.matter;
        assert!(matches!(matter, Matter::Step { api_limit, .. } if api_limit == expected));
    }
}

#[test]
fn the_apis_quota_is_told_once_until_it_resets() {
    let mut world = quota(QuotaLimit::Api);
    world.check("2026-11-20T11:00:00Z", &[]);
    for (now, used, resets_at, expected) in [
        ("2026-11-20T12:00:00Z", 510, FIRST, vec!["50%"]),
        ("2026-11-21T12:00:00Z", 990, FIRST, vec!["80%"]),
        // The answer is old: it has not been asked since the reset.
        ("2026-12-01T00:00:30Z", 990, FIRST, vec![]),
        ("2026-12-01T00:01:00Z", 10, SECOND, vec![]),
        ("2026-12-20T12:00:00Z", 850, SECOND, vec!["80%"]),
    ] {
        say(&mut world, used, resets_at);
        world.check(now, &expected);
    }
}

#[test]
fn a_reset_that_is_unknown_moves_back_or_is_postponed_tells_nothing_again() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 850, FIRST);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    for resets_at in [None, Some("2026-11-15T00:00:00Z"), FIRST, SECOND, FIRST, None, SECOND] {
        say(&mut world, 850, resets_at);
        world.check("2026-11-20T12:01:00Z", &[]);
    }
    // A reset that is always a month ahead never comes.
    for day in 21..=28 {
        let (now, next) = (format!("2026-11-{day}T12:00:00Z"), format!("2027-02-{day}T12:00:00Z"));
        say(&mut world, 850, Some(&next));
        world.check(&now, &[]);
    }
}

#[test]
fn a_reset_a_little_before_our_clock_is_a_reset() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 850, FIRST);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    say(&mut world, 900, SECOND);
    world.check("2026-11-30T23:59:00Z", &["80%"]);
}

#[test]
fn a_quota_says_when_it_resets_and_how_old_its_figure_is() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 850, FIRST);
    let now = at("2026-11-20T12:00:00Z");
    let mut snapshot = world.snapshot(now);
    let heard = Heard { heard_at: at("2026-11-20T11:59:00Z"), data_until: None, granted: true };
    snapshot.heard.insert(Report::Quota, heard);
    let facts = decide(&world.rules, &snapshot, now).standings.remove(0).facts;
    assert_eq!(facts.value, Some(Quantity::tokens(850)));
    assert_eq!(facts.limit, Some(Quantity::tokens(1_000)));
    assert_eq!(facts.period.map(|period| period.until()), FIRST.map(at));
    assert_eq!(facts.data_until, Some(heard.heard_at));
}

#[test]
fn a_clock_set_back_does_not_silence_what_the_api_counts() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 510, FIRST);
    world.check("2026-11-20T12:00:00Z", &["50%"]);
    say(&mut world, 850, FIRST);
    world.check("2026-11-20T11:00:00Z", &["80%"]);
}

#[test]
fn a_count_is_compared_with_the_tokens_of_the_period() {
    let mut world = quota(QuotaLimit::Tokens(1_000));
    world.spend(NOVEMBER, 5_000);
    let now = at("2026-11-20T12:00:00Z");
    let mut snapshot = world.snapshot(now);
    snapshot.spends[0].tokens = Tokens { output: 500, cache_read: 310, ..Tokens::default() };
    let decision = decide(&world.rules, &snapshot, now);
    let (notice, _) = &decision.plan.notices[0];
    assert_eq!(shown(&notice.news[0]), "80%");
    assert_eq!(decision.standings[0].facts.value, Some(Quantity::tokens(810)));
    snapshot.spends.clear();
    let unknown = decide(&world.rules, &snapshot, now).standings[0].unknown;
    assert_eq!(unknown, Some(Unknown::NoData));
}

#[test]
fn a_reset_that_was_said_too_late_once_holds_no_period_back() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 850, FIRST);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    say(&mut world, 850, SECOND);
    world.check("2026-11-20T12:01:00Z", &[]);
    say(&mut world, 850, FIRST);
    world.check("2026-11-20T12:02:00Z", &[]);
    say(&mut world, 10, SECOND);
    world.check("2026-12-01T00:01:00Z", &[]);
    say(&mut world, 850, SECOND);
    world.check("2026-12-20T12:00:00Z", &["80%"]);
}

/// Who does not say when it resets its count does so by the month, as the API does.
#[test]
fn a_reset_that_is_never_said_is_taken_for_the_end_of_the_month() {
    let mut world = quota(QuotaLimit::Api);
    say(&mut world, 850, None);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    world.check("2026-11-30T22:00:00Z", &[]);
    say(&mut world, 10, None);
    world.check("2026-12-01T00:01:00Z", &[]);
    say(&mut world, 850, None);
    world.check("2026-12-20T12:00:00Z", &["80%"]);
}
