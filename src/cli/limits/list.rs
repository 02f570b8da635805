//! `limits list`: every limit that is known, of one organization or all.

use clap::Args;
use serde::Serialize;
use usagewarden_core::roster::Workspace;

use super::read::Limits;
use super::table;
use crate::claude::PollError;
use crate::cli::terminal::Mark;
use crate::cli::wording::grouped;
use crate::cli::writing::one_organization;
use crate::cli::{Exit, Global, Terminal, naming, several};
use crate::config::{Api, Config, Organization};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Only what holds in this workspace, by its id or name, with what it inherits
    #[arg(long, value_name = "WORKSPACE")]
    workspace: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    organization: &'a str,
    api: &'static str,
    #[serde(flatten)]
    limits: Limits,
}

pub(super) async fn run(
    global: &Global,
    options: &Options,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let chosen = match &options.workspace {
        None => several::chosen(global, config, terminal)?,
        // A workspace belongs to one of them.
        Some(_) => vec![one_organization(global, config, terminal)?],
    };
    let (mut shown, mut exit) = (Vec::new(), Ok(()));
    for organization in chosen {
        let limits = match ask(organization, config).await {
            Ok(limits) => limits,
            Err(error) => {
                several::unanswered(organization, &error, terminal);
                exit = Err(Exit::No);
                continue;
            }
        };
        for failure in &limits.failures {
            several::unanswered(organization, failure, terminal);
            exit = Err(Exit::No);
        }
        let name = organization.name.as_str();
        let shown_one =
            Shown { organization: name, api: several::api_word(organization.api), limits };
        shown.push(narrowed(shown_one, options.workspace.as_deref(), terminal)?);
    }
    if terminal.json() {
        let data: Vec<&Shown<'_>> = shown.iter().map(|(one, _)| one).collect();
        terminal.value(&serde_json::json!({ "data": data }));
        return exit;
    }
    for (number, (one, only)) in shown.iter().enumerate() {
        if number > 0 {
            terminal.line("");
        }
        print(one, only.as_ref(), terminal);
    }
    exit
}

async fn ask(organization: &Organization, config: &Config) -> Result<Limits, PollError> {
    let client = several::reader(organization);
    let mut limits = Limits::ask(&client, organization, config).await;
    match organization.api {
        Api::Admin => {}
        Api::Company => limits.learn(&client.profile().await?),
    }
    Ok(limits)
}

/// What holds in one workspace, where one is named.
fn narrowed<'a>(
    mut shown: Shown<'a>,
    wanted: Option<&str>,
    terminal: &mut Terminal,
) -> Result<(Shown<'a>, Option<Workspace>), Exit> {
    let Some(wanted) = wanted else { return Ok((shown, None)) };
    if shown.limits.workspaces.is_empty() {
        terminal.error(format_args!("{} shows no workspaces", shown.organization));
        terminal.hint("leave --workspace out, or name another organization with --organization");
        return Err(Exit::Usage);
    }
    let found = naming::find(wanted, &shown.limits.workspaces, terminal)?.clone();
    let is_of = |id: &_| *id == found.id;
    shown.limits.rate_limits.retain(|limit| limit.workspace.as_ref().is_none_or(is_of));
    Ok((shown, Some(found)))
}

fn print(shown: &Shown<'_>, only: Option<&Workspace>, terminal: &mut Terminal) {
    let limits = &shown.limits;
    let title = terminal.marked(Mark::Strong, shown.organization);
    match only {
        Some(workspace) => terminal.line(format_args!("{title}  workspace {}", workspace.name)),
        None => terminal.line(title),
    }
    if shown.api == "company" {
        print_company(limits, terminal);
    }
    table::print(limits, only.map(|one| &one.id), terminal);
    let is_empty = limits.spend_limits.is_empty() && limits.rate_limits.is_empty();
    if shown.api == "admin" && is_empty && limits.not_shown.is_empty() {
        terminal.line("There is no limit.");
    }
}

/// All that a company says, and what was set from here.
fn print_company(limits: &Limits, terminal: &mut Terminal) {
    let a_minute = |limit: Option<u64>| match limit {
        Some(limit) => format!("{} a minute", grouped(limit)),
        None => "not told".to_owned(),
    };
    let requests = a_minute(limits.requests_per_minute);
    let rows = vec![
        vec!["tokens".to_owned(), a_minute(limits.tokens_per_minute)],
        vec!["spend limit".to_owned(), table::set_here_in_words(limits.set_here.as_ref())],
    ];
    terminal.table(&["requests", &requests], rows, &[]);
}
