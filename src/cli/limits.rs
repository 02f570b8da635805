//! `usagewarden limits`: what the organization may spend and ask for, shown and changed.
//!
//! Money is dollars here, whatever unit an API speaks. A change is shown with what it
//! changes before anybody is asked to agree.

mod group;
mod list;
mod rate;
pub(super) mod read;
mod spend;
pub(super) mod table;
mod target;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Spend limits and rate limits: of the organization, of workspaces, of the usage tier
    List(list::Options),
    /// Change a limit; what it changes is shown first
    #[command(subcommand)]
    Set(Set),
}

#[derive(Debug, Subcommand)]
pub(super) enum Set {
    /// What may be spent a month, by the organization or by one workspace
    Spend(spend::Options),
    /// Requests or tokens of one workspace, below those of the organization (Admin API)
    Rate(rate::Options),
}

/// What every change understands.
#[derive(Debug, Args)]
pub(super) struct Caution {
    /// Only show what would be changed
    #[arg(long)]
    pub(super) dry_run: bool,
}

pub(super) fn run(
    global: &Global,
    command: &Command,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let loaded = match load(global, environment, terminal) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let config = &loaded.config;
    block_on(async {
        match command {
            Command::List(options) => list::run(global, options, config, terminal).await,
            Command::Set(Set::Spend(options)) => {
                spend::run(global, options, config, environment, terminal).await
            }
            Command::Set(Set::Rate(options)) => {
                rate::run(global, options, config, environment, terminal).await
            }
        }
    })
    .err()
    .unwrap_or(Exit::Done)
}
