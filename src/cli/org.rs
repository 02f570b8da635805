//! `usagewarden org show`: the organization, asked directly of the API.

use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use usagewarden_core::roster::{Profile, Quota, RateLimit, SpendLimit, SpendLimitScope, Workspace};
use usagewarden_core::subject::WorkspaceId;

use crate::app;
use crate::chain::Chain;
use crate::claude::{self, Client, PollError};
use crate::cli::wording::{grouped, instant};
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::clock::SystemClock;
use crate::config::{Environment, Organization};

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
    workspaces: Vec<Workspace>,
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
        let known: Vec<&str> =
            loaded.config.organizations.iter().map(|one| one.name.as_str()).collect();
        terminal.error(format_args!("there is no organization `{}`", wanted.unwrap_or_default()));
        terminal.hint(format_args!("configured: {}", known.join(", ")));
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
    let organization = organization.name.to_string();
    let mut shown = Shown {
        organization,
        profile,
        quota: None,
        workspaces: Vec::new(),
        rate_limits: Vec::new(),
        spend_limits: Vec::new(),
    };
    match client.api() {
        claude::Api::Company => shown.quota = Some(client.quota().await?),
        claude::Api::Admin => {
            shown.workspaces = client.workspaces().await?;
            shown.rate_limits = client.rate_limits().await?;
            shown.spend_limits = granted_limits(&client).await?;
        }
    }
    Ok(shown)
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
        ("created", created_at.map(instant)),
        ("features", (!features.is_empty()).then(|| features.join(", "))),
        ("requests", shown.profile.requests_per_minute.map(a_minute)),
        ("tokens", shown.profile.tokens_per_minute.map(a_minute)),
        ("quota", shown.quota.as_ref().map(quota_in_words)),
    ];
    let known = optional.into_iter().filter_map(|(head, text)| Some(vec![head.to_owned(), text?]));
    rows.extend(known);
    terminal.table(&["", ""], rows, &[]);
    print_limits(shown, terminal);
}

fn print_limits(shown: &Shown, terminal: &mut Terminal) {
    if !shown.spend_limits.is_empty() {
        terminal.line("");
        let rows = shown.spend_limits.iter().map(|limit| spend_limit_row(limit, shown)).collect();
        terminal.table(&["spend limit", "amount", "period"], rows, &[1]);
    }
    if !shown.rate_limits.is_empty() {
        terminal.line("");
        // What a workspace inherits stands in the rows of the organization.
        let own = shown.rate_limits.iter().filter(|limit| !limit.inherited);
        let rows = own.map(|limit| rate_limit_row(limit, shown)).collect();
        terminal.table(&["rate limit", "of", "limiter", "value"], rows, &[3]);
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

fn spend_limit_row(limit: &SpendLimit, shown: &Shown) -> Vec<String> {
    let scope = match &limit.scope {
        SpendLimitScope::Organization => "organization".to_owned(),
        SpendLimitScope::Workspace(id) => shown.workspace(id),
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

fn rate_limit_row(limit: &RateLimit, shown: &Shown) -> Vec<String> {
    let whose = match &limit.workspace {
        Some(id) => shown.workspace(id),
        None => "organization".to_owned(),
    };
    let value = limit.value.map_or_else(|| "none".to_owned(), grouped);
    vec![limit.group.clone(), whose, limit.limiter.clone(), value]
}

impl Shown {
    /// By the name that people gave it.
    fn workspace(&self, id: &WorkspaceId) -> String {
        let known = self.workspaces.iter().find(|known| known.id == *id);
        format!("workspace {}", known.map_or(id.as_str(), |known| &known.name))
    }
}
