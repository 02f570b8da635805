//! `amount = "api"`: budgets by the limits that the API reports.

use super::subjects::workspace;
use super::*;
use crate::quantity::Quantity;
use crate::roster::{SpendLimit, SpendLimitScope};
use crate::rule::Facet;

const NOON: &str = "2026-11-20T12:00:00Z";

fn limit(scope: SpendLimitScope, amount: Option<u32>, enabled: bool) -> SpendLimit {
    let amount = amount.map(dollars);
    SpendLimit { id: "spl_1".to_owned(), scope, amount, period: "monthly".to_owned(), enabled }
}

fn of(id: &str) -> SpendLimitScope {
    SpendLimitScope::Workspace(id.into())
}

fn by_api() -> Budget {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let zone = Some(("Europe/Berlin".to_owned(), berlin));
    Budget { amount: BudgetAmount::Api, zone, ..month(1) }
}

fn world(budget: Budget, limits: Vec<SpendLimit>) -> World {
    let mut world = World::new(budget);
    world.roster.spend_limits = Some(Arc::new(limits));
    world.roster.workspaces =
        Some(Arc::new(vec![workspace("wrkspc_1", "web"), workspace("wrkspc_2", "ingest")]));
    world
}

#[track_caller]
fn check(world: &World, subject: &str, expected: Result<u32, Unknown>) {
    let standing = world.standing(NOON, subject);
    match expected {
        Ok(limit) => assert_eq!(standing.facts.limit, Some(Quantity::money(dollars(limit)))),
        Err(unknown) => assert_eq!((standing.facts.limit, standing.unknown), (None, Some(unknown))),
    }
}

/// Nobody can raise it in a rule, and people must not be told to.
#[test]
fn a_limit_of_the_api_is_told_as_such() {
    let limits = vec![limit(SpendLimitScope::Organization, Some(900), true)];
    for (world, expected) in [(world(by_api(), limits), true), (World::new(month(1)), false)] {
        let matter = world.standing(NOON, "organization").facts.matter;
        assert!(matches!(matter, Matter::Step { api_limit, .. } if api_limit == expected));
    }
}

#[test]
fn the_lowest_of_organization_and_usage_tier_counts_if_it_is_on() {
    use SpendLimitScope::{Organization, Other, UsageTier};
    let cases: [(Vec<SpendLimit>, Result<u32, Unknown>); 6] = [
        (vec![limit(Organization, Some(900), true), limit(UsageTier, Some(500), true)], Ok(500)),
        (vec![limit(Organization, Some(900), true), limit(UsageTier, Some(500), false)], Ok(900)),
        (vec![limit(Organization, None, true), limit(UsageTier, Some(500), true)], Ok(500)),
        (vec![limit(of("wrkspc_1"), Some(5), true)], Err(Unknown::NoLimit)),
        (vec![limit(Other("user".to_owned()), Some(5), true)], Err(Unknown::NoLimit)),
        (vec![limit(Organization, Some(0), true)], Err(Unknown::NoLimit)),
    ];
    for (limits, expected) in cases {
        check(&world(by_api(), limits), "organization", expected);
    }
    check(&World::new(by_api()), "organization", Err(Unknown::NoData));
}

#[test]
fn a_scope_of_one_workspace_has_its_limit_and_else_the_organizations() {
    let limits = || {
        vec![
            limit(SpendLimitScope::Organization, Some(900), true),
            limit(of("wrkspc_2"), Some(70), true),
        ]
    };
    for (pattern, expected) in [("ingest", 70), ("wrkspc_2", 70), ("web", 900), ("*", 900)] {
        let workspace = vec![Glob::new(pattern).unwrap()];
        let scope = Scope { workspace, ..Scope::default() };
        let world = world(Budget { scope, ..by_api() }, limits());
        check(&world, "organization", Ok(expected));
    }
}

#[test]
fn each_workspace_has_its_own_limit_or_is_unknown() {
    let limits = vec![
        limit(SpendLimitScope::Organization, Some(900), true),
        limit(of("wrkspc_2"), Some(70), true),
    ];
    let mut world = world(Budget { each: vec![Facet::Workspace], ..by_api() }, limits);
    world.spend(NOVEMBER, 60);
    check(&world, "workspace:wrkspc_1", Err(Unknown::NoLimit));
    // It has spent nothing, but has a limit.
    check(&world, "workspace:wrkspc_2", Ok(70));
    world.spend_elsewhere(NOVEMBER, "wrkspc_2", 60);
    world.check(NOON, &["80%"]);
}

#[test]
fn the_month_of_the_apis_limits_is_in_utc() {
    let limits = vec![limit(SpendLimitScope::Organization, Some(100), true)];
    let mut world = world(by_api(), limits);
    world.spend(NOVEMBER, 85);
    world.check("2026-11-30T23:59:59Z", &["80%"]);
    assert!(!world.is_quiet());
    world.check(DECEMBER, &[]);
    assert!(world.is_quiet());
}

#[test]
fn a_limit_that_vanishes_moves_nothing_and_one_that_is_raised_arms() {
    let limits = |amount| vec![limit(SpendLimitScope::Organization, amount, true)];
    let mut world = world(by_api(), limits(Some(100)));
    world.spend(NOVEMBER, 85);
    world.check(NOON, &["80%"]);
    world.roster.spend_limits = Some(Arc::new(limits(None)));
    world.check(NOON, &[]);
    assert!(!world.is_quiet());
    world.roster.spend_limits = Some(Arc::new(limits(Some(1_000))));
    world.check(NOON, &[]);
    assert!(world.is_quiet());
}
