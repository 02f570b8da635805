//! Rate limits that were lowered.
//!
//! What a workspace has no limit of its own for, it has the organization's: one that goes
//! lowers nothing as long as that is no lower. Limits of the organization that are gone, with
//! models that are gone, are no news.

use std::collections::{BTreeMap, BTreeSet};

use super::{Changed, Look};
use crate::headroom::limiter_words;
use crate::quantity::grouped;
use crate::reading::Report;
use crate::roster::RateLimit;
use crate::subject::WorkspaceId;

/// All limits are one text, a line each: workspace or nothing, group, limiter, value.
const FIELD: &str = "rate_limits";

/// Whose limit, of which group, by which limiter.
type Name<'a> = (&'a str, &'a str, &'a str);

/// The lowest of each name: it is the one that is felt.
type Values<'a> = BTreeMap<Name<'a>, u64>;

pub(super) fn look(look: &mut Look<'_>) {
    if !look.change.rate_limit_lowered {
        return;
    }
    let Some(limits) = look.case.snapshot.roster.rate_limits.as_deref() else { return };
    if look.seen.get(FIELD).is_some_and(|seen| is_same(seen, limits)) {
        return;
    }
    let text = watched(limits)
        .map(|((whose, group, limiter), value)| format!("{whose}\t{group}\t{limiter}\t{value}\n"));
    let Some(seen) = look.seen.insert(FIELD.to_owned(), text.collect()) else { return };
    let (before, now) = (lowest(seen.lines().filter_map(parse)), lowest(watched(limits)));
    let names: BTreeSet<&Name<'_>> = before.keys().chain(now.keys()).collect();
    for name in names {
        let (Some(had), Some(has)) = (in_force(&before, *name), in_force(&now, *name)) else {
            continue;
        };
        if has < had {
            let changed = changed(look, *name, had, has);
            look.changes.push(changed);
        }
    }
}

/// What holds for whoever has it: their own limit, else the organization's.
fn in_force(values: &Values<'_>, (whose, group, limiter): Name<'_>) -> Option<u64> {
    let general = values.get(&("", group, limiter));
    values.get(&(whose, group, limiter)).or(general).copied()
}

/// Compares line by line without making any text. In another order it is not the same, but
/// no news either.
fn is_same(seen: &str, limits: &[RateLimit]) -> bool {
    let mut lines = seen.lines();
    let all = watched(limits).all(|next| lines.next().and_then(parse) == Some(next));
    all && lines.next().is_none()
}

fn watched(limits: &[RateLimit]) -> impl Iterator<Item = (Name<'_>, u64)> {
    limits.iter().filter(|limit| !limit.inherited).filter_map(|limit| {
        let whose = limit.workspace.as_ref().map_or("", WorkspaceId::as_str);
        Some(((whose, limit.group.as_str(), limit.limiter.as_str()), limit.value?))
    })
}

fn lowest<'a>(all: impl Iterator<Item = (Name<'a>, u64)>) -> Values<'a> {
    let mut values = Values::new();
    for (name, value) in all {
        values.entry(name).and_modify(|least| *least = (*least).min(value)).or_insert(value);
    }
    values
}

fn parse(line: &str) -> Option<(Name<'_>, u64)> {
    let mut parts = line.split('\t');
    let name = (parts.next()?, parts.next()?, parts.next()?);
    Some((name, parts.next()?.parse().ok()?))
}

fn changed(look: &Look<'_>, (whose, group, limiter): Name<'_>, had: u64, has: u64) -> Changed {
    let workspace = Some(whose).filter(|id| !id.is_empty()).map(WorkspaceId::new);
    Changed {
        report: Report::RateLimits,
        field: format!("rate_limit/{group}/{limiter}"),
        what: format!("{}: {} of {group}", look.whose(workspace.as_ref()), limiter_words(limiter)),
        workspace,
        before: Some(grouped(had.into())),
        after: Some(grouped(has.into())),
    }
}
