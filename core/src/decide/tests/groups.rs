//! News find their route, wait for their group, and reach everyone they should, once.

use jiff::SignedDuration;

use super::*;
use crate::outbox::Destination;
use crate::route::{About, Group, Label, Route};
use crate::subject::ChannelName;

/// Two budgets, `month` and `small`, and what becomes of their news.
struct Post {
    world: World,
    groups: Vec<Group>,
}

fn route(channels: &[&str]) -> Route {
    Route {
        matches: BTreeMap::new(),
        channels: channels.iter().map(|name| ChannelName::from(*name)).collect(),
        group_by: vec![Label::Organization],
        group_wait: SignedDuration::ZERO,
        group_interval: SignedDuration::ZERO,
        remind_every: None,
        send_period_end: false,
    }
}

fn matching(label: Label, patterns: &[&str], route: Route) -> Route {
    let globs = patterns.iter().map(|pattern| Glob::new(*pattern).unwrap()).collect();
    Route { matches: [(label, globs)].into(), ..route }
}

impl Post {
    fn new(routes: Vec<Route>) -> Self {
        let mut world = World::new(month(1_000));
        world.rules.rules = [rule("month", month(1_000)), rule("small", month(500))].into();
        let reached = |name: &str| {
            let channel = ChannelName::from(name);
            (channel.clone(), vec![Destination { channel, recipient: format!("{name}@x") }])
        };
        let destinations = ["finops", "ops"].map(reached).into();
        world.rules.routes = Arc::new(Routes { routes, destinations });
        Self { world, groups: Vec::new() }
    }

    /// One tick, committed: `recipients: rule step, rule step` for each notice.
    fn tick(&mut self, now: &str) -> Vec<String> {
        let decision = self.decide(now);
        for alert in decision.plan.alerts {
            let key = (alert.rule.clone(), alert.subject.clone());
            self.world.alerts.retain(|old| (old.rule.clone(), old.subject.clone()) != key);
            self.world.alerts.push(alert);
        }
        for group in decision.plan.groups {
            self.groups.retain(|old| old.lane != group.lane);
            self.groups.push(group);
        }
        assert!(self.decide(now).plan.is_empty(), "the second tick of {now} moved");
        decision.plan.notices.iter().map(|(notice, to)| told(notice, to)).collect()
    }

    fn decide(&self, now: &str) -> Decision {
        let mut snapshot = self.world.snapshot(at(now));
        snapshot.groups.clone_from(&self.groups);
        decide(&self.world.rules, &snapshot, at(now))
    }

    fn again_at(&self, now: &str) -> Option<String> {
        self.decide(now).again_at.map(|at| at.to_string())
    }
}

fn told(notice: &Notice, to: &[Destination]) -> String {
    let to: Vec<&str> = to.iter().map(|one| one.channel.as_str()).collect();
    let news: Vec<String> =
        notice.news.iter().map(|news| format!("{} {}", news.facts.rule, shown(news))).collect();
    format!("{}: {}", to.join(" "), news.join(", "))
}

#[test]
fn alerts_of_one_tick_and_group_share_one_notice_the_most_urgent_first() {
    let mut post = Post::new(vec![route(&["finops", "ops"])]);
    post.world.spend(NOVEMBER, 550);
    assert_eq!(post.tick("2026-11-20T12:00:00Z"), ["finops ops: small 100%, month 50%"]);
}

#[test]
fn the_first_route_that_matches_takes_the_news() {
    let mut post = Post::new(vec![
        matching(Label::Severity, &["critical"], route(&["ops"])),
        matching(Label::Rule, &["mon*"], route(&["finops"])),
    ]);
    post.world.spend(NOVEMBER, 550);
    assert_eq!(post.tick("2026-11-20T12:00:00Z"), ["ops: small 100%", "finops: month 50%"]);
    // Of `small` at 80 % no route would hear; of `month` at 100 % the first does.
    post.world.spend(NOVEMBER, 1_100);
    assert_eq!(post.tick("2026-11-20T12:01:00Z"), ["ops: month 100%"]);
}

#[test]
fn a_group_waits_for_more_of_its_kind_and_says_when_to_look_again() {
    let wait = Route { group_wait: SignedDuration::from_secs(30), ..route(&["ops"]) };
    let mut post = Post::new(vec![wait]);
    post.world.spend(NOVEMBER, 260);
    assert!(post.tick("2026-11-20T12:00:00Z").is_empty());
    assert_eq!(post.again_at("2026-11-20T12:00:01Z").as_deref(), Some("2026-11-20T12:00:30Z"));
    post.world.spend(NOVEMBER, 510);
    assert!(post.tick("2026-11-20T12:00:29Z").is_empty());
    // Both steps of `small` became one piece of news: the higher.
    assert_eq!(post.tick("2026-11-20T12:00:30Z"), ["ops: small 100%, month 50%"]);
    assert_eq!(post.again_at("2026-11-20T12:00:31Z"), None);
}

#[test]
fn a_group_keeps_its_distance_but_a_clock_set_back_holds_nothing_up() {
    let apart = Route { group_interval: SignedDuration::from_mins(5), ..route(&["ops"]) };
    let mut post = Post::new(vec![apart]);
    post.world.spend(NOVEMBER, 510);
    assert_eq!(post.tick("2026-11-20T12:00:00Z").len(), 1);
    post.world.spend(NOVEMBER, 810);
    assert!(post.tick("2026-11-20T12:01:00Z").is_empty());
    assert_eq!(post.tick("2026-11-20T12:05:00Z"), ["ops: month 80%"]);
    post.world.spend(NOVEMBER, 1_010);
    assert_eq!(post.tick("2026-11-20T09:00:00Z"), ["ops: month 100%"]);
}

#[test]
fn what_waited_for_a_route_that_was_removed_waits_for_nobody() {
    let wait = Route { group_wait: SignedDuration::from_secs(30), ..route(&["ops"]) };
    let mut post = Post::new(vec![wait]);
    post.world.spend(NOVEMBER, 260);
    assert!(post.tick("2026-11-20T12:00:00Z").is_empty());
    let none = matching(Label::Rule, &["other"], route(&["ops"]));
    let destinations = post.world.rules.routes.destinations.clone();
    post.world.rules.routes = Arc::new(Routes { routes: vec![none], destinations });
    assert!(post.tick("2026-11-20T12:01:00Z").is_empty());
    assert_eq!(post.again_at("2026-11-20T12:02:00Z"), None);
}

#[test]
fn an_alert_knows_its_first_notice_and_who_was_told() {
    let mut post =
        Post::new(vec![matching(Label::Severity, &["info"], route(&["finops"])), route(&["ops"])]);
    post.world.spend(NOVEMBER, 500);
    post.tick("2026-11-20T12:00:00Z");
    post.world.spend(NOVEMBER, 800);
    post.tick("2026-11-20T12:01:00Z");
    let month = post.world.alerts.iter().find(|alert| alert.rule.as_str() == "month").unwrap();
    let episode = month.state.episode().unwrap();
    let channels: Vec<&str> = episode.channels.iter().map(ChannelName::as_str).collect();
    assert_eq!(channels, ["finops", "ops"]);
    assert_eq!(episode.root.as_ref().unwrap().decided_at, at("2026-11-20T12:00:00Z"));
}

#[test]
fn the_end_of_a_period_is_told_only_where_it_is_wanted_and_to_those_who_were_told() {
    for wanted in [false, true] {
        let ends = Route { send_period_end: wanted, ..route(&["ops"]) };
        let only_ops = matching(Label::Rule, &["month"], ends);
        let mut post = Post::new(vec![only_ops]);
        post.world.spend(NOVEMBER, 850);
        post.tick("2026-11-30T23:59:00Z");
        post.world.spend(DECEMBER, 1);
        let told = post.tick("2026-12-01T00:10:00Z");
        let expected: &[&str] = if wanted { &["ops: month 80%"] } else { &[] };
        assert_eq!(told, expected);
    }
}

#[test]
fn a_notice_of_several_has_one_name_however_often_it_is_decided() {
    let mut post = Post::new(vec![route(&["ops"])]);
    post.world.spend(NOVEMBER, 550);
    let named = || post.decide("2026-11-20T12:00:00Z").plan.notices[0].0.id.0.clone();
    assert_eq!(named(), named());
    assert!(named().starts_with("small:acme:organization:20261101T000000Z:0:100:with1:"));
    assert!(!named().contains('.'), "a webhook-id has no dots");
}

#[test]
fn a_workspace_that_gets_another_name_keeps_its_lane() {
    let route = Route { group_by: vec![Label::Workspace], ..route(&["ops"]) };
    let mut post = Post::new(vec![route.clone()]);
    post.world.spend(NOVEMBER, 550);
    let mut facts = post.decide("2026-11-20T12:00:00Z").plan.notices[0].0.news[0].facts.clone();
    facts.subject.workspace = Some("wrkspc_1".into());
    let mut lanes = [None, Some("web"), Some("web-2")].map(|name| {
        facts.names.workspace = name.map(ToOwned::to_owned);
        let about = About { organization: &"acme".into(), companies: &[], facts: &facts };
        route.lane(0, about).0
    });
    lanes.sort();
    assert_eq!(lanes, ["acme/0/wrkspc_1"; 3]);
}
