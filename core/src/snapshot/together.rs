//! A company: several organizations seen as one.
//!
//! Sums of the members are added up where they speak of the same period or stretch. A
//! member of which nothing is known makes the sum a lower bound: it may fire, and its data
//! are as old as the oldest. Ids are unique across organizations but for those that every
//! organization has; these, and all names, get the member's name in front: `acme/default`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::{Charge, Counters, Coverage};
use crate::polling::Polling;
use crate::reading::Report;
use crate::roster::{ApiKey, Workspace};
use crate::snapshot::{Heard, PeriodSpend, Roster, Snapshot};
use crate::stretch::{UseRow, WindowUse};
use crate::subject::{ApiKeyId, ModelId, OrganizationName, WorkspaceId};
use crate::window::{Width, Window};

/// What `members` come to together at `at`; alerts and groups are the company's own, and left
/// to whoever keeps them.
pub fn together(company: OrganizationName, members: &[&Snapshot], at: Timestamp) -> Snapshot {
    Snapshot {
        organization: company,
        revision: members.iter().fold(0, |sum, one| sum.saturating_add(one.revision)),
        at,
        roster: roster(members),
        first_heard_at: members.iter().filter_map(|one| one.first_heard_at).max(),
        heard: heard(members),
        coverage: coverage(members),
        counters: Counters::default(),
        spends: spends(members),
        windows: windows(members),
        price_discount: None,
        price_error: None,
        unpriced: unpriced(members),
        minutes: Vec::new(),
        hour: None,
        alerts: Vec::new(),
        groups: Vec::new(),
        actions: Vec::new(),
        polling: Polling::default(),
    }
}

fn named(member: &Snapshot, name: &str) -> String {
    format!("{}/{name}", member.organization)
}

fn workspace_id(member: &Snapshot, id: &WorkspaceId) -> WorkspaceId {
    if id.as_str() == WorkspaceId::DEFAULT {
        WorkspaceId::new(named(member, id.as_str()))
    } else {
        id.clone()
    }
}

fn key_id(member: &Snapshot, id: &ApiKeyId) -> ApiKeyId {
    if id.as_str() == ApiKeyId::NONE {
        ApiKeyId::new(named(member, id.as_str()))
    } else {
        id.clone()
    }
}

/// Everything that spends, by names that say whose it is. Limits are each member's own.
fn roster(members: &[&Snapshot]) -> Roster {
    let mut workspaces: BTreeMap<WorkspaceId, Workspace> = BTreeMap::new();
    let mut keys: BTreeMap<ApiKeyId, ApiKey> = BTreeMap::new();
    for member in members {
        for own in member.roster.workspaces.iter().flat_map(|all| all.iter()) {
            let (id, name) = (workspace_id(member, &own.id), named(member, &own.name));
            workspaces.insert(id.clone(), Workspace { id, name, ..own.clone() });
        }
        for own in member.roster.keys.iter().flat_map(|all| all.iter()) {
            let (id, name) = (key_id(member, &own.id), named(member, &own.name));
            let workspace = own.workspace.as_ref().map(|id| workspace_id(member, id));
            keys.insert(id.clone(), ApiKey { id, name, workspace, ..own.clone() });
        }
        // What has no name in an inventory is told apart by its id.
        for charge in member.spends.iter().flat_map(|spend| &spend.charges) {
            let id = workspace_id(member, &charge.workspace);
            let named = workspaces.entry(id);
            named.or_insert_with_key(|id| unnamed(member, id.clone(), &charge.workspace));
        }
    }
    Roster {
        workspaces: Some(Arc::new(workspaces.into_values().collect())),
        keys: Some(Arc::new(keys.into_values().collect())),
        ..Roster::default()
    }
}

fn unnamed(member: &Snapshot, id: WorkspaceId, own: &WorkspaceId) -> Workspace {
    let (api_id, name) = (own.to_string(), named(member, own.as_str()));
    Workspace { id, api_id, name, archived: false }
}

/// As old as the oldest; `granted` where all are.
fn heard(members: &[&Snapshot]) -> BTreeMap<Report, Heard> {
    let of = |report| {
        let all: Option<Vec<Heard>> =
            members.iter().map(|member| member.heard.get(&report).copied()).collect();
        let oldest = all?.into_iter().reduce(|one, other| Heard {
            heard_at: one.heard_at.min(other.heard_at),
            data_until: one.data_until.zip(other.data_until).map(|(one, other)| one.min(other)),
            granted: one.granted && other.granted,
        })?;
        Some((report, oldest))
    };
    Report::ALL.into_iter().filter_map(of).collect()
}

/// What has been read of all of them.
fn coverage(members: &[&Snapshot]) -> BTreeMap<(Report, Width), Coverage> {
    let Some((first, others)) = members.split_first() else { return BTreeMap::new() };
    let of = |(key, known): (&(Report, Width), &Coverage)| {
        let mut shared = *known;
        for other in others {
            let other = other.coverage.get(key)?;
            shared = Coverage {
                read: shared.read.overlap(&other.read)?,
                heard_at: shared.heard_at.min(other.heard_at),
                refreshed_at: earliest(shared.refreshed_at, other.refreshed_at),
            };
        }
        Some((*key, shared))
    };
    first.coverage.iter().filter_map(of).collect()
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.zip(other).map(|(one, other)| one.min(other))
}

fn spends(members: &[&Snapshot]) -> Vec<PeriodSpend> {
    let mut sums: Vec<(PeriodSpend, usize)> = Vec::new();
    for member in members {
        for own in &member.spends {
            let own = PeriodSpend { charges: charges(member, own), ..own.clone() };
            let same = |(sum, _): &&mut (PeriodSpend, usize)| {
                sum.kind == own.kind && sum.period == own.period && sum.calendar == own.calendar
            };
            match sums.iter_mut().find(same) {
                Some((sum, count)) => {
                    sum.charges.extend(own.charges);
                    sum.tokens += own.tokens;
                    sum.data_until = earliest(sum.data_until, own.data_until);
                    *count += 1;
                }
                None => sums.push((own, 1)),
            }
        }
    }
    sums.into_iter()
        .map(|(mut sum, count)| {
            sum.charges.sort();
            // How far back the data of a missing member reach is not known.
            sum.data_until = sum.data_until.filter(|_| count == members.len());
            sum
        })
        .collect()
}

fn charges(member: &Snapshot, spend: &PeriodSpend) -> Vec<Charge> {
    let rewritten = |charge: &Charge| Charge {
        workspace: workspace_id(member, &charge.workspace),
        key: key_id(member, &charge.key),
        ..charge.clone()
    };
    spend.charges.iter().map(rewritten).collect()
}

fn windows(members: &[&Snapshot]) -> Vec<WindowUse> {
    let mut sums: Vec<(WindowUse, usize)> = Vec::new();
    for member in members {
        for own in &member.windows {
            let rows = rows(member, own);
            match sums.iter_mut().find(|(sum, _)| sum.wanted == own.wanted) {
                Some((sum, count)) => {
                    sum.rows.extend(rows);
                    sum.covered &= own.covered;
                    sum.window = older(sum.window, own.window);
                    *count += 1;
                }
                None => sums.push((WindowUse { rows, requests: None, ..own.clone() }, 1)),
            }
        }
    }
    sums.into_iter()
        .map(|(mut sum, count)| {
            sum.rows.sort_by(|one, other| {
                let key = |row: &UseRow| {
                    (row.workspace.clone(), row.model.clone(), row.key.clone(), row.tier.clone())
                };
                key(one).cmp(&key(other))
            });
            sum.covered &= count == members.len();
            sum
        })
        .collect()
}

/// Members' newest data differ by a poll; the sum is as old as the oldest.
fn older(one: Window, other: Window) -> Window {
    if other.until() < one.until() { other } else { one }
}

fn rows(member: &Snapshot, stretch: &WindowUse) -> Vec<UseRow> {
    let rewritten = |row: &UseRow| UseRow {
        workspace: workspace_id(member, &row.workspace),
        key: key_id(member, &row.key),
        ..row.clone()
    };
    stretch.rows.iter().map(rewritten).collect()
}

fn unpriced(members: &[&Snapshot]) -> Vec<(ModelId, u64)> {
    let mut sums: BTreeMap<ModelId, u64> = BTreeMap::new();
    for (model, tokens) in members.iter().flat_map(|member| &member.unpriced) {
        let sum = sums.entry(model.clone()).or_default();
        *sum = sum.saturating_add(*tokens);
    }
    sums.into_iter().collect()
}
