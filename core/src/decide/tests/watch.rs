//! Conditions that hold or do not: what is told of them, and what is not.

mod audit;
mod bounds;
mod change;
mod fresh;
mod keys;
mod machine;
mod people;
mod rates;
mod stranger;

use jiff::SignedDuration;

use super::*;
use crate::notice::Effect;
use crate::rule::Condition;

const NOON: &str = "2026-11-20T12:00:00Z";

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// One rule for all, called `watch`.
fn watch(condition: Condition) -> Rule {
    let whose = Whose::Organizations(vec![Glob::any()]);
    Rule { name: "watch".into(), whose, condition }
}

/// An organization with one rule, and what the store remembers.
struct Post {
    rules: Rules,
    /// What was heard last; its alerts and times are set by each tick.
    heard: Snapshot,
    alerts: Vec<AlertRecord>,
}

impl Post {
    fn new(condition: Condition) -> Self {
        let World { mut rules, .. } = World::new(month(1_000));
        rules.rules = [watch(condition)].into();
        let heard = World::new(month(1_000)).snapshot(at(NOON));
        Self { rules, heard, alerts: Vec::new() }
    }

    fn remind_every(&mut self, every: SignedDuration) {
        let mut routes = Routes::clone(&self.rules.routes);
        routes.routes[0].remind_every = Some(every);
        self.rules.routes = Arc::new(routes);
    }

    fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot { at: now, alerts: self.alerts.clone(), ..self.heard.clone() }
    }

    /// One tick, committed, so many minutes after noon.
    fn tick(&mut self, minute: i64) -> Vec<News> {
        let now = at(NOON) + minutes(minute);
        let Decision { plan, .. } = decide(&self.rules, &self.snapshot(now), now);
        for alert in plan.alerts {
            self.alerts.retain(|old| (&old.rule, &old.subject) != (&alert.rule, &alert.subject));
            self.alerts.push(alert);
        }
        let again = decide(&self.rules, &self.snapshot(now), now).plan;
        assert!(again.is_empty(), "the second tick of minute {minute} moved: {again:?}");
        plan.notices.into_iter().flat_map(|(notice, _)| notice.news).collect()
    }

    /// What one tick tells: effect, severity where it is not a warning, and subject.
    #[track_caller]
    fn check(&mut self, minute: i64, expected: &[&str]) {
        let mut told: Vec<String> = self.tick(minute).iter().map(told).collect();
        told.sort();
        assert_eq!(told, expected, "minute {minute}");
    }

    /// Where the alerts stand.
    #[track_caller]
    fn check_standing(&self, minute: i64, expected: &[&str]) {
        let now = at(NOON) + minutes(minute);
        let standings = decide(&self.rules, &self.snapshot(now), now).standings;
        let shown: Vec<String> = standings
            .iter()
            .map(|standing| {
                let state = standing.state.label().unwrap_or("quiet");
                let unknown = standing.unknown.map(|why| format!(": {}", why.words()));
                format!("{} {state}{}", standing.facts.subject, unknown.unwrap_or_default())
            })
            .collect();
        assert_eq!(shown, expected, "minute {minute}");
    }
}

fn told(news: &News) -> String {
    let severity = match news.facts.severity {
        Severity::Warning => "",
        Severity::Info => " info",
        Severity::Critical => " critical",
    };
    format!("{}{severity} {}", news.effect.label(), news.facts.subject)
}
