//! Limits as people read them.

use usagewarden_core::roster::{RateLimit, SpendLimit, SpendLimitScope};
use usagewarden_core::subject::WorkspaceId;

use super::read::{Limits, SetHere};
use crate::cli::Terminal;
use crate::cli::wording::{grouped, instant};
use crate::config;

/// The tables of all that limits an organization, and of one workspace alone where one is named.
pub(in crate::cli) fn print(limits: &Limits, only: Option<&WorkspaceId>, terminal: &mut Terminal) {
    print_spend(limits, only, terminal);
    match only {
        None => print_rates(limits, terminal),
        Some(id) => print_rates_of(id, limits, terminal),
    }
    for one in &limits.not_shown {
        terminal.line("");
        terminal.line(format_args!("not shown: {one}"));
    }
}

fn print_spend(limits: &Limits, only: Option<&WorkspaceId>, terminal: &mut Terminal) {
    let is_shown = |limit: &&SpendLimit| match (&limit.scope, only) {
        (SpendLimitScope::Workspace(id), Some(only)) => id == only,
        (
            SpendLimitScope::Organization
            | SpendLimitScope::UsageTier
            | SpendLimitScope::Workspace(_)
            | SpendLimitScope::Other(_),
            _,
        ) => true,
    };
    let mut shown: Vec<&SpendLimit> = limits.spend_limits.iter().filter(is_shown).collect();
    if shown.is_empty() {
        return;
    }
    shown.sort_by_key(|limit| (rank(&limit.scope), limits.scope(&limit.scope)));
    let rows = shown.into_iter().map(|limit| spend_row(limit, limits)).collect();
    terminal.line("");
    terminal.table(&["spend limit", "amount", "period", "id"], rows, &[1]);
}

/// From the widest to the narrowest.
const fn rank(scope: &SpendLimitScope) -> u8 {
    match scope {
        SpendLimitScope::UsageTier => 0,
        SpendLimitScope::Organization => 1,
        SpendLimitScope::Workspace(_) => 2,
        SpendLimitScope::Other(_) => 3,
    }
}

fn spend_row(limit: &SpendLimit, limits: &Limits) -> Vec<String> {
    let amount = match limit.amount {
        Some(amount) if limit.enabled => amount.to_string(),
        Some(amount) => format!("{amount} (off)"),
        None => "no cap".to_owned(),
    };
    vec![limits.scope(&limit.scope), amount, limit.period.clone(), limit.id.clone()]
}

/// The organization's limits, then what workspaces have of their own.
fn print_rates(limits: &Limits, terminal: &mut Terminal) {
    let of = |limit: &RateLimit| match &limit.workspace {
        Some(id) => limits.workspace(id),
        None => "organization".to_owned(),
    };
    // What a workspace inherits stands in the rows of the organization.
    let own = limits.rate_limits.iter().filter(|limit| !limit.inherited);
    let rows: Vec<Vec<String>> = own
        .map(|limit| {
            vec![
                group_name(limit, &limits.rate_limits),
                of(limit),
                limit.limiter.clone(),
                value(limit.value),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    terminal.line("");
    terminal.table(&["rate limit", "of", "limiter", "value"], rows, &[3]);
    if !limits.workspaces.is_empty() {
        terminal.line("What no row says of a workspace, it inherits from the organization.");
    }
}

/// What holds in one workspace, and where it comes from.
fn print_rates_of(workspace: &WorkspaceId, limits: &Limits, terminal: &mut Terminal) {
    let rows: Vec<Vec<String>> = limits
        .holding_in(workspace)
        .into_iter()
        .map(|(limit, own)| {
            let from = match own {
                None => "inherited".to_owned(),
                Some(own) if is_above(own.value, limit.value) => {
                    format!("the organization: its own {} is above it", value(own.value))
                }
                Some(_) => "its own".to_owned(),
            };
            let holds = own.filter(|own| !is_above(own.value, limit.value)).unwrap_or(limit);
            vec![
                group_name(limit, &limits.rate_limits),
                limit.limiter.clone(),
                value(holds.value),
                from,
            ]
        })
        .collect();
    if !rows.is_empty() {
        terminal.line("");
        terminal.table(&["rate limit", "limiter", "value", "from"], rows, &[2]);
    }
}

/// The lower of the two holds.
fn is_above(own: Option<u64>, of_organization: Option<u64>) -> bool {
    matches!((own, of_organization), (Some(own), Some(whole)) if own > whole)
}

fn value(limit: Option<u64>) -> String {
    limit.map_or_else(|| "none".to_owned(), grouped)
}

/// `$500.00 a month, set from here on 2026-11-22 08:00 UTC by ada; the API cannot be asked`.
pub(in crate::cli) fn set_here_in_words(set: Option<&SetHere>) -> String {
    let Some(SetHere { amount, at, by, doubtful }) = set else {
        return "not known: none was set from here, and the API cannot be asked".to_owned();
    };
    let (when, amount) = (instant(*at), dollars(amount));
    match doubtful {
        false => {
            format!("{amount} a month, set from here on {when} by {by}; the API cannot be asked")
        }
        true => format!(
            "perhaps {amount} a month: it was asked for from here on {when} by {by}, no answer \
             came, and the API cannot be asked"
        ),
    }
}

/// `$500.00`; what cannot be read stays as it was noted.
fn dollars(noted: &str) -> String {
    config::money(noted).map_or_else(|_| noted.to_owned(), |amount| amount.to_string())
}

/// What people call a group: those that have no name are told by their type.
pub(super) fn group_name(limit: &RateLimit, all: &[RateLimit]) -> String {
    let RateLimit { group, group_type, .. } = limit;
    let is_bare = group.starts_with("rlg_");
    let is_only = all.iter().all(|other| other.group_type != *group_type || other.group == *group);
    match (is_bare, is_only) {
        (false, _) => group.clone(),
        (true, true) => group_type.clone(),
        (true, false) => format!("{group_type} {group}"),
    }
}

impl Limits {
    pub(in crate::cli) fn scope(&self, scope: &SpendLimitScope) -> String {
        match scope {
            SpendLimitScope::Organization => "organization".to_owned(),
            SpendLimitScope::Workspace(id) => self.workspace(id),
            SpendLimitScope::UsageTier => "usage tier".to_owned(),
            SpendLimitScope::Other(word) => word.replace('_', " "),
        }
    }

    /// By the name that people gave it.
    fn workspace(&self, id: &WorkspaceId) -> String {
        let known = self.workspaces.iter().find(|known| known.id == *id);
        format!("workspace {}", known.map_or(id.as_str(), |known| &known.name))
    }

    /// Every limiter of the organization, with what the workspace has of its own instead.
    fn holding_in(&self, workspace: &WorkspaceId) -> Vec<(&RateLimit, Option<&RateLimit>)> {
        let whole = self.rate_limits.iter().filter(|limit| limit.workspace.is_none());
        whole.map(|limit| (limit, self.own(workspace, limit))).collect()
    }

    /// What a workspace has of its own instead of the organization's limit.
    pub(super) fn own(&self, workspace: &WorkspaceId, whole: &RateLimit) -> Option<&RateLimit> {
        self.rate_limits.iter().find(|limit| {
            limit.workspace.as_ref() == Some(workspace)
                && !limit.inherited
                && (&limit.group, &limit.limiter) == (&whole.group, &whole.limiter)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(workspace: Option<&str>, value: Option<u64>, inherited: bool) -> RateLimit {
        RateLimit {
            id: Some("rl_1".to_owned()),
            workspace: workspace.map(Into::into),
            group_type: "model_group".to_owned(),
            group: "Opus".to_owned(),
            models: Vec::new(),
            limiter: "requests_per_minute".to_owned(),
            value,
            inherited,
        }
    }

    #[test]
    fn a_workspace_has_its_own_limit_or_the_organizations() {
        let limits = Limits {
            rate_limits: vec![
                limit(None, Some(1_000), false),
                limit(Some("w1"), Some(100), false),
                limit(Some("w2"), Some(1_000), true),
            ],
            ..Limits::default()
        };
        for (workspace, own) in [("w1", Some(100)), ("w2", None), ("w3", None)] {
            let holding = limits.holding_in(&workspace.into());
            let found = holding[0].1.and_then(|own| own.value);
            assert_eq!((holding.len(), found), (1, own), "{workspace}");
        }
    }

    #[test]
    fn a_limit_above_the_organizations_does_not_hold() {
        for (own, whole, above) in [
            (Some(2), Some(1), true),
            (Some(1), Some(1), false),
            (None, Some(1), false),
            (Some(2), None, false),
        ] {
            assert_eq!(is_above(own, whole), above, "{own:?} {whole:?}");
        }
    }

    #[test]
    fn what_was_set_from_here_is_said_as_such() {
        let set = SetHere {
            amount: "500.00 USD".to_owned(),
            at: "2026-11-22T08:00:00Z".parse().unwrap(),
            by: "ada".to_owned(),
            doubtful: false,
        };
        let doubtful = SetHere { doubtful: true, ..set.clone() };
        let cases = [
            (None, "not known: none was set from here, and the API cannot be asked"),
            (
                Some(&set),
                "$500.00 a month, set from here on 2026-11-22 08:00 UTC by ada; the API cannot be asked",
            ),
            (
                Some(&doubtful),
                "perhaps $500.00 a month: it was asked for from here on 2026-11-22 08:00 UTC by ada, no answer came, and the API cannot be asked",
            ),
        ];
        for (set, words) in cases {
            assert_eq!(set_here_in_words(set), words);
        }
    }
}
