//! `[[rule.audit]]`: lines of the audit log.

use usagewarden_core::rule::{Audit, Condition, Glob};

use super::super::table::Table;
use super::watch::refuse_company;

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    if !table.has("types") {
        table.missing("types", "[\"*api_key*\", \"*spend_limit*\"]");
    }
    let types = super::globs(table, "types");
    let actors = super::globs(table, "actors").unwrap_or_else(|| vec![Glob::any()]);
    let severity = super::severity(table);
    refuse_company(table, "audit log");
    Some(Condition::Audit(Audit { types: types?, actors, severity }))
}
