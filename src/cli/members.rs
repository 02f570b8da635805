//! `usagewarden members`: who belongs to the organization, and who was invited.
//!
//! What an API cannot do is refused before anybody is asked to agree, and says who can.

mod change;
mod list;
mod person;
mod roles;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Members and pending invites, with their roles and what is known of their activity
    List(list::Options),
    /// Invite somebody (in a company: add them)
    Invite(InviteOptions),
    /// Give a member another role
    SetRole(RoleOptions),
    /// Remove a member, or withdraw a pending invite (Admin API)
    Remove(RemoveOptions),
}

#[derive(Debug, Args)]
pub(super) struct InviteOptions {
    /// The address to invite
    #[arg(value_name = "EMAIL", value_parser = read_address)]
    email: String,
    /// user, developer, billing, claude_code_user or managed; in a company admin, member, billing
    #[arg(long, value_name = "ROLE")]
    role: String,
    #[command(flatten)]
    caution: Caution,
}

#[derive(Debug, Args)]
pub(super) struct RoleOptions {
    /// Whose, by address or id
    #[arg(value_name = "WHO")]
    who: String,
    /// user, developer, billing, claude_code_user or managed; in a company admin, member, billing
    #[arg(value_name = "ROLE")]
    role: String,
    #[command(flatten)]
    caution: Caution,
}

#[derive(Debug, Args)]
pub(super) struct RemoveOptions {
    /// Whom, by address or id
    #[arg(value_name = "WHO")]
    who: String,
    #[command(flatten)]
    caution: Caution,
}

/// What every change understands.
#[derive(Debug, Args)]
struct Caution {
    /// Only show what would be changed
    #[arg(long)]
    dry_run: bool,
}

fn read_address(text: &str) -> Result<String, String> {
    let halves = text.split_once('@').filter(|(user, host)| !user.is_empty() && host.contains('.'));
    match halves.is_some() && !text.contains(char::is_whitespace) && text.matches('@').count() == 1
    {
        true => Ok(text.to_owned()),
        false => Err("write an address, as in ada@example.com".to_owned()),
    }
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
    let ended = block_on(async {
        match command {
            Command::List(options) => list::run(global, options, config, terminal).await,
            Command::Invite(options) => {
                let dry_run = options.caution.dry_run;
                let asked = change::Asked::new(global, config, environment, dry_run, terminal)?;
                asked.invite(&options.email, &options.role, terminal).await
            }
            Command::SetRole(options) => {
                let dry_run = options.caution.dry_run;
                let asked = change::Asked::new(global, config, environment, dry_run, terminal)?;
                asked.set_role(&options.who, &options.role, terminal).await
            }
            Command::Remove(options) => {
                let dry_run = options.caution.dry_run;
                let asked = change::Asked::new(global, config, environment, dry_run, terminal)?;
                asked.remove(&options.who, terminal).await
            }
        }
    });
    ended.err().unwrap_or(Exit::Done)
}
