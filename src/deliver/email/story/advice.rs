//! What to do, point by point.

use usagewarden_core::notice::{Facts, Kind, Matter};
use usagewarden_core::words;

/// The first point is the one that payload and page show, too. What is over wants nothing.
pub(super) fn of(facts: &Facts) -> Vec<String> {
    if facts.ended_at.is_some() {
        return Vec::new();
    }
    let rule = &facts.rule;
    let mut advice = vec![words::next_step(facts)];
    match &facts.matter {
        Matter::Step { late: true, api_limit, .. } => {
            let raise = raise(facts, *api_limit);
            advice.push(format!("If it was, {raise} for the periods to come."));
        }
        Matter::Step { api_limit, .. } => {
            advice.push(STOP.to_owned());
            let raise = raise(facts, *api_limit);
            advice.push(format!("If it is, {raise}: you will hear of the steps above it again."));
        }
        Matter::Bound { above: true, .. } => {
            advice.push(STOP.to_owned());
            advice.push(format!("If it is, raise `above` of the rule `{rule}`."));
        }
        Matter::Bound { above: false, .. } => {
            advice.push(format!("If it is meant to be so, lower `below` of the rule `{rule}`."));
        }
        Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => {}
    }
    advice
}

const STOP: &str = "If it is not, stop it at its source, or make its API key inactive.";

/// What is the API's own cannot be raised by a rule.
fn raise(facts: &Facts, api_limit: bool) -> String {
    if api_limit {
        return "raise the API's own limit in the Console, or ask for more".to_owned();
    }
    let setting = if facts.kind == Kind::Quota { "limit" } else { "amount" };
    format!("raise `{setting}` of the rule `{}`", facts.rule)
}
