//! Steps that take actions: whether what they name exists, and can ever be done.

use std::collections::BTreeSet;

use toml::de::DeValue;
use usagewarden_core::action::{Action, Measure};
use usagewarden_core::rule::{Condition, Facet, Rule, Whose};
use usagewarden_core::subject::{ActionName, OrganizationName};

use super::Written;
use crate::config::document::Position;
use crate::config::nearest::nearest;
use crate::config::organization::{Api, Organization};
use crate::config::problem::{Complaint, Notes};
use crate::config::table::{At, Table};

/// Which actions are taken by any step.
#[derive(Debug, Default)]
pub(in crate::config) struct Takers(BTreeSet<ActionName>);

impl Takers {
    /// Warns of actions that no step takes.
    pub(in crate::config) fn warn_untaken(&self, actions: &[Written<'_>], notes: &Notes) {
        for At { value: action, position } in actions {
            if !self.0.contains(&action.name) {
                let message = format!("no step takes the action `{}`", action.name);
                let hint =
                    format!("write `action = \"{}\"` in a step of a budget or quota", action.name);
                notes.warning(Some(position.public()), Complaint::new(message).hint(hint));
            }
        }
    }
}

/// Notes the actions of the steps in `table`, which is what `rule` was made from.
pub(in crate::config) fn check(
    table: &Table<'_>,
    rule: &Rule,
    actions: &[Written<'_>],
    organizations: &[Organization],
    takers: &mut Takers,
) {
    for (name, position) in written(table) {
        let known = actions.iter().find(|known| known.value.name.as_str() == name);
        let Some(At { value: action, .. }) = known else {
            refuse_unknown(name, position, actions, table.notes);
            continue;
        };
        takers.0.insert(action.name.clone());
        if let Some(complaint) = impossible(action, rule, organizations) {
            table.notes.error(position, complaint);
        } else if let Some(complaint) = never(action, rule, organizations) {
            table.notes.warning(Some(position), complaint);
        }
    }
}

/// The names of actions in the steps of a rule, and where they stand.
fn written<'a>(table: &Table<'a>) -> Vec<(&'a str, Position<'a>)> {
    let steps = table.elements("steps").unwrap_or_default();
    let named = steps.into_iter().filter_map(|(step, position)| {
        let DeValue::Table(keys) = step else { return None };
        let name = keys.get("action")?;
        let position = position.document.position(name.span()).public();
        Some((name.get_ref().as_str()?, position))
    });
    named.collect()
}

fn refuse_unknown(name: &str, position: Position<'_>, actions: &[Written<'_>], notes: &Notes) {
    let names: Vec<&str> = actions.iter().map(|known| known.value.name.as_str()).collect();
    let hint = match nearest(name, &names) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None if names.is_empty() => format!("there is none yet: add [action.{name}]"),
        None => format!("there are {}", names.join(", ")),
    };
    notes.error(position, Complaint::new(format!("there is no action `{name}`")).hint(hint));
}

/// Why it can never be done, whatever happens.
fn impossible(action: &Action, rule: &Rule, organizations: &[Organization]) -> Option<Complaint> {
    if matches!(rule.whose, Whose::Company(_)) {
        let complaint = Complaint::new("a rule of a company can take no action");
        return Some(
            complaint.hint("its organizations have keys and limits; write a rule for them"),
        );
    }
    let mut covered = covered(rule, organizations).peekable();
    let is_company_only = covered.peek().is_some() && covered.all(|one| one.api == Api::Company);
    if is_company_only && let Some(complaint) = not_of_company(action) {
        return Some(complaint);
    }
    wider_than_subject(action, rule)
}

/// What the company API cannot do.
fn not_of_company(action: &Action) -> Option<Complaint> {
    let name = &action.name;
    let (what, instead) = match &action.measure {
        Measure::DisableKeys { .. } => (
            "that API can only revoke keys, for good, and no action does that",
            "take `lower_spend_limit` without `workspace`, or `call_webhook`",
        ),
        Measure::LowerRateLimit { .. } => (
            "that API cannot set rate limits",
            "take `lower_spend_limit` without `workspace`, or `call_webhook`",
        ),
        Measure::LowerSpendLimit { workspace: Some(_), .. } => (
            "that API has one spend limit, of the organization",
            "leave `workspace` out of the action",
        ),
        Measure::LowerSpendLimit { workspace: None, .. } | Measure::CallWebhook { .. } => {
            return None;
        }
    };
    let message = format!("the action `{name}` cannot be done with `api = \"company\"`: {what}");
    Some(Complaint::new(message).hint(instead))
}

/// An alert about a part must not change the whole.
fn wider_than_subject(action: &Action, rule: &Rule) -> Option<Complaint> {
    let each: &[Facet] = match &rule.condition {
        Condition::Budget(budget) => &budget.each,
        Condition::Quota(_)
        | Condition::Threshold(_)
        | Condition::RateLimit(_)
        | Condition::Freshness(_)
        | Condition::Change(_)
        | Condition::Keys(_)
        | Condition::Members(_)
        | Condition::Audit(_) => &[],
    };
    let (limit, is_wider) = match &action.measure {
        Measure::LowerSpendLimit { workspace: None, .. } => (
            "the limit of the organization",
            each.contains(&Facet::Workspace) || each.contains(&Facet::Key),
        ),
        Measure::LowerSpendLimit { workspace: Some(_), .. } | Measure::LowerRateLimit { .. } => {
            ("a limit of a workspace", each.contains(&Facet::Key))
        }
        Measure::DisableKeys { .. } | Measure::CallWebhook { .. } => return None,
    };
    let message = format!(
        "the action `{}` lowers {limit}, which is more than what this rule is judged for",
        action.name
    );
    let hint = "take it with a rule whose `each` is not as narrow";
    is_wider.then(|| Complaint::new(message).hint(hint))
}

/// Why nothing will come of it as things are.
fn never(action: &Action, rule: &Rule, organizations: &[Organization]) -> Option<Complaint> {
    let names: Vec<&OrganizationName> = covered(rule, organizations).map(|one| &one.name).collect();
    let is_allowed = covered(rule, organizations).any(|one| one.allow_actions);
    if names.is_empty() || is_allowed {
        return None;
    }
    let message = format!(
        "the action `{}` is never taken: no organization of this rule allows actions",
        action.name
    );
    let names: Vec<&str> = names.into_iter().map(OrganizationName::as_str).collect();
    let hint = format!("set `allow_actions = true` in [[organization]] {}", names.join(" or "));
    Some(Complaint::new(message).hint(hint))
}

fn covered<'a>(
    rule: &'a Rule,
    organizations: &'a [Organization],
) -> impl Iterator<Item = &'a Organization> {
    organizations.iter().filter(|known| rule.covers(&known.name))
}
