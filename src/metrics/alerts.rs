//! Where the rules stand: alerts by state, and budgets against their limits.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use usagewarden_core::alert::AlertState;
use usagewarden_core::decide::Standing;
use usagewarden_core::notice::{Facts, Kind};
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::RuleName;

use super::cap::Room;
use super::exposition::OrganizationSettings;
use super::family::Family;
use super::fragment::Sheet;

/// The values of the label `state`. Nothing can be silenced or acknowledged yet; both are
/// published, so that what is built on them today holds on the day when it can.
const STATES: [&str; 4] = ["pending", "firing", "silenced", "acknowledged"];

/// Rules that nobody writes, and how much they matter.
const BUILT_IN: [(&str, Severity); 1] = [("identity", Severity::Critical)];

/// A share beyond six digits is noise.
const RATIO_DIGITS: u32 = 6;

/// How many alerts of each rule and severity are in which state, also where there are none.
pub(super) fn counts(
    sheet: &mut Sheet,
    room: &mut Room,
    settings: &OrganizationSettings,
    standings: &[Standing],
) {
    let mut counts: BTreeMap<(RuleName, Severity), [usize; STATES.len()]> = BTreeMap::new();
    let written = settings.rules.iter().map(|(rule, severities)| (rule.clone(), &**severities));
    let built_in = BUILT_IN.iter().map(|(rule, severity)| (RuleName::new(*rule), severity));
    let built_in = built_in.map(|(rule, severity)| (rule, std::slice::from_ref(severity)));
    for (rule, severities) in written.chain(built_in) {
        for severity in severities {
            counts.entry((rule.clone(), *severity)).or_default();
        }
    }
    for standing in standings {
        if let Some(state) = standing.state.label() {
            let states =
                counts.entry((standing.facts.rule.clone(), severity(standing))).or_default();
            let counted = STATES.iter().zip(states).find(|(known, _)| **known == state);
            counted.into_iter().for_each(|(_, count)| *count += 1);
        }
    }
    for ((rule, severity), states) in counts {
        if room.take(STATES.len()) {
            write_counts(sheet, &rule, severity, states);
        }
    }
}

/// An episode keeps its severity, whatever there would be to say now.
fn severity(standing: &Standing) -> Severity {
    match &standing.state {
        AlertState::Firing(episode) => episode.severity,
        AlertState::Quiet | AlertState::Pending { .. } => standing.facts.severity,
    }
}

fn write_counts(
    sheet: &mut Sheet,
    rule: &RuleName,
    severity: Severity,
    counts: [usize; STATES.len()],
) {
    for (state, count) in STATES.into_iter().zip(counts) {
        let labels = [("rule", rule.as_str()), ("severity", severity.label()), ("state", state)];
        sheet.line(Family::Alerts, &labels, count);
    }
}

/// What is known of each budget. Beyond the cap, those closest to their limits keep their
/// series; the others are left out, since shares have no sum.
pub(super) fn budgets(sheet: &mut Sheet, room: &mut Room, standings: &[Standing]) {
    let mut budgets: BTreeMap<(&RuleName, String), Lines> = BTreeMap::new();
    for Standing { facts, .. } in standings.iter().filter(|one| one.facts.kind == Kind::Budget) {
        budgets.insert((&facts.rule, facts.subject.to_string()), lines(facts));
    }
    let mut ranked: Vec<_> = budgets.into_iter().collect();
    if !room.has(ranked.iter().map(|(_, lines)| lines.len()).sum()) {
        ranked.sort_by_key(|(_, lines)| {
            let ratio = lines.iter().find(|(family, _)| *family == Family::BudgetRatio);
            std::cmp::Reverse(ratio.map(|(_, value)| *value))
        });
    }
    for ((rule, subject), lines) in ranked {
        if room.take(lines.len()) {
            for (family, value) in lines {
                let labels = [("rule", rule.as_str()), ("subject", subject.as_str())];
                sheet.line(family, &labels, value);
            }
        }
    }
}

type Lines = Vec<(Family, Decimal)>;

/// What is unknown has no line.
fn lines(facts: &Facts) -> Lines {
    let dollars = |quantity: Option<Quantity>| {
        quantity.filter(|known| known.unit == Unit::Usd).map(|known| known.number.normalize())
    };
    let seconds = |at: jiff::Timestamp| Decimal::from(at.as_second());
    let forecast = facts.forecast.as_ref();
    let known = [
        (Family::BudgetLimit, dollars(facts.limit)),
        (Family::BudgetUsed, dollars(facts.value)),
        (Family::BudgetRatio, facts.ratio().map(|ratio| ratio.round_dp(RATIO_DIGITS).normalize())),
        (Family::BudgetForecast, forecast.map(|forecast| forecast.value.normalize())),
        (Family::BudgetExhaustion, forecast.and_then(|f| f.exhausted_at).map(seconds)),
        (Family::BudgetReset, facts.period.map(|period| seconds(period.until()))),
    ];
    known.into_iter().filter_map(|(family, value)| Some((family, value?))).collect()
}
