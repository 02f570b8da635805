//! `usagewarden actions`: what steps have had done about them, asked of the running daemon.
//!
//! `list` shows what became of each; `undo` has one brought back, which needs a token. The
//! daemon does it, as soon as the API answers: what somebody else has changed since is left
//! alone. Neither the store nor the API is asked from here.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::daemon::{AskError, Daemon};
use crate::cli::{Exit, Global, Terminal, block_on};
use crate::config::Environment;

mod table;

use table::Action;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What steps have had done, newest first
    List(ListOptions),
    /// Bring back what an action changed, and cancel what it has not done yet; needs a token
    Undo(UndoOptions),
}

#[derive(Debug, Args)]
pub(super) struct ListOptions {
    /// Only those in these states: queued, retrying, done, refused, given_up, dry_run, undoing, undone
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// At most so many [default: 100]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct UndoOptions {
    /// As `list` shows it
    id: String,
    /// Only show what would be brought back
    #[arg(long)]
    dry_run: bool,
}

/// What the daemon lists.
#[derive(Deserialize)]
struct Actions {
    data: Vec<Action>,
}

pub(super) fn run(
    global: &Global,
    command: &Command,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let daemon = match Daemon::find(global, environment, terminal) {
        Ok(daemon) => daemon,
        Err(exit) => return exit,
    };
    let answered = block_on(async {
        match command {
            Command::List(options) => list(&daemon, options, global, terminal).await,
            Command::Undo(options) => undo(&daemon, options, global, terminal).await,
        }
    });
    answered.unwrap_or_else(|error| error.tell(terminal))
}

async fn list(
    daemon: &Daemon,
    options: &ListOptions,
    global: &Global,
    terminal: &mut Terminal,
) -> Result<Exit, AskError> {
    let value = daemon.get(&path(options, global)).await?;
    if terminal.json() {
        terminal.value(&value);
        return Ok(Exit::Done);
    }
    let Actions { data } = daemon.understood(&value)?;
    if data.is_empty() {
        terminal.line(match options.state.is_empty() && global.organization.is_none() {
            true => "No step has taken an action.",
            false => "No action fits.",
        });
    } else {
        table::print(&data, terminal);
    }
    Ok(Exit::Done)
}

fn path(options: &ListOptions, global: &Global) -> String {
    let (state, limit) = (options.state.join(","), options.limit.map(|limit| limit.to_string()));
    let asked = [
        ("organization", global.organization.clone()),
        ("state", Some(state).filter(|state| !state.is_empty())),
        ("limit", limit),
    ];
    let asked = asked.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let url = reqwest::Url::parse_with_params("http://daemon/api/v1/actions", asked)
        .expect("the address is ours, and parameters are escaped");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// The path of one action: its id can hold anything.
fn path_of(id: &str, more: &[&str]) -> String {
    let mut url = reqwest::Url::parse("http://daemon/api/v1/actions").expect("it is an address");
    if let Ok(mut steps) = url.path_segments_mut() {
        steps.push(id).extend(more);
    }
    url.path().to_owned()
}

async fn undo(
    daemon: &Daemon,
    options: &UndoOptions,
    global: &Global,
    terminal: &mut Terminal,
) -> Result<Exit, AskError> {
    let value = daemon.get(&path_of(&options.id, &[])).await?;
    let action: Action = daemon.understood(&value)?;
    if let Some(exit) = refused(&action, global, terminal) {
        return Ok(exit);
    }
    if !terminal.json() {
        table::print_undo(&action, terminal);
    }
    if options.dry_run {
        say_dry_run(&value, terminal);
        return Ok(Exit::Done);
    }
    if let Some(exit) = disagreed(global, terminal) {
        return Ok(exit);
    }
    let answer = daemon.post(&path_of(&options.id, &["undo"]), &json!({})).await?;
    if terminal.json() {
        terminal.value(&answer);
    } else {
        terminal.line("It is being undone; `usagewarden actions list` shows what comes of it.");
    }
    Ok(Exit::Done)
}

/// Why it is not undone, without asking for it.
fn refused(action: &Action, global: &Global, terminal: &mut Terminal) -> Option<Exit> {
    let wanted = global.organization.as_ref().filter(|wanted| **wanted != action.organization);
    if let Some(wanted) = wanted {
        terminal
            .error(format_args!("this is an action of {}, not of {wanted}", action.organization));
        terminal.hint("leave --organization out, or take an id of `usagewarden actions list`");
        return Some(Exit::Usage);
    }
    let why = action.no_undo.as_ref()?;
    terminal.error(format_args!("nothing is undone: {why}"));
    if let Some(error) = &action.last_error {
        terminal.hint(error);
    }
    Some(Exit::No)
}

fn say_dry_run(value: &Value, terminal: &mut Terminal) {
    if terminal.json() {
        terminal.value(&json!({ "dry_run": true, "undo": value }));
    } else {
        terminal.line("This is a dry run: nothing was changed.");
    }
}

/// How it ends when nobody agrees.
fn disagreed(global: &Global, terminal: &mut Terminal) -> Option<Exit> {
    if global.yes {
        return None;
    }
    match terminal.ask("Do it?") {
        Some(true) => None,
        Some(false) => {
            terminal.error("nothing was changed");
            Some(Exit::No)
        }
        None => {
            terminal.error("nobody can be asked here, so nothing was changed");
            terminal.hint("add --yes to change without asking, or --dry-run to only look");
            Some(Exit::Usage)
        }
    }
}
