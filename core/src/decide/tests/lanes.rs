//! News that wait while something else moves: the route, the clock, the alert itself.

use jiff::SignedDuration;

use super::*;
use crate::outbox::Destination;
use crate::polling::Failing;
use crate::route::{Group, Label, Route};
use crate::rule::Freshness;
use crate::subject::ChannelName;

/// One organization whose usage fails, or is refused, and what waits to be told of it.
struct Desk {
    rules: Rules,
    polling: Polling,
    alerts: Vec<AlertRecord>,
    groups: Vec<Group>,
}

fn route(severity: Option<&str>, channel: &str, wait: i64) -> Route {
    let globs = severity.map(|word| (Label::Severity, vec![Glob::new(word).unwrap()]));
    Route {
        matches: globs.into_iter().collect(),
        channels: vec![ChannelName::from(channel)],
        group_by: vec![Label::Organization],
        group_wait: SignedDuration::from_mins(wait),
        group_interval: SignedDuration::ZERO,
        remind_every: None,
        send_period_end: false,
    }
}

impl Desk {
    fn new(routes: Vec<Route>) -> Self {
        let failing_for = Some(SignedDuration::ZERO);
        let (older_than, severity) = (BTreeMap::new(), Severity::Warning);
        let freshness = Freshness { older_than, failing_for, severity };
        let whose = Whose::Organizations(vec![Glob::any()]);
        let condition = Condition::Freshness(freshness);
        let blind = Rule { name: "blind".into(), whose, condition };
        let World { rules, .. } = World::of(blind);
        let mut desk =
            Self { rules, polling: Polling::default(), alerts: Vec::new(), groups: Vec::new() };
        desk.route(routes);
        desk
    }

    fn route(&mut self, routes: Vec<Route>) {
        let reached = |name: &str| {
            let channel = ChannelName::from(name);
            (channel.clone(), vec![Destination { channel, recipient: format!("{name}@x") }])
        };
        let destinations = ["finops", "ops"].map(reached).into();
        self.rules.routes = Arc::new(Routes { routes, destinations });
    }

    fn usage_fails(&mut self, refused: bool) {
        let (cause, fix) = (String::new(), String::new());
        let failing = Failing { since: at(NOON), refused, cause, fix };
        self.polling = Polling { failing: [(Report::Usage, failing)].into(), ..Polling::default() };
    }

    fn usage_answers(&mut self) {
        self.polling = Polling { answering: [Report::Usage].into(), ..Polling::default() };
    }

    fn decide(&self, now: Timestamp) -> Decision {
        let base = World::new(month(1)).snapshot(now);
        let (alerts, groups) = (self.alerts.clone(), self.groups.clone());
        let snapshot = Snapshot { alerts, groups, polling: self.polling.clone(), ..base };
        decide(&self.rules, &snapshot, now)
    }

    /// One tick, committed, so many minutes after noon: `recipients: effect severity`.
    fn tick(&mut self, minute: i64) -> Vec<String> {
        let now = at(NOON) + SignedDuration::from_mins(minute);
        let plan = self.decide(now).plan;
        for alert in plan.alerts {
            self.alerts.retain(|old| (&old.rule, &old.subject) != (&alert.rule, &alert.subject));
            self.alerts.push(alert);
        }
        for group in plan.groups {
            self.groups.retain(|old| old.lane != group.lane);
            if group != Group::new(group.lane.clone()) {
                self.groups.push(group);
            }
        }
        assert!(self.decide(now).plan.is_empty(), "the second tick of minute {minute} moved");
        plan.notices.iter().map(|(notice, to)| told(notice, to)).collect()
    }
}

const NOON: &str = "2026-11-20T12:00:00Z";

fn told(notice: &Notice, to: &[Destination]) -> String {
    let to: Vec<&str> = to.iter().map(|one| one.channel.as_str()).collect();
    let shown = |news: &News| format!("{} {}", news.effect.label(), news.facts.severity);
    let news: Vec<String> = notice.news.iter().map(shown).collect();
    format!("{}: {}", to.join(" "), news.join(", "))
}

#[test]
fn an_end_reaches_those_who_were_told_though_no_route_takes_it() {
    let mut desk = Desk::new(vec![route(Some("warning"), "finops", 0)]);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), ["finops: fired warning"]);
    // Of this nobody hears, as the operator wished.
    desk.usage_fails(true);
    assert_eq!(desk.tick(1), [""; 0]);
    desk.usage_answers();
    assert_eq!(desk.tick(2), ["finops: resolved critical"]);
}

#[test]
fn what_ended_in_another_lane_is_told_where_it_waits_as_ended() {
    let routes = vec![route(Some("critical"), "ops", 0), route(None, "finops", 30)];
    let mut desk = Desk::new(routes);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), [""; 0]);
    desk.usage_fails(true);
    assert_eq!(desk.tick(1), ["ops: fired critical"]);
    desk.usage_answers();
    assert_eq!(desk.tick(2), ["ops: resolved critical"]);
    assert_eq!(desk.tick(30), ["finops: resolved warning"]);
    assert!(desk.groups.is_empty());
}

#[test]
fn an_end_of_which_only_another_lane_waits_to_hear_is_told_there_alone() {
    let routes = vec![route(Some("critical"), "ops", 40), route(None, "finops", 30)];
    let mut desk = Desk::new(routes);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), [""; 0]);
    desk.usage_fails(true);
    assert_eq!(desk.tick(1), [""; 0]);
    desk.usage_answers();
    assert_eq!(desk.tick(2), [""; 0]);
    assert_eq!(desk.tick(30), ["finops: resolved warning"]);
    assert_eq!(desk.tick(41), ["ops: resolved critical"]);
}

#[test]
fn what_waits_goes_where_the_routes_of_today_take_it() {
    let waiting = route(None, "finops", 30);
    let mut desk = Desk::new(vec![waiting.clone()]);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), [""; 0]);
    // Another route now stands before it, and takes nothing of this.
    let other = route(Some("critical"), "ops", 0);
    desk.route(vec![other.clone(), waiting]);
    assert_eq!(desk.tick(29), [""; 0]);
    desk.route(vec![other, route(None, "ops", 30)]);
    assert_eq!(desk.tick(30), ["ops: fired warning"]);
    let episode = desk.alerts[0].state.episode().unwrap();
    assert_eq!(episode.channels, ["ops".into()]);
}

#[test]
fn a_piece_that_no_route_takes_any_more_takes_no_other_along() {
    let mut desk = Desk::new(vec![route(None, "finops", 30)]);
    desk.polling.identity = crate::polling::Identity::Right;
    desk.usage_fails(true);
    assert_eq!(desk.tick(0), [""; 0]);
    desk.usage_fails(false);
    let mut mild = desk.groups[0].waiting[0].clone();
    mild.facts.severity = Severity::Info;
    mild.facts.episode = crate::alert::EpisodeId("another".to_owned());
    desk.groups[0].waiting.insert(0, mild);
    desk.route(vec![route(Some("critical"), "ops", 30)]);
    assert_eq!(desk.tick(30), ["ops: fired critical"]);
}

#[test]
fn a_clock_set_back_does_not_hold_up_what_waits() {
    let mut desk = Desk::new(vec![route(None, "finops", 30)]);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), [""; 0]);
    assert_eq!(desk.tick(-10_000), [""; 0]);
    assert_eq!(desk.tick(-9_970), ["finops: fired warning"]);
}

#[test]
fn a_group_is_forgotten_once_it_need_not_keep_its_distance() {
    let apart = Route { group_interval: SignedDuration::from_mins(5), ..route(None, "ops", 0) };
    let mut desk = Desk::new(vec![apart]);
    desk.usage_fails(false);
    assert_eq!(desk.tick(0), ["ops: fired warning"]);
    assert_eq!(desk.tick(4), [""; 0]);
    assert_eq!(desk.groups.len(), 1);
    assert_eq!(desk.tick(5), [""; 0]);
    assert!(desk.groups.is_empty());
    assert_eq!(desk.alerts[0].state.episode().map(|one| one.channels.len()), Some(1));
}
