//! `[[rule.…]]`: what operators want to hear of.
//!
//! A kind of rule is a module beside this one with a `read` from its table to a checked
//! condition, and a line in [`KINDS`]. What several kinds share is read here: whose a rule
//! is, its scope, what it is judged for one by one, and its severity.

mod audit;
mod budget;
pub(super) mod defaults;
mod keys;
mod members;
mod quota;
mod steps;
mod threshold;
mod watch;

use toml::de::DeValue;
use usagewarden_core::rule::{
    BudgetAmount, Condition, Facet, Glob, Metric, QuotaLimit, Rule, Scope, Severity, Whose,
};
use usagewarden_core::subject::{OrganizationName, RuleName};

use super::action::{self, Takers};
use super::company::Company;
use super::document::Position;
use super::organization::{Api, Organization};
use super::problem::{Complaint, Notes};
use super::table::{At, Table};
use super::value;

/// A kind of rule: its word in `[[rule.WORD]]`, and how a name of one might look.
struct Kind {
    word: &'static str,
    example: &'static str,
    read: fn(&Table<'_>) -> Option<Condition>,
}

const KINDS: [Kind; 9] = [
    Kind { word: "budget", example: "\"month\"", read: budget::read },
    Kind { word: "quota", example: "\"tokens\"", read: quota::read },
    Kind { word: "threshold", example: "\"output-burst\"", read: threshold::read },
    Kind { word: "rate_limit", example: "\"headroom\"", read: watch::rate_limit },
    Kind { word: "freshness", example: "\"blind\"", read: watch::freshness },
    Kind { word: "change", example: "\"limits\"", read: watch::change },
    Kind { word: "keys", example: "\"hygiene\"", read: keys::read },
    Kind { word: "members", example: "\"people\"", read: members::read },
    Kind { word: "audit", example: "\"sensitive\"", read: audit::read },
];

/// What is built in, and so no name for a rule.
const RESERVED: [&str; 3] = ["action", "identity", "delivery"];

/// Whom rules can be about.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) organizations: &'a [Organization],
    pub(super) companies: &'a [Company],
    /// What their steps can take.
    pub(super) actions: &'a [action::Written<'a>],
}

/// Every rule, each with the place of its name.
pub(super) fn read<'a>(
    table: &Table<'a>,
    known: Known<'_>,
    takers: &mut Takers,
) -> Vec<At<'a, Rule>> {
    let mut rules = Vec::new();
    for kind in &KINDS {
        let tables = table.tables(kind.word);
        rules.extend(tables.iter().filter_map(|table| read_rule(table, kind, known, takers)));
    }
    rules
}

fn read_rule<'a>(
    table: &Table<'a>,
    kind: &Kind,
    known: Known<'_>,
    takers: &mut Takers,
) -> Option<At<'a, Rule>> {
    let name = table.required("name", kind.example, rule_name);
    let whose = whose(table, known);
    let condition = (kind.read)(table);
    let At { value: name, position } = name?;
    let rule = Rule { name, whose: whose?, condition: condition? };
    check(&rule, known, position, table.notes);
    if matches!(rule.condition, Condition::Budget(_) | Condition::Quota(_)) {
        action::check(table, &rule, known.actions, known.organizations, takers);
    }
    Some(At { value: rule, position })
}

fn rule_name(value: &DeValue<'_>) -> Result<RuleName, Complaint> {
    let name = value::name(value)?;
    if RESERVED.contains(&&*name) {
        let complaint = Complaint::new(format!("cannot be \"{name}\": that rule is built in"));
        return Err(complaint.hint("choose another name"));
    }
    Ok(RuleName::new(name))
}

/// Whom it is judged for: each organization for itself, or a company as one.
fn whose(table: &Table<'_>, known: Known<'_>) -> Option<Whose> {
    let globs = globs(table, "organization");
    let Some(At { value: name, position }) = table.optional("company", value::name) else {
        // A company that is no name has been refused already.
        let globs = globs.unwrap_or(vec![Glob::any()]);
        return (!table.has("company")).then_some(Whose::Organizations(globs));
    };
    if globs.is_some() {
        let complaint = Complaint::new("`organization` and `company` exclude each other")
            .hint("a rule is for each organization, or for a company as a whole; write two rules");
        table.notes.error(position.public(), complaint);
    }
    if !known.companies.iter().any(|company| company.name.as_str() == &*name) {
        let complaint = Complaint::new(format!("there is no company `{name}`"))
            .hint("add [[company]] with its `name` and `organizations`");
        table.notes.error(position.public(), complaint);
    }
    Some(Whose::Company(OrganizationName::new(name)))
}

/// Notes what cannot be judged, or never will be.
fn check(rule: &Rule, known: Known<'_>, position: Position<'_>, notes: &Notes) {
    let refuse = |complaint| notes.error(position.public(), complaint);
    let is_of_company = matches!(rule.whose, Whose::Company(_));
    let covered = || known.organizations.iter().filter(|known| rule.covers(&known.name));
    if !is_of_company && covered().next().is_none() {
        let message = format!("the rule `{}` covers no organization", rule.name);
        let hint = "its `organization` patterns match none of the names in [[organization]]";
        notes.warning(Some(position), Complaint::new(message).hint(hint));
    }
    match &rule.condition {
        Condition::Budget(budget) if budget.amount == BudgetAmount::Api && is_of_company => {
            let complaint = Complaint::new("a company has no limit that the API reports");
            refuse(complaint.hint("write an amount, or name `organization` instead"));
        }
        Condition::Quota(quota) if quota.limit == QuotaLimit::Api => {
            let without = covered().find(|known| known.api == Api::Admin);
            if is_of_company {
                let complaint = Complaint::new("a company has no quota that the API reports");
                refuse(complaint.hint("write a count, or name `organization` instead"));
            } else if let Some(Organization { name, .. }) = without {
                let message = format!(
                    "`limit = \"api\"` needs `api = \"company\"`, but `{name}` has \"admin\""
                );
                let hint =
                    "write a count, or name `organization`: the Admin API knows no quota of tokens";
                refuse(Complaint::new(message).hint(hint));
            }
        }
        Condition::Threshold(threshold)
            if threshold.metric == Metric::Requests && is_of_company =>
        {
            let complaint = Complaint::new("requests are not added up for a company");
            refuse(complaint.hint("choose another metric, or name `organization` instead"));
        }
        Condition::Budget(_)
        | Condition::Quota(_)
        | Condition::Threshold(_)
        | Condition::RateLimit(_)
        | Condition::Freshness(_)
        | Condition::Change(_)
        | Condition::Keys(_)
        | Condition::Members(_)
        | Condition::Audit(_) => {}
    }
}

/// The patterns of the array `key`; `None` when it is not written.
fn globs(table: &Table<'_>, key: &'static str) -> Option<Vec<Glob>> {
    let globs = table.list(key, value::glob)?;
    if globs.value.is_empty() {
        let complaint = Complaint::new(format!("`{key}` names none"))
            .hint("leave it out to mean all, or write patterns, as in [\"acme-*\"]");
        table.notes.error(globs.position, complaint);
    }
    Some(globs.value.into_iter().map(|glob| glob.value).collect())
}

/// The part of all use that a rule is about.
fn scope(table: &Table<'_>) -> Scope {
    let Some(scope) = table.table("scope") else { return Scope::default() };
    let part = |key| globs(&scope, key).unwrap_or_default();
    Scope {
        workspace: part("workspace"),
        model: part("model"),
        key: part("key"),
        service_tier: part("service_tier"),
    }
}

/// What a rule is judged for one by one.
fn each(table: &Table<'_>) -> Vec<Facet> {
    let Some(written) = table.list("each", facet) else { return Vec::new() };
    let mut facets = Vec::new();
    for At { value: facet, position } in written.value {
        if facets.contains(&facet) {
            let message = format!("`each` names {} twice", facet.label());
            table.notes.error(position, Complaint::new(message).hint("remove one"));
        } else {
            facets.push(facet);
        }
    }
    facets
}

fn facet(value: &DeValue<'_>) -> Result<Facet, Complaint> {
    value::word(value, &Facet::ALL.map(|facet| (facet.label(), facet)))
}

/// The severity of a rule, or of those of its steps that name none.
fn severity(table: &Table<'_>) -> Severity {
    table.optional("severity", value::severity).map(|own| own.value).unwrap_or_default()
}
