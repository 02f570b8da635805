//! `[[rule.…]]`: what operators want to hear of.
//!
//! A kind of rule is a module beside this one with a `read` from its table to a checked
//! condition, and a line in [`KINDS`]. What several kinds share is read here: whose a rule
//! is, its scope, what it is judged for one by one, its severity and its zone.

mod budget;

use jiff::tz::TimeZone;
use toml::de::DeValue;
use usagewarden_core::rule::{Condition, Facet, Glob, Rule, Scope, Severity, Whose};
use usagewarden_core::subject::RuleName;

use super::problem::Complaint;
use super::table::{At, Table};
use super::value;

/// A kind of rule: its word in `[[rule.WORD]]`, and how a name of one might look.
struct Kind {
    word: &'static str,
    example: &'static str,
    read: fn(&Table<'_>) -> Option<Condition>,
}

const KINDS: [Kind; 1] = [Kind { word: "budget", example: "\"month\"", read: budget::read }];

/// Every rule, each with the place of its name.
pub(super) fn read<'a>(table: &Table<'a>) -> Vec<At<'a, Rule>> {
    let mut rules = Vec::new();
    for kind in &KINDS {
        rules.extend(table.tables(kind.word).iter().filter_map(|table| read_rule(table, kind)));
    }
    rules
}

fn read_rule<'a>(table: &Table<'a>, kind: &Kind) -> Option<At<'a, Rule>> {
    let name = table.required("name", kind.example, value::name);
    let whose = Whose::Organizations(globs(table, "organization").unwrap_or(vec![Glob::any()]));
    let condition = (kind.read)(table);
    let At { value: name, position } = name?;
    let value = Rule { name: RuleName::new(name), whose, condition: condition? };
    Some(At { value, position })
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

/// The zone of a rule's periods; `None`: the organization's.
fn zone(table: &Table<'_>) -> Option<(String, TimeZone)> {
    table.optional("time_zone", value::zone).map(|zone| zone.value)
}
