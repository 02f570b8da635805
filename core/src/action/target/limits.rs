//! Limits that an action lowers. One that is as low already is no target.

use std::collections::BTreeMap;

use crate::action::Target;
use crate::action::target::{Found, Nothing, workspace};
use crate::amount::Amount;
use crate::reading::Report;
use crate::roster::{RateLimit, SpendLimitScope};
use crate::rule::Glob;
use crate::snapshot::Roster;
use crate::subject::{Subject, WorkspaceId};

/// The only period that the API has limits for today.
const PERIOD: &str = "monthly";

/// The rate limits that are meant, and to what they are lowered.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) group: &'a Glob,
    pub(super) limiter: &'a str,
    pub(super) to: u64,
}

/// One limiter of one group, as it is for a workspace.
#[derive(Default)]
struct InForce<'a> {
    limit_id: Option<&'a str>,
    general: Option<u64>,
    own: Option<u64>,
}

impl InForce<'_> {
    /// Of a workspace's own limit and the organization's the lower one holds.
    fn value(&self) -> Option<u64> {
        self.own.into_iter().chain(self.general).min()
    }
}

pub(super) fn lower_spend(
    named: Option<&str>,
    to: Amount,
    subject: &Subject,
    roster: &Roster,
) -> Result<Vec<Target>, Nothing> {
    let found = named.map(|named| to_limit(named, subject, roster)).transpose()?;
    let is_wider = found.is_none() && subject.workspace.is_some();
    if is_wider || subject.key.is_some() {
        return Err(Nothing::Elsewhere);
    }
    let scope = match &found {
        Some(found) => SpendLimitScope::Workspace(found.id.clone()),
        None => SpendLimitScope::Organization,
    };
    // Who was never told of a limit may set one: what is there is looked at once more then.
    let known = roster.spend_limits.iter().flat_map(|limits| limits.iter());
    let known = known.filter(|limit| limit.scope == scope && limit.period == PERIOD);
    let lowest = known.filter(|limit| limit.enabled).filter_map(|limit| limit.amount).min();
    if let Some(is) = lowest.filter(|is| *is <= to) {
        return Err(Nothing::SpendLimitLow { is });
    }
    let workspace_name = found.as_ref().map(|found| found.name.to_owned());
    Ok(vec![Target::SpendLimit { workspace: found.map(|found| found.id), workspace_name, to }])
}

pub(super) fn lower_rate(
    named: &str,
    wanted: Wanted<'_>,
    subject: &Subject,
    roster: &Roster,
) -> Result<Vec<Target>, Nothing> {
    let found = to_limit(named, subject, roster)?;
    if subject.key.is_some() {
        return Err(Nothing::Elsewhere);
    }
    let known = roster.rate_limits.as_deref().ok_or(Nothing::Unheard(Report::RateLimits))?;
    let meant = known.iter().filter(|limit| is_meant(limit, wanted, &found.id));
    let (limiter, to) = (wanted.limiter.to_owned(), wanted.to);
    let meant: Vec<&RateLimit> = meant.collect();
    if meant.is_empty() {
        return Err(Nothing::NoRateLimit { limiter });
    }
    let is_subjects =
        |limit: &&RateLimit| subject.model.as_ref().is_none_or(|own| limit.models.contains(own));
    let groups = by_group(meant.into_iter().filter(is_subjects));
    if groups.is_empty() {
        return Err(Nothing::Elsewhere);
    }
    let is_higher = |value: Option<u64>| value.is_some_and(|value| value > to);
    let higher = groups.into_iter().filter(|(_, limit)| is_higher(limit.value()));
    let higher: Vec<(&str, InForce<'_>)> = higher.collect();
    if higher.is_empty() {
        return Err(Nothing::RateLimitLow { to });
    }
    let targets = higher.into_iter().filter_map(|(group, limit)| {
        Some(Target::RateLimit {
            workspace: found.id.clone(),
            workspace_name: found.name.to_owned(),
            limit_id: limit.limit_id?.to_owned(),
            group: group.to_owned(),
            limiter: limiter.clone(),
            to,
        })
    });
    let targets: Vec<Target> = targets.collect();
    if targets.is_empty() { Err(Nothing::Nameless) } else { Ok(targets) }
}

/// A workspace that can have limits of its own.
fn to_limit<'a>(
    named: &'a str,
    subject: &Subject,
    roster: &'a Roster,
) -> Result<Found<'a>, Nothing> {
    let found = workspace(named, subject, roster)?;
    if found.id.as_str() == WorkspaceId::DEFAULT {
        return Err(Nothing::DefaultWorkspace);
    }
    Ok(found)
}

/// The organization's, or this workspace's.
fn is_meant(limit: &RateLimit, wanted: Wanted<'_>, workspace: &WorkspaceId) -> bool {
    let is_near = limit.workspace.as_ref().is_none_or(|own| own == workspace);
    is_near && limit.limiter == wanted.limiter && wanted.group.matches(&limit.group)
}

/// By name of group, and by what the API calls it: two groups can have one name.
fn by_group<'a>(limits: impl Iterator<Item = &'a RateLimit>) -> Vec<(&'a str, InForce<'a>)> {
    let mut groups: BTreeMap<(&str, Option<&str>), InForce<'_>> = BTreeMap::new();
    for limit in limits {
        let id = limit.id.as_deref();
        let known = groups.entry((limit.group.as_str(), id)).or_default();
        known.limit_id = id;
        let is_own = limit.workspace.is_some() && !limit.inherited;
        let value = if is_own { &mut known.own } else { &mut known.general };
        *value = (*value).into_iter().chain(limit.value).min();
    }
    groups.into_iter().map(|((group, _), limit)| (group, limit)).collect()
}
