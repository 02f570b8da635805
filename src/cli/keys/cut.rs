//! `keys disable`, `keys enable`, `keys revoke`: one key, switched off, on, or ended.
//!
//! A key that was used lately is cut only when that is forced, and what is not known to be
//! idle counts as used.

use std::sync::Arc;

use clap::Args;
use jiff::SignedDuration;
use usagewarden_core::roster::ApiKey;

use super::find::{self, is_active};
use super::rotate::{known, read_idle};
use super::sight::{Idleness, Sight};
use super::{Call, facts};
use crate::app;
use crate::claude::{Api, KeyStatus};
use crate::cli::wording::{age, length};
use crate::cli::writing::{Change, Writer, refused};
use crate::cli::{Exit, Terminal};
use crate::clock::{Clock, SystemClock};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// The key, by its id or exact name
    #[arg(value_name = "KEY")]
    key: String,
    /// Refuse if the key was used within this time
    #[arg(long, default_value = "24h", value_parser = read_idle, value_name = "DURATION")]
    idle: SignedDuration,
    /// Cut it whatever use there is
    #[arg(long)]
    force: bool,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Enable {
    /// The key, by its id or exact name
    #[arg(value_name = "KEY")]
    key: String,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
}

/// What is done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Disable,
    Enable,
    Revoke,
}

impl Verb {
    const fn command(self) -> &'static str {
        match self {
            Self::Disable => "keys disable",
            Self::Enable => "keys enable",
            Self::Revoke => "keys revoke",
        }
    }

    /// What the key is then.
    const fn after(self, api: Api) -> &'static str {
        match (self, api) {
            (Self::Disable, _) => "inactive",
            (Self::Enable, _) => "active",
            (Self::Revoke, Api::Admin) => "archived",
            (Self::Revoke, Api::Company) => "revoked",
        }
    }

    /// Whether a key of this status can be treated so, or already is.
    fn fits(self, status: &str) -> bool {
        match self {
            Self::Disable => status == "active",
            Self::Enable => status == "inactive",
            Self::Revoke => status != "archived",
        }
    }
}

/// What is to be done, and what must be known of the key first.
struct Wanted<'a> {
    verb: Verb,
    key: &'a str,
    dry_run: bool,
    /// How long it must be idle, where that matters.
    idle: Option<SignedDuration>,
}

pub(super) async fn disable(call: Call<'_>, options: &Options) -> Result<(), Exit> {
    run(call, Verb::Disable, options).await
}

pub(super) async fn revoke(call: Call<'_>, options: &Options) -> Result<(), Exit> {
    run(call, Verb::Revoke, options).await
}

pub(super) async fn enable(call: Call<'_>, options: &Enable) -> Result<(), Exit> {
    let Enable { key, dry_run } = options;
    set(call, Wanted { verb: Verb::Enable, key, dry_run: *dry_run, idle: None }).await
}

async fn run(call: Call<'_>, verb: Verb, options: &Options) -> Result<(), Exit> {
    let Options { key, idle, force, dry_run } = options;
    set(call, Wanted { verb, key, dry_run: *dry_run, idle: (!force).then_some(*idle) }).await
}

async fn set(call: Call<'_>, wanted: Wanted<'_>) -> Result<(), Exit> {
    let Call { global, config, environment, terminal } = call;
    let Wanted { verb, dry_run, .. } = wanted;
    if find::is_secret(wanted.key) {
        return Err(find::refuse_secret(terminal));
    }
    let writer = Writer::new(global, config, environment, dry_run, terminal)?;
    let client = app::write_client(writer.organization, Arc::new(SystemClock));
    if client.api() == Api::Company && verb != Verb::Revoke {
        terminal.error("the company API cannot switch a key off and on, only end it");
        terminal.hint("`usagewarden keys revoke` ends one for good; `usagewarden keys rotate` puts a new one in its place first");
        return Err(Exit::No);
    }
    let reads = app::client(writer.organization, Arc::new(SystemClock));
    let sight = Sight::take(&reads, wanted.idle.unwrap_or_default(), SystemClock.now()).await;
    let sight = sight.map_err(|error| refused(&error, terminal))?;
    let key = find::key(&sight.keys, wanted.key)
        .map_err(|lost| find::explain(&lost, wanted.key, terminal))?;
    if !verb.fits(&key.status) {
        return unfit(verb, key, terminal);
    }
    if let Some(idle) = wanted.idle {
        was_idle(key, idle, &sight, terminal)?;
    }
    let change = change(verb, client.api(), key, &sight);
    writer.agree(&change, terminal)?;
    let asking = async {
        match verb {
            Verb::Disable => client.set_key_status(&key.id, KeyStatus::Inactive).await.map(|_| ()),
            Verb::Enable => client.set_key_status(&key.id, KeyStatus::Active).await.map(|_| ()),
            Verb::Revoke => client.revoke_key(&key.id).await,
        }
    };
    writer.make(&change, asking, terminal).await?;
    done(verb, client.api(), key, terminal);
    Ok(())
}

/// It is so already, which is no failure, or it cannot become so.
fn unfit(verb: Verb, key: &ApiKey, terminal: &mut Terminal) -> Result<(), Exit> {
    let (name, id, status) = (&key.name, &key.id, &key.status);
    let is_so = match verb {
        Verb::Disable => status == "inactive",
        Verb::Enable => is_active(key),
        Verb::Revoke => status == "archived",
    };
    if !is_so {
        terminal.error(format_args!("{name} ({id}) is {status}, and cannot be changed so"));
        return Err(Exit::No);
    }
    match terminal.json() {
        true => terminal.value(
            &serde_json::json!({ "key": id, "name": name, "status": status, "changed": false }),
        ),
        false => terminal.line(format_args!("{name} ({id}) is {status} already.")),
    }
    Ok(())
}

fn was_idle(
    key: &ApiKey,
    idle: SignedDuration,
    sight: &Sight,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let (name, id) = (&key.name, &key.id);
    match sight.idleness(id, idle) {
        // What cannot be used has nothing to lose.
        _ if !is_active(key) => return Ok(()),
        Idleness::Idle => return Ok(()),
        Idleness::Used(last) => terminal.error(format_args!(
            "{name} ({id}) was used {}, and counts as idle only after {} without use",
            age(last, sight.at),
            length(idle)
        )),
        Idleness::Unknown(until) => terminal.error(format_args!(
            "whether {name} ({id}) is idle is not known: the usage report is late, or all is quiet; {}",
            known(until)
        )),
    }
    terminal
        .hint(format_args!("`usagewarden keys rotate {id}` puts another key in its place first"));
    terminal.hint("add --force to cut it all the same");
    Err(Exit::No)
}

fn change(verb: Verb, api: Api, key: &ApiKey, sight: &Sight) -> Change {
    let (name, id) = (&key.name, &key.id);
    let (sentence, more) = match verb {
        Verb::Disable => (
            format!("Disable the key {name} ({id})."),
            "`usagewarden keys enable` switches it on again",
        ),
        Verb::Enable => {
            (format!("Enable the key {name} ({id})."), "whoever has its secret can use it at once")
        }
        Verb::Revoke => (
            format!("Revoke the key {name} ({id})."),
            "this is for good: it cannot be brought back",
        ),
    };
    Change {
        command: verb.command(),
        target: format!("{name} ({id})"),
        sentence,
        notes: vec![facts(key, sight), more.to_owned()],
        before: Some(key.status.clone()),
        after: Some(verb.after(api).to_owned()),
    }
}

fn done(verb: Verb, api: Api, key: &ApiKey, terminal: &mut Terminal) {
    let (name, id, after) = (&key.name, &key.id, verb.after(api));
    if terminal.json() {
        terminal.value(
            &serde_json::json!({ "key": id, "name": name, "status": after, "changed": true }),
        );
        return;
    }
    match verb {
        Verb::Disable => terminal.line(format_args!(
            "{name} is inactive now. `usagewarden keys enable {id}` undoes it."
        )),
        Verb::Enable => terminal.line(format_args!("{name} is active again.")),
        Verb::Revoke => terminal.line(format_args!("{name} is {after}, for good.")),
    }
}
