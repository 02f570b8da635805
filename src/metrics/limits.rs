//! What the API allows: quota, caps on spend, limits on rates.

use std::collections::BTreeMap;

use usagewarden_core::amount::Amount;
use usagewarden_core::roster::{RateLimit, SpendLimitScope};
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::WorkspaceId;

use super::cap::Room;
use super::family::Family;
use super::fragment::Sheet;

pub(super) fn quota(sheet: &mut Sheet, snapshot: &Snapshot) {
    let Some(quota) = &snapshot.roster.quota else { return };
    sheet.line(Family::QuotaLimit, &[], quota.limit);
    sheet.line(Family::QuotaUsed, &[], quota.used);
    sheet.line(Family::QuotaRemaining, &[], quota.remaining);
    if let Some(resets_at) = quota.resets_at {
        sheet.line(Family::QuotaReset, &[], resets_at.as_second());
    }
}

/// Caps that are on and have a figure. Of several with equal labels the lowest counts:
/// it is the one that stops the spending first.
pub(super) fn spend_limits(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    let Some(limits) = &snapshot.roster.spend_limits else { return };
    let mut lowest: BTreeMap<(&str, &str), Amount> = BTreeMap::new();
    for limit in limits.iter().filter(|limit| limit.enabled) {
        if let Some(amount) = limit.amount {
            keep_lowest(&mut lowest, scope(&limit.scope), amount);
        }
    }
    for ((scope, workspace), amount) in lowest {
        if room.take(1) {
            let labels = [("scope", scope), ("workspace_id", workspace)];
            sheet.line(Family::SpendLimit, &labels, amount.dollars().normalize());
        }
    }
}

/// The labels `scope` and `workspace_id`.
fn scope(scope: &SpendLimitScope) -> (&str, &str) {
    match scope {
        SpendLimitScope::Organization => ("organization", ""),
        SpendLimitScope::Workspace(id) => ("workspace", id.as_str()),
        SpendLimitScope::UsageTier => ("usage_tier", ""),
        SpendLimitScope::Other(_) => ("other", ""),
    }
}

/// Limits of the organization and those that workspaces have of their own. An inherited one
/// is the organization's and would be counted twice.
pub(super) fn rate_limits(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    let mut lowest: BTreeMap<[&str; 3], u64> = BTreeMap::new();
    for limit in snapshot.roster.rate_limits.iter().flat_map(|limits| limits.iter()) {
        if let (Some(value), false) = (limit.value, limit.inherited) {
            keep_lowest(&mut lowest, labels(limit), value);
        }
    }
    if snapshot.roster.rate_limits.is_none() {
        lowest.extend(of_profile(snapshot));
    }
    for (labels, value) in lowest {
        if room.take(1) {
            write(sheet, Family::RateLimit, labels, value);
        }
    }
}

/// The company API has its limits in the profile, for the organization as a whole.
fn of_profile(snapshot: &Snapshot) -> impl Iterator<Item = ([&str; 3], u64)> {
    let profile = snapshot.roster.profile.as_deref();
    let limits = profile.map(|profile| {
        [
            ("requests_per_minute", profile.requests_per_minute),
            ("tokens_per_minute", profile.tokens_per_minute),
        ]
    });
    limits
        .into_iter()
        .flatten()
        .filter_map(|(limiter, value)| value.map(|value| (["", "organization", limiter], value)))
}

/// The values of `workspace_id`, `group` and `limiter`.
pub(super) fn labels(limit: &RateLimit) -> [&str; 3] {
    let workspace = limit.workspace.as_ref().map_or("", WorkspaceId::as_str);
    [workspace, &limit.group, &limit.limiter]
}

pub(super) fn write(
    sheet: &mut Sheet,
    family: Family,
    [workspace, group, limiter]: [&str; 3],
    value: impl std::fmt::Display,
) {
    let labels = [("workspace_id", workspace), ("group", group), ("limiter", limiter)];
    sheet.line(family, &labels, value);
}

fn keep_lowest<K: Ord, V: Ord + Copy>(lowest: &mut BTreeMap<K, V>, key: K, value: V) {
    lowest.entry(key).and_modify(|least| *least = (*least).min(value)).or_insert(value);
}
