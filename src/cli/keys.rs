//! `usagewarden keys`: list, create, switch off and on, end, and rotate API keys.
//!
//! The Admin API makes no keys and has no last use; the company API knows no inactive ones.
//! What one of them lacks is said before anything is asked. A key that was used lately is not
//! cut, unless forced.

mod create;
mod cut;
mod find;
mod list;
mod rotate;
mod secret;
mod sight;

use clap::Subcommand;
use jiff::Timestamp;
use usagewarden_core::roster::ApiKey;

use self::sight::{LastUse, Sight};
use crate::cli::wording::{age, instant, length};
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::{Config, Environment};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Every key: age, last use, expiry, owner, workspace
    List(list::Options),
    /// Make a key, and hand its secret over once (company API)
    Create(create::Options),
    /// Switch a key off; it can be switched on again (Admin API)
    Disable(cut::Options),
    /// Switch a key on again (Admin API)
    Enable(cut::Enable),
    /// End a key for good
    Revoke(cut::Options),
    /// Put a new key in the place of an old one, without a gap
    Rotate(Box<rotate::Options>),
}

/// What every command of keys works with.
struct Call<'a> {
    global: &'a Global,
    config: &'a Config,
    environment: &'a Environment,
    terminal: &'a mut Terminal,
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
    let call = Call { global, config: &loaded.config, environment, terminal };
    block_on(async {
        let done = match command {
            Command::List(options) => list::run(call, options).await,
            Command::Create(options) => create::run(call, options).await,
            Command::Disable(options) => cut::disable(call, options).await,
            Command::Enable(options) => cut::enable(call, options).await,
            Command::Revoke(options) => cut::revoke(call, options).await,
            Command::Rotate(options) => rotate::run(call, options).await,
        };
        done.err().unwrap_or(Exit::Done)
    })
}

/// A key in one line: `made 2 years ago, last used 3 min ago, expires 2026-12-01 00:00 UTC`.
fn facts(key: &ApiKey, sight: &Sight) -> String {
    let used = telling_use(sight.last_use(&key.id), sight.at);
    let made = key.created_at.map(|at| format!("made {}", age(at, sight.at)));
    let expires = key.expires_at.map(|at| format!("expires {}", instant(at)));
    let workspace = sight.workspace(key).map(|name| format!("workspace {name}"));
    let said = [Some(key.status.clone()), made, Some(used), expires, workspace];
    let said: Vec<String> = said.into_iter().flatten().collect();
    format!("{} ({}), {}", key.name, key.id, said.join(", "))
}

/// `in use now`, `last used 3 h ago`, `not used in the last 30 days`.
fn telling_use(used: LastUse, now: Timestamp) -> String {
    match used {
        LastUse::At(at) if is_now(at, now) => "in use now".to_owned(),
        LastUse::At(at) => format!("last used {}", age(at, now)),
        LastUse::NotSince(since) => {
            format!("not used in the last {}", length(now.duration_since(since)))
        }
        LastUse::Never => "never used".to_owned(),
    }
}

/// As recent as the usage report can show.
fn is_now(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) <= sight::DELAY_MOST
}
