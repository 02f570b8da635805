//! What an action reaches: its own scope, as far as it is the subject's, and nothing else.
//!
//! A workspace is found by its whole id or name, and only where one alone has it. A key is a
//! target only where the inventory says that it belongs to that workspace: one that is for the
//! whole organization, or of which that is not known, never is. What is not heard of has no
//! targets, and why there are none is said. Nothing is asked of anybody.

mod limits;

use std::fmt;

use crate::action::{Measure, Target};
use crate::amount::Amount;
use crate::quantity::grouped;
use crate::reading::Report;
use crate::roster::{ApiKey, Workspace};
use crate::rule::Glob;
use crate::snapshot::Roster;
use crate::subject::{Subject, WorkspaceId};
use crate::words::report_name;

/// Only keys that can be used are worth switching off.
const ACTIVE: &str = "active";

/// Names of a sentence; more would not be read.
const NAMED_MAX: usize = 5;

/// Why an action has no targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// It is for another part of the organization than the alert is about.
    Elsewhere,
    /// The inventory was never heard.
    Unheard(Report),
    NoWorkspace(String),
    /// So many have this name, or this id.
    Ambiguous {
        workspace: String,
        count: usize,
    },
    /// Nobody can limit the default workspace.
    DefaultWorkspace,
    /// No key of the workspace matches.
    NoKey {
        workspace: String,
    },
    /// Those that match are not active: name and status.
    NotActive(Vec<(String, String)>),
    /// No rate limit of that name is known.
    NoRateLimit {
        limiter: String,
    },
    /// The API does not say what those that match are called, so none can be set.
    Nameless,
    /// They are as low, or lower.
    RateLimitLow {
        to: u64,
    },
    SpendLimitLow {
        is: Amount,
    },
}

/// What `measure` changes for an alert about `subject`, never empty; or why there is nothing.
pub fn targets(
    measure: &Measure,
    subject: &Subject,
    roster: &Roster,
) -> Result<Vec<Target>, Nothing> {
    match measure {
        Measure::DisableKeys { workspace, keys } => disable(workspace, keys, subject, roster),
        Measure::LowerSpendLimit { workspace, to } => {
            limits::lower_spend(workspace.as_deref(), *to, subject, roster)
        }
        Measure::LowerRateLimit { workspace, group, limiter, to } => {
            let wanted = limits::Wanted { group, limiter, to: *to };
            limits::lower_rate(workspace, wanted, subject, roster)
        }
        // Whoever is called decides what to make of the subject.
        Measure::CallWebhook { channel } => Ok(vec![Target::Webhook { channel: channel.clone() }]),
    }
}

/// A workspace that exists once.
struct Found<'a> {
    id: WorkspaceId,
    name: &'a str,
}

/// The one workspace that has this id or name, if it is the subject's too.
fn workspace<'a>(
    named: &'a str,
    subject: &Subject,
    roster: &'a Roster,
) -> Result<Found<'a>, Nothing> {
    let known = roster.workspaces.as_deref().ok_or(Nothing::Unheard(Report::Keys))?;
    let is_meant =
        |one: &&Workspace| one.id.as_str() == named || one.api_id == named || one.name == named;
    let meant: Vec<&Workspace> = known.iter().filter(is_meant).collect();
    // The default one exists also where it is not listed: who is merely called so is a second.
    let is_default = |one: &Workspace| one.id.as_str() == WorkspaceId::DEFAULT;
    let unlisted = named == WorkspaceId::DEFAULT && !known.iter().any(is_default);
    let found = match meant[..] {
        [_, ..] if unlisted => {
            let count = meant.len() + 1;
            return Err(Nothing::Ambiguous { workspace: named.to_owned(), count });
        }
        [one] => Found { id: one.id.clone(), name: &one.name },
        // It is in no list that was not asked to show it.
        [] if named == WorkspaceId::DEFAULT => Found { id: named.into(), name: named },
        [] => return Err(Nothing::NoWorkspace(named.to_owned())),
        [..] => {
            return Err(Nothing::Ambiguous { workspace: named.to_owned(), count: meant.len() });
        }
    };
    let is_subjects = subject.workspace.as_ref().is_none_or(|own| *own == found.id);
    if is_subjects { Ok(found) } else { Err(Nothing::Elsewhere) }
}

fn disable(
    named: &str,
    globs: &[Glob],
    subject: &Subject,
    roster: &Roster,
) -> Result<Vec<Target>, Nothing> {
    let workspace = workspace(named, subject, roster)?;
    let known = roster.keys.as_deref().ok_or(Nothing::Unheard(Report::Keys))?;
    // All ids begin alike: a pattern that is meant for names, as `api*`, would match every one.
    let is_named =
        |key: &ApiKey, glob: &Glob| glob.as_str() == key.id.as_str() || glob.matches(&key.name);
    let is_in_scope = |key: &&ApiKey| {
        let is_matched = globs.iter().any(|glob| is_named(key, glob));
        key.workspace.as_ref() == Some(&workspace.id) && is_matched
    };
    let is_subjects = |key: &&ApiKey| subject.key.as_ref().is_none_or(|own| *own == key.id);
    let scope: Vec<&ApiKey> = known.iter().filter(is_in_scope).filter(is_subjects).collect();
    if scope.is_empty() && subject.key.is_some() {
        return Err(Nothing::Elsewhere);
    }
    if scope.is_empty() {
        return Err(Nothing::NoKey { workspace: workspace.name.to_owned() });
    }
    // Of a key that is listed twice nobody knows where it belongs.
    let is_listed_once = |key: &ApiKey| known.iter().filter(|one| one.id == key.id).count() == 1;
    let (active, idle): (Vec<&ApiKey>, Vec<&ApiKey>) =
        scope.into_iter().partition(|key| key.status == ACTIVE && is_listed_once(key));
    if active.is_empty() {
        let shown = idle.into_iter().map(|key| (key.name.clone(), key.status.clone()));
        return Err(Nothing::NotActive(shown.collect()));
    }
    let target = |key: &ApiKey| Target::Key {
        id: key.id.clone(),
        name: key.name.clone(),
        workspace: workspace.id.clone(),
        workspace_name: workspace.name.to_owned(),
    };
    Ok(active.into_iter().map(target).collect())
}

/// For people: the end of a sentence that begins with what should have been done.
impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("the alert is about another part of the organization"),
            Self::Unheard(report) => {
                write!(f, "nothing was heard yet of {}", report_name(*report))
            }
            Self::NoWorkspace(named) => write!(f, "there is no workspace {named}"),
            Self::Ambiguous { workspace, count } => {
                write!(f, "{count} workspaces are called {workspace}: name it by its id")
            }
            Self::DefaultWorkspace => f.write_str("the default workspace cannot be limited"),
            Self::NoKey { workspace } => {
                write!(f, "no key of the workspace {workspace} matches")
            }
            Self::NotActive(keys) => {
                let shown = keys.iter().take(NAMED_MAX);
                let shown: Vec<String> =
                    shown.map(|(name, status)| format!("{name} ({status})")).collect();
                let more = keys.len().saturating_sub(NAMED_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                write!(f, "no key that matches is active: {}{more}", shown.join(", "))
            }
            Self::NoRateLimit { limiter } => {
                write!(f, "no group that matches has a limit `{limiter}`")
            }
            Self::Nameless => f.write_str("the API does not say what these limits are called"),
            Self::RateLimitLow { to } => {
                write!(f, "every limit that matches is at {} or below", grouped((*to).into()))
            }
            Self::SpendLimitLow { is } => write!(f, "the limit is {is} already"),
        }
    }
}

#[cfg(test)]
mod tests;
