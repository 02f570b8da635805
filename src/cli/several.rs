//! Questions to one organization, or to all of them: whom to ask, and how to say that one
//! did not answer.
//!
//! One that fails never keeps the others from being shown.

use std::sync::Arc;

use crate::app;
use crate::chain::Chain;
use crate::claude::{Client, PollError};
use crate::cli::{Exit, Global, Terminal};
use crate::clock::SystemClock;
use crate::config::{Api, Config, Organization};

/// The organization that was named, else all of them.
pub(super) fn chosen<'a>(
    global: &Global,
    config: &'a Config,
    terminal: &mut Terminal,
) -> Result<Vec<&'a Organization>, Exit> {
    match global.organization.as_deref() {
        None => Ok(config.organizations.iter().collect()),
        Some(wanted) => named(wanted, config, terminal).map(|one| vec![one]),
    }
}

/// The organization that is configured by this name.
pub(super) fn named<'a>(
    wanted: &str,
    config: &'a Config,
    terminal: &mut Terminal,
) -> Result<&'a Organization, Exit> {
    let found = config.organizations.iter().find(|one| one.name.as_str() == wanted);
    found.ok_or_else(|| {
        terminal.error(format_args!("there is no organization `{wanted}`"));
        terminal.hint(configured(config));
        Exit::Usage
    })
}

/// `configured: acme, labs`.
pub(super) fn configured(config: &Config) -> String {
    let known: Vec<&str> = config.organizations.iter().map(|one| one.name.as_str()).collect();
    format!("configured: {}", known.join(", "))
}

/// A client with the key that reads.
pub(super) fn reader(organization: &Organization) -> Client {
    app::client(organization, Arc::new(SystemClock))
}

pub(super) const fn api_word(api: Api) -> &'static str {
    match api {
        Api::Admin => "admin",
        Api::Company => "company",
    }
}

/// Says why an organization gave no answer, and what to do about it.
pub(super) fn unanswered(organization: &Organization, error: &PollError, terminal: &mut Terminal) {
    let advice = error.advice();
    terminal.error(format_args!("{}: {}", organization.name, Chain(error)));
    terminal.hint(advice.cause);
    terminal.hint(advice.fix);
}
