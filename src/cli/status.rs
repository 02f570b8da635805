//! `usagewarden status`: what the running daemon knows.
//!
//! Asks `/api/v1/status` and prints it; the store is never opened from here. A daemon
//! that does not answer is an answer too: no.

pub(super) mod answer;
mod table;

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::chain::Chain;
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::Environment;

const WATCH_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Show it again every two seconds, until interrupted
    #[arg(long)]
    watch: bool,
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let url = match address(global, environment, terminal) {
        Ok(url) => url,
        Err(exit) => return exit,
    };
    block_on(async {
        loop {
            let exit = show(&url, global, terminal).await;
            if !options.watch || exit != Exit::Done {
                return exit;
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Exit::Done,
                () = tokio::time::sleep(WATCH_EVERY) => terminal.line(""),
            }
        }
    })
}

/// Where the daemon listens: as asked for, else as the configuration says.
fn address(
    global: &Global,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<String, Exit> {
    let named = global.url.clone().or_else(|| environment.daemon_url().map(str::to_owned));
    let url = match named {
        Some(url) => url,
        None => format!("http://{}/", load(global, environment, terminal)?.config.http.listen),
    };
    Ok(url.trim_end_matches('/').to_owned())
}

async fn show(url: &str, global: &Global, terminal: &mut Terminal) -> Exit {
    let (mut value, mut status) = match answer::ask(url).await {
        Ok(answer) => answer,
        Err(error) => {
            terminal.error(Chain(&error));
            terminal.hint(error.advice());
            return error.exit();
        }
    };
    if let Some(wanted) = &global.organization {
        status.data.retain(|one| one.organization == *wanted);
        if status.data.is_empty() {
            terminal.error(format_args!("the daemon knows no organization `{wanted}`"));
            terminal.hint("`usagewarden status` without --organization shows those it has");
            return Exit::Usage;
        }
        narrow(&mut value, wanted);
    }
    if terminal.json() {
        terminal.value(&value);
        return Exit::Done;
    }
    for (place, one) in status.data.iter().enumerate() {
        if place > 0 {
            terminal.line("");
        }
        table::print(one, status.at, terminal);
    }
    Exit::Done
}

/// Leaves one organization in the answer.
fn narrow(value: &mut Value, wanted: &str) {
    if let Some(data) = value["data"].as_array_mut() {
        data.retain(|one| one["organization"] == wanted);
    }
}
