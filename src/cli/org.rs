//! `usagewarden org`: the organization itself, asked directly of the API.

mod allowed;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Profile, plan, features, quota, limits, and what the key may do
    Show,
    /// The organizations that are configured, and those that the keys may see
    List,
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
    let ended = block_on(async {
        match command {
            Command::Show => show::run(global, &loaded.config, terminal).await,
            Command::List => list::run(global, &loaded.config, terminal).await,
        }
    });
    ended.err().unwrap_or(Exit::Done)
}
