//! `usagewarden deliveries`: notices on their way, asked of the running daemon.
//!
//! `list` shows what became of each; `retry` has those sent again that were refused or
//! given up, which needs a token. The store is never opened from here.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::daemon::{AskError, Daemon};
use crate::cli::{Exit, Global, Terminal, block_on};
use crate::config::Environment;

pub(super) mod table;

pub(super) use table::Delivery;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What is on its way, and what became of the rest
    List(ListOptions),
    /// Send again what was refused or given up; needs a token
    Retry(RetryOptions),
}

#[derive(Debug, Args)]
pub(super) struct ListOptions {
    /// Only those in these states: queued, retrying, refused, given_up, accepted
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// Only those of this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// At most so many [default: 100]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct RetryOptions {
    /// The number that `list` shows
    id: Option<u64>,
    /// All of this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// All there are
    #[arg(long)]
    all: bool,
}

/// What the daemon lists.
#[derive(Deserialize)]
struct Deliveries {
    data: Vec<Delivery>,
}

pub(super) fn run(
    global: &Global,
    command: &Command,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    if let (Command::Retry(_), Some(_)) = (command, &global.organization) {
        terminal.error("deliveries cannot be retried by organization");
        terminal.hint("name one by its number, or a channel with --channel");
        return Exit::Usage;
    }
    let daemon = match Daemon::find(global, environment, terminal) {
        Ok(daemon) => daemon,
        Err(exit) => return exit,
    };
    let answered = block_on(async {
        match command {
            Command::List(options) => list(&daemon, options, global, terminal).await,
            Command::Retry(options) => retry(&daemon, options, terminal).await,
        }
    });
    match answered {
        Ok(()) => Exit::Done,
        Err(error) => error.tell(terminal),
    }
}

async fn list(
    daemon: &Daemon,
    options: &ListOptions,
    global: &Global,
    terminal: &mut Terminal,
) -> Result<(), AskError> {
    let mut value = daemon.get(&path(options)).await?;
    if let Some(wanted) = &global.organization {
        narrow(&mut value, wanted);
    }
    if terminal.json() {
        terminal.value(&value);
        return Ok(());
    }
    let Deliveries { data } = daemon.understood(&value)?;
    if data.is_empty() {
        terminal.line("There is nothing to show.");
    } else {
        table::print(&data, terminal);
    }
    Ok(())
}

/// Leaves the elements of one organization in `data`.
pub(super) fn narrow(value: &mut Value, organization: &str) {
    if let Some(data) = value["data"].as_array_mut() {
        data.retain(|one| one["organization"] == organization);
    }
}

fn path(options: &ListOptions) -> String {
    let (state, limit) = (options.state.join(","), options.limit.map(|limit| limit.to_string()));
    let asked = [
        ("state", Some(state).filter(|state| !state.is_empty())),
        ("channel", options.channel.clone()),
        ("limit", limit),
    ];
    let asked = asked.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let url = reqwest::Url::parse_with_params("http://daemon/api/v1/deliveries", asked)
        .expect("the address is ours, and parameters are escaped");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

async fn retry(
    daemon: &Daemon,
    options: &RetryOptions,
    terminal: &mut Terminal,
) -> Result<(), AskError> {
    let answer = match (options.id, &options.channel) {
        (Some(id), _) => daemon.post(&format!("/api/v1/deliveries/{id}/retry"), &json!({})).await?,
        (None, Some(channel)) => {
            daemon.post("/api/v1/deliveries/retry", &json!({ "channel": channel })).await?
        }
        (None, None) => daemon.post("/api/v1/deliveries/retry", &json!({})).await?,
    };
    if terminal.json() {
        terminal.value(&answer);
        return Ok(());
    }
    match answer["retried"].as_u64() {
        Some(0) | None => terminal.line("Nothing waits to be tried again."),
        Some(1) => terminal.line("1 delivery is tried again."),
        Some(more) => terminal.line(format_args!("{more} deliveries are tried again.")),
    }
    Ok(())
}
