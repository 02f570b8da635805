//! `usagewarden org show`: the organization, asked directly of the API.

use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use usagewarden_core::roster::{Profile, Quota, RateLimit, SpendLimit, SpendLimitScope};

use crate::app;
use crate::chain::Chain;
use crate::claude::{Client, PollError};
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::clock::SystemClock;
use crate::config::{Api, Environment, Organization};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Profile, plan, features, quota, rate limits and spend limits
    Show,
}

/// Everything that is shown of one organization.
#[derive(Serialize)]
struct Shown {
    organization: String,
    profile: Profile,
    quota: Option<Quota>,
    rate_limits: Vec<RateLimit>,
    spend_limits: Vec<SpendLimit>,
}

pub(super) fn run(
    global: &Global,
    command: &Command,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let Command::Show = command;
    let loaded = match load(global, environment, terminal) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let wanted = global.organization.as_deref();
    let chosen: Vec<&Organization> = loaded
        .config
        .organizations
        .iter()
        .filter(|organization| wanted.is_none_or(|name| organization.name.as_str() == name))
        .collect();
    if chosen.is_empty() {
        terminal.error(format_args!("there is no organization {}", wanted.unwrap_or_default()));
        terminal.hint("`usagewarden check` counts those that are configured");
        return Exit::Usage;
    }
    let answers = block_on(async {
        let mut answers = Vec::new();
        for organization in chosen {
            answers.push((organization, ask(organization).await));
        }
        answers
    });
    answer(answers, terminal)
}

async fn ask(organization: &Organization) -> Result<Shown, PollError> {
    let client = app::client(organization, Arc::new(SystemClock));
    let profile = client.profile().await?;
    let (quota, rate_limits, spend_limits) = match organization.api {
        Api::Company => (Some(client.quota().await?), Vec::new(), Vec::new()),
        Api::Admin => (None, client.rate_limits().await?, granted_limits(&client).await?),
    };
    let organization = organization.name.to_string();
    Ok(Shown { organization, profile, quota, rate_limits, spend_limits })
}

/// Spend limits are granted one organization at a time; not having them is no failure.
async fn granted_limits(client: &Client) -> Result<Vec<SpendLimit>, PollError> {
    match client.spend_limits().await {
        Err(error) if error.not_granted() => Ok(Vec::new()),
        answer => answer,
    }
}

fn answer(
    answers: Vec<(&Organization, Result<Shown, PollError>)>,
    terminal: &mut Terminal,
) -> Exit {
    let mut exit = Exit::Done;
    let mut shown = Vec::new();
    for (organization, answer) in answers {
        match answer {
            Ok(answer) => shown.push(answer),
            Err(error) => {
                let advice = error.advice();
                terminal.error(format_args!("{}: {}", organization.name, Chain(&error)));
                terminal.hint(advice.cause);
                terminal.hint(advice.fix);
                exit = Exit::No;
            }
        }
    }
    if terminal.json() {
        terminal.value(&serde_json::json!({ "data": shown }));
    } else {
        for organization in &shown {
            print(organization, terminal);
        }
    }
    exit
}

fn print(shown: &Shown, terminal: &mut Terminal) {
    let Profile { id, name, plan, created_at, features, .. } = &shown.profile;
    let mut rows = vec![
        vec!["organization".to_owned(), shown.organization.clone()],
        vec!["name".to_owned(), name.clone()],
        vec!["id".to_owned(), id.clone()],
    ];
    let optional = [
        ("plan", plan.clone()),
        ("created", created_at.map(|at| at.to_string())),
        ("features", (!features.is_empty()).then(|| features.join(", "))),
        ("requests", shown.profile.requests_per_minute.map(|limit| format!("{limit} a minute"))),
        ("tokens", shown.profile.tokens_per_minute.map(|limit| format!("{limit} a minute"))),
        ("quota", shown.quota.as_ref().map(quota_in_words)),
    ];
    let known = optional.into_iter().filter_map(|(head, text)| Some(vec![head.to_owned(), text?]));
    rows.extend(known);
    terminal.table(&["", ""], rows, &[]);
    if !shown.spend_limits.is_empty() {
        terminal.line("");
        let rows = shown.spend_limits.iter().map(spend_limit_row).collect();
        terminal.table(&["spend limit", "amount", "period"], rows, &[1]);
    }
    if !shown.rate_limits.is_empty() {
        terminal.line("");
        let rows = shown.rate_limits.iter().map(rate_limit_row).collect();
        terminal.table(&["rate limit", "limiter", "value"], rows, &[2]);
    }
}

fn quota_in_words(quota: &Quota) -> String {
    let reset = quota.resets_at.map(|at| format!(", resets {at}")).unwrap_or_default();
    format!("{} of {} tokens used, {} left{reset}", quota.used, quota.limit, quota.remaining)
}

fn spend_limit_row(limit: &SpendLimit) -> Vec<String> {
    let scope = match &limit.scope {
        SpendLimitScope::Organization => "organization".to_owned(),
        SpendLimitScope::Workspace(id) => format!("workspace {id}"),
        SpendLimitScope::UsageTier => "usage tier".to_owned(),
        SpendLimitScope::Other(word) => word.clone(),
    };
    let amount = match limit.amount {
        Some(amount) if limit.enabled => amount.to_string(),
        Some(amount) => format!("{amount} (off)"),
        None => "no cap".to_owned(),
    };
    vec![scope, amount, limit.period.clone()]
}

fn rate_limit_row(limit: &RateLimit) -> Vec<String> {
    let value = limit.value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    vec![limit.group.clone(), limit.limiter.clone(), value]
}
