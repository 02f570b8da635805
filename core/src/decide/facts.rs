//! What news are called, and who they name.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::action::ActionId;
use crate::alert::{EpisodeId, StepMemory};
use crate::amount::Amount;
use crate::ledger::Charge;
use crate::notice::{Contributor, Effect, NewsId};
use crate::rule::{Step, StepOf};
use crate::snapshot::{PeriodSpend, Roster};
use crate::subject::{
    ActionName, ApiKeyId, ModelId, OrganizationName, RuleName, Subject, WorkspaceId,
};

/// More would not be read; the page has the rest.
const CONTRIBUTORS_MAX: usize = 5;

/// Names the news of one step: rule, organization, subject, period, revision of
/// the memory, step. The same facts give the same name, other facts another.
pub(super) fn step_id(
    rule: &RuleName,
    organization: &OrganizationName,
    subject: &Subject,
    memory: &StepMemory,
    step: &Step,
) -> NewsId {
    let from = memory.period_from.unwrap_or_default();
    let at = step.at.ratio();
    let foreseen = memory.foreseen.iter().find(|known| known.at == at);
    let (revision, word) = match step.of {
        StepOf::Used => (memory.revision, ""),
        StepOf::Forecast => (foreseen.map_or(0, |known| known.revision), "forecast"),
    };
    NewsId(joined(&[
        rule.to_string(),
        organization.to_string(),
        subject.to_string(),
        compact(from),
        revision.to_string(),
        format!("{word}{}", step.at).replace('%', ""),
    ]))
}

/// Names an episode that is not about steps: rule, organization, subject, beginning.
pub(super) fn episode_id(
    rule: &RuleName,
    organization: &OrganizationName,
    subject: &Subject,
    since: Timestamp,
) -> EpisodeId {
    let parts = [rule.to_string(), organization.to_string(), subject.to_string(), compact(since)];
    EpisodeId(joined(&parts))
}

/// Names an order: rule, organization, subject, action, period. Whatever else changes within
/// the period, it is the same order.
pub(super) fn action_id(
    rule: &RuleName,
    organization: &OrganizationName,
    subject: &Subject,
    action: &ActionName,
    from: Timestamp,
) -> ActionId {
    ActionId(joined(&[
        rule.to_string(),
        organization.to_string(),
        subject.to_string(),
        action.to_string(),
        compact(from),
    ]))
}

/// Names what happened to an episode; `at` tells apart what can happen again.
pub(super) fn news_id(episode: &EpisodeId, effect: Effect, at: Option<Timestamp>) -> NewsId {
    let at = at.map(|at| format!(":{}", compact(at))).unwrap_or_default();
    NewsId(format!("{}:{}{at}", episode.0, effect.label()))
}

/// `20261101T000000Z`
pub(super) fn compact(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn joined(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| escaped(part)).collect();
    parts.join(":")
}

/// Letters, digits, `-` and `_` stay; all else is written as its code, so that
/// different names stay different and none holds the `:` or a `.`.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' {
            escaped.push(letter);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "={:X}=", u32::from(letter));
        }
    }
    escaped
}

/// Who spent most of the charges that are to be kept, by name, largest first.
pub(super) fn contributors(
    spend: &PeriodSpend,
    roster: &Roster,
    keep: impl Fn(&Charge) -> bool,
) -> Vec<Contributor> {
    let mut sums: BTreeMap<(&WorkspaceId, Option<&ModelId>, &ApiKeyId), Amount> = BTreeMap::new();
    for charge in spend.charges.iter().filter(|charge| keep(charge)) {
        let who = (&charge.workspace, charge.model.as_ref(), &charge.key);
        *sums.entry(who).or_default() += charge.amount;
    }
    let total: Amount = sums.values().copied().sum();
    let mut sums: Vec<_> = sums.into_iter().filter(|(_, value)| *value > Amount::ZERO).collect();
    sums.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
    sums.truncate(CONTRIBUTORS_MAX);
    sums.into_iter()
        .map(|((workspace, model, key), value)| Contributor {
            workspace: roster.workspace_name(workspace).unwrap_or(workspace.as_str()).to_owned(),
            model: model.map(ToString::to_string),
            api_key: roster.key_name(key).unwrap_or(key.as_str()).to_owned(),
            value,
            share: value.ratio_of(total).unwrap_or(Decimal::ZERO),
            change: None,
        })
        .collect()
}
