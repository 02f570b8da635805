//! `[http] tokens`: who may change something by asking the daemon.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::environment::Environment;
use super::problem::Complaint;
use super::table::{At, Table};
use super::{secret, value};

/// One token: a name for the log, the secret itself, and what it allows.
#[derive(Clone, Debug)]
pub struct Token {
    pub name: Arc<str>,
    pub token: SecretString,
    /// Never empty.
    pub may: Vec<Permission>,
}

/// What a token can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Silence,
    Ack,
    Reload,
    Actions,
    /// Another try for notices that could not be delivered.
    Deliveries,
}

impl Permission {
    const ALL: [(&str, Self); 5] = [
        ("silence", Self::Silence),
        ("ack", Self::Ack),
        ("reload", Self::Reload),
        ("actions", Self::Actions),
        ("deliveries", Self::Deliveries),
    ];
}

impl Token {
    /// Shorter ones can be guessed by asking.
    const LENGTH_LEAST: usize = 16;

    pub(super) fn read_all(http: &Table<'_>, environment: &Environment) -> Vec<Self> {
        let Some(table) = http.table("tokens") else { return Vec::new() };
        let named = table.named().into_iter();
        named.filter_map(|(name, table)| Self::read(name, &table, environment)).collect()
    }

    fn read(name: At<'_, &str>, table: &Table<'_>, environment: &Environment) -> Option<Self> {
        if let Err(complaint) = value::check_name(name.value) {
            table.notes.error(name.position, complaint.about("the name of a token"));
        }
        let token = secret::required(table, "token", "{ credential = \"ops-token\" }", environment);
        if let Some(token) = &token
            && token.value.expose_secret().chars().count() < Self::LENGTH_LEAST
        {
            let complaint = Complaint::new(format!(
                "`token` is shorter than {} characters",
                Self::LENGTH_LEAST
            ));
            table.notes.error(token.position, complaint.hint("make one: openssl rand -hex 32"));
        }
        let may = read_permissions(table);
        Some(Self { name: name.value.into(), token: token?.value, may: may? })
    }
}

fn read_permissions(table: &Table<'_>) -> Option<Vec<Permission>> {
    if !table.has("may") {
        table.missing("may", "[\"deliveries\"]");
    }
    let may = table.list("may", |written| value::word(written, &Permission::ALL))?;
    if table.is_empty_array("may") {
        let complaint = Complaint::new("`may` allows nothing");
        let words = Permission::ALL.map(|(word, _)| word).join(", ");
        table.notes.error(may.position, complaint.hint(format!("write some of {words}")));
    }
    Some(may.value.into_iter().map(|permission| permission.value).collect())
}
