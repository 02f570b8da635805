//! `org show`: everything that is known of one organization, or of each.

use serde::Serialize;
use usagewarden_core::roster::{Profile, Quota};

use super::allowed::{self, Allowed};
use crate::claude::PollError;
use crate::cli::limits::read::Limits;
use crate::cli::limits::table;
use crate::cli::wording::{grouped, instant};
use crate::cli::{Exit, Global, Terminal, several};
use crate::config::{Api, Config, Organization};

/// Everything that is shown of one organization.
#[derive(Serialize)]
struct Shown<'a> {
    organization: &'a str,
    api: &'static str,
    profile: Profile,
    /// As configured; `None`: any name will do.
    expect_name: Option<&'a str>,
    as_expected: bool,
    quota: Option<Quota>,
    #[serde(flatten)]
    limits: Limits,
    #[serde(flatten)]
    allowed: Allowed,
    #[serde(skip)]
    configured: &'a Organization,
}

pub(super) async fn run(
    global: &Global,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let (mut shown, mut exit) = (Vec::new(), Ok(()));
    for organization in several::chosen(global, config, terminal)? {
        match ask(organization, config).await {
            Ok(one) => {
                let is_whole = told_whole(&one, terminal);
                exit = if is_whole { exit } else { Err(Exit::No) };
                shown.push(one);
            }
            Err(error) => {
                several::unanswered(organization, &error, terminal);
                exit = Err(Exit::No);
            }
        }
    }
    if terminal.json() {
        terminal.value(&serde_json::json!({ "data": shown }));
        return exit;
    }
    for (number, one) in shown.iter().enumerate() {
        if number > 0 {
            terminal.line("");
        }
        print(one, terminal);
    }
    exit
}

/// Says what is wrong with an answer, and whether nothing is.
fn told_whole(shown: &Shown<'_>, terminal: &mut Terminal) -> bool {
    let expected = allowed::expected(shown.configured, &shown.profile);
    if let Err(said) = &expected {
        allowed::tell_unexpected(said, terminal);
    }
    for failure in &shown.limits.failures {
        several::unanswered(shown.configured, failure, terminal);
    }
    expected.is_ok() && shown.limits.failures.is_empty()
}

async fn ask<'a>(organization: &'a Organization, config: &Config) -> Result<Shown<'a>, PollError> {
    let client = several::reader(organization);
    // Without an answer to the simplest question, the rest would only say the same again.
    let profile = client.profile().await?;
    let mut limits = Limits::ask(&client, organization, config).await;
    let quota = match organization.api {
        Api::Admin => None,
        Api::Company => match client.quota().await {
            Ok(quota) => Some(quota),
            Err(error) => {
                limits.failures.push(error);
                None
            }
        },
    };
    Ok(Shown {
        organization: organization.name.as_str(),
        api: allowed::api_word(organization),
        as_expected: allowed::expected(organization, &profile).is_ok(),
        expect_name: organization.expect_name.as_deref(),
        quota,
        limits,
        allowed: Allowed::ask(&client, organization).await,
        profile,
        configured: organization,
    })
}

fn print(shown: &Shown<'_>, terminal: &mut Terminal) {
    let Profile { id, name, plan, created_at, features, .. } = &shown.profile;
    let name = match (shown.expect_name, shown.as_expected) {
        (Some(_), true) => format!("{name}, as expected"),
        (Some(expected), false) => format!("{name}, not {expected} as expected"),
        (None, _) => name.clone(),
    };
    let known = [
        ("api", Some(shown.api.to_owned())),
        ("name", Some(name)),
        ("id", Some(id.clone())),
        ("plan", plan.clone()),
        ("created", created_at.map(instant)),
        ("features", (!features.is_empty()).then(|| features.join(", "))),
        ("requests", shown.profile.requests_per_minute.map(a_minute)),
        ("tokens", shown.profile.tokens_per_minute.map(a_minute)),
        ("quota", shown.quota.as_ref().map(quota_in_words)),
        ("spend limit", spend_limit(shown)),
    ];
    let known = known.into_iter().filter_map(|(head, text)| Some((head, text?)));
    let keys = shown.allowed.rows(shown.configured.api);
    let rows = known.chain(keys).map(|(head, text)| vec![head.to_owned(), text]).collect();
    terminal.table(&["organization", shown.organization], rows, &[]);
    table::print(&shown.limits, None, terminal);
}

/// The Admin API has a table of them.
fn spend_limit(shown: &Shown<'_>) -> Option<String> {
    match shown.configured.api {
        Api::Admin => None,
        Api::Company => Some(table::set_here_in_words(shown.limits.set_here.as_ref())),
    }
}

fn a_minute(limit: u64) -> String {
    format!("{} a minute", grouped(limit))
}

fn quota_in_words(quota: &Quota) -> String {
    let reset = quota.resets_at.map(|at| format!(", until {}", instant(at))).unwrap_or_default();
    let (used, of, left) = (grouped(quota.used), grouped(quota.limit), grouped(quota.remaining));
    format!("{used} of {of} tokens used, {left} left{reset}")
}
