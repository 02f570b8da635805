//! `keys disable`, `keys enable`, `keys revoke`: one key, switched off, on, or ended.
//!
//! A key that was used lately is cut only when that is forced, and what is not known to be
//! idle counts as used.

use clap::Args;
use jiff::SignedDuration;
use usagewarden_core::roster::ApiKey;

use super::find;
use super::rotate::{known, read_idle};
use super::sight::{Idleness, LastUse, Sight};
use super::{Call, facts, telling_use};
use crate::claude::{Api, Client, KeyStatus, PollError};
use crate::cli::wording::length;
use crate::cli::writing::{Change, Writer, refused};
use crate::cli::{Exit, Terminal, several};
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

    /// Whether a key of this status is so already.
    fn is_done(self, status: &str) -> bool {
        match self {
            Self::Disable => status == "inactive",
            Self::Enable => status == "active",
            Self::Revoke => status == "archived",
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
    let client = writer.client();
    if client.api() == Api::Company && verb != Verb::Revoke {
        terminal.error("the company API cannot switch a key off and on, only end it");
        terminal.hint("`usagewarden keys revoke` ends one for good; `usagewarden keys rotate` puts a new one in its place first");
        return Err(Exit::No);
    }
    let reads = several::reader(writer.organization);
    let sight = look(&reads, wanted.idle).await.map_err(|error| refused(&error, terminal))?;
    let key = find::key(&sight.keys, wanted.key, terminal)?;
    let change = change(verb, client.api(), key, &sight);
    if verb.is_done(&key.status) {
        writer.unchanged(&change, &format!("It is {} already.", key.status), terminal);
        return Ok(());
    }
    can_be(verb, key, terminal)?;
    if let Some(idle) = wanted.idle {
        was_idle(key, idle, &sight, terminal)?;
    }
    writer.agree(&change, terminal)?;
    let asking = async {
        match verb {
            Verb::Disable => client.set_key_status(&key.id, KeyStatus::Inactive).await.map(|_| ()),
            Verb::Enable => client.set_key_status(&key.id, KeyStatus::Active).await.map(|_| ()),
            Verb::Revoke => client.revoke_key(&key.id).await,
        }
    };
    writer.make(&change, asking, terminal).await?;
    writer.done(&change, Some(key.id.as_str()), terminal);
    Ok(())
}

async fn look(client: &Client, idle: Option<SignedDuration>) -> Result<Sight, PollError> {
    let sight = Sight::take(client, idle.unwrap_or_default(), SystemClock.now()).await?;
    sight.with_names(client).await
}

/// What has ended does not begin again.
fn can_be(verb: Verb, key: &ApiKey, terminal: &mut Terminal) -> Result<(), Exit> {
    let (name, id, status) = (&key.name, &key.id, &key.status);
    let (error, hint) = match (verb, status.as_str()) {
        (Verb::Disable, "archived" | "expired") => {
            ("lets nobody in already", "there is nothing to do")
        }
        (Verb::Enable, "archived" | "expired") => {
            ("cannot come back", "make another key in the Console")
        }
        (Verb::Disable | Verb::Enable | Verb::Revoke, _) => return Ok(()),
    };
    terminal.error(format_args!("{name} ({id}) is {status} and {error}"));
    terminal.hint(hint);
    Err(Exit::No)
}

/// Whether it is sure that a key of this status cannot be used. A status that nobody told us of
/// may be one that can.
fn lets_nobody_in(status: &str) -> bool {
    matches!(status, "inactive" | "archived" | "expired")
}

/// Whether a key comes to this status by being switched.
fn is_usual(status: &str) -> bool {
    matches!(status, "active" | "inactive")
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
        _ if lets_nobody_in(&key.status) => return Ok(()),
        Idleness::Idle => return Ok(()),
        Idleness::Used(last) => terminal.error(format_args!(
            "{name} ({id}): {}; it is cut only after {} without use",
            telling_use(LastUse::At(last), sight.at),
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
    let mut notes = vec![facts(key, sight), more.to_owned()];
    if verb == Verb::Enable && !is_usual(&key.status) {
        notes.push(format!(
            "it is {}: somebody gave it this status, and enabling it overrides that",
            key.status
        ));
    }
    Change {
        command: verb.command(),
        target: format!("{name} ({id})"),
        sentence,
        notes,
        before: Some(key.status.clone()),
        after: Some(verb.after(api).to_owned()),
    }
}
