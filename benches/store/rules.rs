//! Twenty rules of every kind that costs something to judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::Rules;
use usagewarden_core::period::{Calendar, PeriodKind};
use usagewarden_core::reading::Report;
use usagewarden_core::route::Routes;
use usagewarden_core::rule::{
    Bound, Budget, BudgetAmount, Change, Condition, Facet, Freshness, Glob, Headroom, Metric, Rule,
    Scope, Severity, Share, Step, Threshold, Whose,
};

/// Ten budgets, six thresholds, two of rate limits, one each of freshness and change.
pub(super) fn twenty() -> Rules {
    let mut rules = Vec::new();
    let kinds = [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month];
    for number in 0..10 {
        let each = if number % 5 == 4 { vec![Facet::Workspace] } else { Vec::new() };
        rules.push(rule(number, Condition::Budget(budget(kinds[number % 3], each))));
    }
    for number in 10..16 {
        let each = if number % 3 == 2 { vec![Facet::Key] } else { Vec::new() };
        rules.push(rule(number, Condition::Threshold(threshold(each))));
    }
    rules.push(rule(16, Condition::RateLimit(headroom(85))));
    rules.push(rule(17, Condition::RateLimit(headroom(95))));
    rules.push(rule(18, Condition::Freshness(freshness())));
    rules.push(rule(19, Condition::Change(change())));
    Rules {
        calendar: Calendar::utc(),
        rules: rules.into(),
        routes: Arc::new(Routes::everything_to_everyone(BTreeMap::new())),
        companies: Vec::new(),
        actions: Arc::default(),
        allow_actions: false,
    }
}

fn rule(number: usize, condition: Condition) -> Rule {
    let whose = Whose::Organizations(vec![Glob::any()]);
    Rule { name: format!("rule-{number}").as_str().into(), whose, condition }
}

fn share(percent: u32) -> Share {
    Share::of_percent(percent.into()).expect("a literal above zero")
}

fn budget(period: PeriodKind, each: Vec<Facet>) -> Budget {
    Budget {
        amount: BudgetAmount::Fixed(Amount::from_dollars(Decimal::from(10_000_000))),
        period,
        zone: None,
        scope: Scope::default(),
        each,
        steps: vec![
            Step::used(share(50), Severity::Info),
            Step::used(share(80), Severity::Warning),
            Step::used(share(100), Severity::Critical),
        ],
    }
}

fn threshold(each: Vec<Facet>) -> Threshold {
    Threshold {
        metric: Metric::OutputTokens,
        window: SignedDuration::from_hours(1),
        bound: Bound::Above(Decimal::from(u64::MAX)),
        clear: None,
        hold: SignedDuration::ZERO,
        severity: Severity::Warning,
        scope: Scope::default(),
        each,
    }
}

fn headroom(percent: u32) -> Headroom {
    Headroom {
        at: share(percent),
        over: SignedDuration::from_mins(5),
        hold: SignedDuration::ZERO,
        severity: Severity::Warning,
        scope: Scope::default(),
    }
}

fn freshness() -> Freshness {
    Freshness {
        older_than: BTreeMap::from([(Report::Usage, SignedDuration::from_hours(24 * 365))]),
        failing_for: Some(SignedDuration::from_mins(10)),
        severity: Severity::Warning,
    }
}

fn change() -> Change {
    Change {
        rate_limit_lowered: true,
        spend_limit_changed: true,
        plan_changed: true,
        name_changed: true,
        ..Change::default()
    }
}
