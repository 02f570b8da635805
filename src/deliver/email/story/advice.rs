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
        Matter::Step { late: true, .. } => {
            advice.push(format!("If it was, raise {} for the periods to come.", limit_of(facts)));
        }
        Matter::Step { .. } => {
            advice.push(STOP.to_owned());
            advice.push(format!(
                "If it is, raise {}: you will hear of the steps above it again.",
                limit_of(facts)
            ));
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
        | Matter::Undelivered { .. }
        | Matter::Test => {}
    }
    advice
}

const STOP: &str = "If it is not, stop it at its source, or make its API key inactive.";

fn limit_of(facts: &Facts) -> String {
    let setting = if facts.kind == Kind::Quota { "limit" } else { "amount" };
    format!("`{setting}` of the rule `{}`", facts.rule)
}
