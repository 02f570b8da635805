//! What a notice is called, and who it names.

use std::collections::BTreeMap;
use std::fmt::Write;

use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::notice::{Contributor, NoticeId, StepMemory};
use crate::rule::{Budget, Step};
use crate::snapshot::{PeriodSpend, Roster};
use crate::subject::{ApiKeyId, ModelId, OrganizationName, WorkspaceId};

/// More would not be read; the page has the rest.
const CONTRIBUTORS_MAX: usize = 5;

/// Names the notice of one step: rule, organization, subject, period, revision of
/// the amount, step. The same facts give the same name, other facts another.
pub(super) fn notice_id(
    budget: &Budget,
    organization: &OrganizationName,
    memory: &StepMemory,
    step: &Step,
) -> NoticeId {
    let from = memory.period_from.unwrap_or_default();
    let parts = [
        budget.name.to_string(),
        organization.to_string(),
        "organization".to_owned(),
        from.strftime("%Y%m%dT%H%M%SZ").to_string(),
        memory.revision.to_string(),
        step.at.to_string().replace('%', ""),
    ];
    NoticeId(parts.map(|part| escaped(&part)).join(":"))
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

/// Who spent most, by name, largest first.
pub(super) fn contributors(spend: &PeriodSpend, roster: &Roster) -> Vec<Contributor> {
    let mut sums: BTreeMap<(&WorkspaceId, Option<&ModelId>, &ApiKeyId), Amount> = BTreeMap::new();
    for charge in &spend.charges {
        let who = (&charge.workspace, charge.model.as_ref(), &charge.key);
        *sums.entry(who).or_default() += charge.amount;
    }
    let mut sums: Vec<_> = sums.into_iter().filter(|(_, value)| *value > Amount::ZERO).collect();
    sums.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
    sums.truncate(CONTRIBUTORS_MAX);
    let total = spend.total();
    sums.into_iter()
        .map(|((workspace, model, key), value)| Contributor {
            workspace: workspace_name(roster, workspace),
            model: model.map(ToString::to_string),
            api_key: key_name(roster, key),
            value,
            share: value.ratio_of(total).unwrap_or(Decimal::ZERO),
        })
        .collect()
}

fn workspace_name(roster: &Roster, id: &WorkspaceId) -> String {
    let known = roster.workspaces.iter().flat_map(|all| all.iter());
    let found = known.into_iter().find(|workspace| workspace.id == *id);
    found.map_or_else(|| id.to_string(), |workspace| workspace.name.clone())
}

fn key_name(roster: &Roster, id: &ApiKeyId) -> String {
    let known = roster.keys.iter().flat_map(|all| all.iter());
    let found = known.into_iter().find(|key| key.id == *id);
    found.map_or_else(|| id.to_string(), |key| key.name.clone())
}
