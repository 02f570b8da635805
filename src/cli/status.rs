//! `usagewarden status`: what the running daemon knows.
//!
//! Asks `/api/v1` for status, alerts and stuck deliveries, and prints them; the store is
//! never opened from here. A daemon that does not answer is an answer too: no. An alert
//! that fires is none: whoever wants to act on alerts reads `--json`.

mod answer;
mod standing;
mod table;

use std::time::Duration;

use clap::Args;

use answer::Answer;

use crate::cli::daemon::Daemon;
use crate::cli::{Exit, Global, Terminal, block_on, deliveries};
use crate::config::Environment;

/// What the daemon knows of every organization.
pub(super) const STATUS: &str = "/api/v1/status";

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
    let daemon = match Daemon::find(global, environment, terminal) {
        Ok(daemon) => daemon,
        Err(exit) => return exit,
    };
    block_on(async {
        loop {
            let exit = show(&daemon, global, terminal).await;
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

async fn show(daemon: &Daemon, global: &Global, terminal: &mut Terminal) -> Exit {
    let wanted = global.organization.as_deref();
    let answer = match answer::ask(daemon, wanted).await {
        Ok(answer) => answer,
        Err(error) => return error.tell(terminal),
    };
    if let (Some(wanted), true) = (wanted, answer.status.data.is_empty()) {
        terminal.error(format_args!("the daemon knows no organization `{wanted}`"));
        terminal.hint("`usagewarden status` without --organization shows those it has");
        return Exit::Usage;
    }
    if terminal.json() {
        terminal.value(&answer.value);
    } else {
        print(&answer, terminal);
    }
    Exit::Done
}

fn print(answer: &Answer, terminal: &mut Terminal) {
    let Answer { status, alerts, stuck, .. } = answer;
    for (place, one) in status.data.iter().enumerate() {
        if place > 0 {
            terminal.line("");
        }
        table::print(one, alerts, status.at, terminal);
    }
    if !stuck.is_empty() {
        terminal.line("");
        deliveries::table::print(stuck, terminal);
    }
}
