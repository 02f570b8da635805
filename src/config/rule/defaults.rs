//! What is watched when no rule is written.
//!
//! The one list of default rules: values, each with the words that `check` has for it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{
    Budget, BudgetAmount, Change, Condition, Facet, Freshness, Glob, Quota, QuotaLimit, Rule,
    Scope, Severity, Share, Step, StepOf, Whose,
};

use super::super::organization::{Api, Organization};

/// A rule that nobody wrote.
#[derive(Clone, Debug)]
pub struct DefaultRule {
    pub rule: Rule,
    /// What it tells, for people.
    pub words: &'static str,
}

/// Limits are judged where the API in question can report them.
pub(in crate::config) fn rules(organizations: &[Organization]) -> Vec<DefaultRule> {
    let admin = of_api(organizations, Api::Admin);
    let company = of_api(organizations, Api::Company);
    let all = || Some(Whose::Organizations(vec![Glob::any()]));
    let rules = [
        rule(
            "spend-limit",
            admin.clone(),
            Condition::Budget(spend_limit(&[])),
            "50%, 80% and 100% of the organization's monthly spend limit, or of its usage tier's; 100% in the forecast",
        ),
        rule(
            "workspace-spend-limit",
            admin,
            Condition::Budget(spend_limit(&[Facet::Workspace])),
            "the same of each workspace that has a limit of its own",
        ),
        rule(
            "token-quota",
            company,
            Condition::Quota(token_quota()),
            "50%, 80% and 100% of the tokens that the company API allows",
        ),
        rule(
            "blind",
            all(),
            Condition::Freshness(blind()),
            "a refused key, polls that fail for 10m, usage older than 30m, cost than 36h, analytics than 26h",
        ),
        rule(
            "changes",
            all(),
            Condition::Change(changes()),
            "another plan, name or features; lowered rate limits; spend limits that moved or are off",
        ),
    ];
    rules.into_iter().flatten().collect()
}

fn rule(
    name: &str,
    whose: Option<Whose>,
    condition: Condition,
    words: &'static str,
) -> Option<DefaultRule> {
    Some(DefaultRule { rule: Rule { name: name.into(), whose: whose?, condition }, words })
}

/// `None` when there is no such organization. A name is a pattern that matches itself.
fn of_api(organizations: &[Organization], api: Api) -> Option<Whose> {
    let own = organizations.iter().filter(|organization| organization.api == api);
    let globs: Vec<Glob> = own.filter_map(|own| Glob::new(own.name.as_str()).ok()).collect();
    (!globs.is_empty()).then_some(Whose::Organizations(globs))
}

fn spend_limit(each: &[Facet]) -> Budget {
    let mut steps = steps();
    let (at, of, severity) = (share(100), StepOf::Forecast, Severity::Warning);
    steps.push(Step { at, of, severity, remind_every: None, action: None });
    Budget {
        amount: BudgetAmount::Api,
        period: PeriodKind::Month,
        zone: None,
        scope: Scope::default(),
        each: each.to_vec(),
        steps,
    }
}

fn token_quota() -> Quota {
    Quota { limit: QuotaLimit::Api, period: PeriodKind::Month, zone: None, steps: steps() }
}

fn steps() -> Vec<Step> {
    [(50, Severity::Info), (80, Severity::Warning), (100, Severity::Critical)]
        .map(|(percent, severity)| Step::used(share(percent), severity))
        .into()
}

fn share(percent: u32) -> Share {
    Share::of_percent(percent.into()).expect("the constants are above zero")
}

fn blind() -> Freshness {
    let older_than = BTreeMap::from([
        (Report::Usage, SignedDuration::from_mins(30)),
        (Report::Cost, SignedDuration::from_hours(36)),
        (Report::Analytics, SignedDuration::from_hours(26)),
    ]);
    let failing_for = Some(SignedDuration::from_mins(10));
    Freshness { older_than, failing_for, severity: Severity::Warning }
}

const fn changes() -> Change {
    Change {
        rate_limit_lowered: true,
        spend_limit_changed: true,
        spend_limit_off: true,
        // No poll reads requests for an increase.
        increase_request: false,
        plan_changed: true,
        features_changed: true,
        name_changed: true,
        severity: Severity::Warning,
    }
}
