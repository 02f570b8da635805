//! Spend limits: moved, switched off, removed.
//!
//! Limits of users, seats and groups are left out: there can be thousands of them.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Changed, Look};
use crate::amount::Amount;
use crate::reading::Report;
use crate::roster::{SpendLimit, SpendLimitScope};
use crate::subject::WorkspaceId;

/// All caps are one text, a line each: scope, period, value.
const FIELD: &str = "spend_limits";

/// What limits spend at one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cap {
    At(Amount),
    /// On, but without a figure.
    Endless,
    Off,
}

/// Whose limit, and of which period.
type Name<'a> = (&'a str, &'a str);

pub(super) fn look(look: &mut Look<'_>) {
    let change = look.change;
    if !change.spend_limit_changed && !change.spend_limit_off {
        return;
    }
    let Some(limits) = look.case.snapshot.roster.spend_limits.as_deref() else { return };
    let seen = look.seen.get(FIELD);
    if seen.is_some_and(|seen| is_same(seen, limits)) {
        return;
    }
    let text = watched(limits)
        .map(|((scope, period), cap)| format!("{scope}\t{period}\t{}\n", cap.text()));
    let Some(seen) = look.seen.insert(FIELD.to_owned(), text.collect()) else { return };
    let (before, now) = (lowest(seen.lines().filter_map(parse)), lowest(watched(limits)));
    let names: BTreeSet<&Name<'_>> = before.keys().chain(now.keys()).collect();
    for name in names {
        let (before, after) = (before.get(name).copied(), now.get(name).copied());
        if before != after && is_wanted(look, before, after) {
            let changed = changed(look, *name, before, after);
            look.changes.push(changed);
        }
    }
}

/// A limit that is gone, off or without a figure limits nothing any more.
fn is_wanted(look: &Look<'_>, before: Option<Cap>, after: Option<Cap>) -> bool {
    let limits = |cap| matches!(cap, Some(Cap::At(_)));
    match (limits(before), limits(after)) {
        (true, false) => look.change.spend_limit_off,
        (_, true) => look.change.spend_limit_changed,
        (false, false) => false,
    }
}

/// Compares line by line without making any text. In another order it is not the same, but
/// no news either.
fn is_same(seen: &str, limits: &[SpendLimit]) -> bool {
    let mut lines = seen.lines();
    let all = watched(limits).all(|next| lines.next().and_then(parse) == Some(next));
    all && lines.next().is_none()
}

fn watched(limits: &[SpendLimit]) -> impl Iterator<Item = (Name<'_>, Cap)> {
    limits
        .iter()
        .filter_map(|limit| Some(((scope(&limit.scope)?, limit.period.as_str()), cap(limit))))
}

/// Of several with one name the lowest counts: it is the one that stops the spending.
fn lowest<'a>(all: impl Iterator<Item = (Name<'a>, Cap)>) -> BTreeMap<Name<'a>, Cap> {
    let mut caps: BTreeMap<Name<'_>, Cap> = BTreeMap::new();
    for (name, cap) in all {
        let known = caps.entry(name).or_insert(cap);
        if rank(cap) < rank(*known) {
            *known = cap;
        }
    }
    caps
}

fn rank(cap: Cap) -> (u8, Amount) {
    match cap {
        Cap::At(amount) => (0, amount),
        Cap::Endless => (1, Amount::ZERO),
        Cap::Off => (2, Amount::ZERO),
    }
}

fn cap(limit: &SpendLimit) -> Cap {
    match limit.amount {
        _ if !limit.enabled => Cap::Off,
        Some(amount) => Cap::At(amount),
        None => Cap::Endless,
    }
}

/// The id of a workspace, or a word that is none.
fn scope(scope: &SpendLimitScope) -> Option<&str> {
    match scope {
        SpendLimitScope::Organization => Some("organization"),
        SpendLimitScope::UsageTier => Some("usage_tier"),
        SpendLimitScope::Workspace(id) => Some(id.as_str()),
        SpendLimitScope::Other(_) => None,
    }
}

fn parse(line: &str) -> Option<(Name<'_>, Cap)> {
    let mut parts = line.split('\t');
    let name = (parts.next()?, parts.next()?);
    let cap = match parts.next()? {
        "off" => Cap::Off,
        "endless" => Cap::Endless,
        dollars => Cap::At(Amount::from_dollars(Decimal::from_str(dollars).ok()?)),
    };
    Some((name, cap))
}

impl Cap {
    fn text(self) -> String {
        match self {
            Self::At(amount) => amount.dollars().to_string(),
            Self::Endless => "endless".to_owned(),
            Self::Off => "off".to_owned(),
        }
    }

    fn words(self) -> String {
        match self {
            Self::At(amount) => amount.to_string(),
            Self::Endless => "no limit".to_owned(),
            Self::Off => "switched off".to_owned(),
        }
    }
}

fn changed(
    look: &Look<'_>,
    (scope, period): Name<'_>,
    before: Option<Cap>,
    after: Option<Cap>,
) -> Changed {
    let workspace = match scope {
        "organization" | "usage_tier" => None,
        id => Some(WorkspaceId::new(id)),
    };
    let whose = match scope {
        "usage_tier" => "the usage tier".to_owned(),
        _ => look.whose(workspace.as_ref()),
    };
    let of = if period == "monthly" { String::new() } else { format!(" ({period})") };
    let field = match &workspace {
        Some(_) => format!("spend_limit/{period}"),
        None => format!("spend_limit/{scope}/{period}"),
    };
    let words = |cap: Option<Cap>| Some(cap.map_or_else(|| "none".to_owned(), Cap::words));
    Changed {
        report: Report::SpendLimits,
        field,
        workspace,
        what: format!("{whose}: spend limit{of}"),
        before: words(before),
        after: words(after),
    }
}
