//! `usagewarden keys rotate`: a new key in the place of an old one, without a gap and without
//! a loss.
//!
//! The new key is made (or named, where the API makes none), its secret is handed over once,
//! and when usage shows the new key at work and the old one idle, the old one is cut. It may
//! take a day, and may be interrupted at any instant: how far it is stands in a file, and the
//! same command goes on. Nothing is cut that was used lately, unless forced; never both keys.

mod abandon;
mod begin;
mod course;
mod list;
mod live;
mod next;
mod plan;
mod state;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use tokio::time::Instant;

use self::course::{Course, Outside, Patience};
use self::live::{COMMAND, Live, Pace};
use self::next::Terms;
use self::state::{Folder, Rotation, StateError};
use super::sight::DAYS;
use super::{Call, secret};
use crate::chain::Chain;
use crate::cli::writing::{Change, Writer};
use crate::cli::{Exit, Terminal};
use crate::clock::SystemClock;
use crate::config;

pub(super) use live::revoke;
pub(super) use telling::known;

/// Between two looks. The usage report asks for no more than one a minute.
const EVERY: Duration = Duration::from_secs(60);
/// On this machine it is a rehearsal.
const EVERY_ON_LOOPBACK: Duration = Duration::from_secs(1);
const LEAST_ON_LOOPBACK: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// The key to replace, by its id or exact name
    #[arg(value_name = "OLD", required_unless_present = "list")]
    old: Option<String>,
    /// The key that takes over, where it is made already: the Admin API makes none
    #[arg(long, value_name = "KEY", conflicts_with_all = ["name", "scopes", "handing"])]
    new: Option<String>,
    /// What the new key is called [default: OLD and today's date]
    #[arg(long)]
    name: Option<String>,
    /// What the new key is for, as in api:read
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Cut the old key only when it was not used for this long
    #[arg(long, default_value = "24h", value_parser = read_idle, value_name = "DURATION")]
    idle: SignedDuration,
    /// Look this often [default: 1m]
    #[arg(long, value_parser = config::duration, value_name = "DURATION")]
    every: Option<SignedDuration>,
    /// Give up waiting after this long; the rotation can be gone on with
    #[arg(long, value_parser = config::duration, value_name = "DURATION")]
    timeout: Option<SignedDuration>,
    /// Leave once the secret is handed over
    #[arg(long)]
    no_wait: bool,
    /// End the old key for good, also where it could be disabled
    #[arg(long)]
    revoke: bool,
    /// Cut the old key whatever use there is
    #[arg(long)]
    force: bool,
    /// Show the rotations that are not over
    #[arg(long, conflicts_with_all = ["old", "abandon"])]
    list: bool,
    /// End a rotation: an unused new key goes, the old key stays
    #[arg(long)]
    abandon: bool,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    secret: secret::Options,
}

pub(super) fn read_idle(text: &str) -> Result<SignedDuration, String> {
    let idle = config::duration(text)?;
    match idle <= SignedDuration::from_hours(24 * DAYS) {
        true => Ok(idle),
        false => {
            Err(format!("usage is looked at for {DAYS} days, so a key cannot be idle for longer"))
        }
    }
}

pub(super) async fn run(call: Call<'_>, options: &Options) -> Result<(), Exit> {
    match (&options.old, options.list) {
        (Some(old), false) => rotate(call, old, options).await,
        (Some(_) | None, _) => list::run(call),
    }
}

async fn rotate(call: Call<'_>, wanted: &str, options: &Options) -> Result<(), Exit> {
    let Call { global, config, environment, terminal } = call;
    let writer = Writer::new(global, config, environment, options.dry_run, terminal)?;
    let pace = pace(&writer, options, terminal)?;
    let folder = Folder::beside(writer.journal().path());
    let open = open(&folder, &writer, wanted, terminal)?;
    let mut live = Live::new(&writer, options.idle, pace, Arc::new(SystemClock), terminal);
    if options.abandon {
        return abandon::run(open, wanted, &writer, &mut live).await;
    }
    let begun = match open {
        Some(rotation) => begin::again(rotation, options, &mut live)?,
        None => begin::anew(wanted, options, &writer, &mut live).await?,
    };
    let rotation = begun.rotation;
    let terms = Terms { idle: options.idle, force: options.force };
    let sight = match begun.sight {
        Some(sight) => sight,
        None => live.look_with_names().await?,
    };
    let patience = Patience::of(options.no_wait, begun.is_new, &rotation.stage);
    let mut notes = plan::steps(&rotation, &sight, &terms, patience);
    notes.extend(begun.warnings);
    writer.agree(&change(&rotation, begun.is_new, notes), live.terminal)?;
    let held = folder.hold(&rotation.organization, &rotation.old.id);
    let _held = held.map_err(|error| failed(&error, live.terminal))?;
    unchanged(&folder, &rotation, begun.is_new, live.terminal)?;
    if let Some(making) = &rotation.making {
        making.handing.tidy();
    }
    live.keep(&rotation).await?;
    Course { rotation, terms, patience, outside: &mut live }.run().await
}

/// While somebody was asked, somebody else may have been faster.
fn unchanged(
    folder: &Folder,
    rotation: &Rotation,
    is_new: bool,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let all = folder.all(&rotation.organization).map_err(|error| failed(&error, terminal))?;
    let now = all.iter().find(|one| one.old.id == rotation.old.id);
    if now.is_none() == is_new && now.is_none_or(|now| now.stage == rotation.stage) {
        return Ok(());
    }
    terminal.error("this rotation was gone on with by somebody else meanwhile");
    terminal.hint("`usagewarden keys rotate --list` shows how far it is");
    Err(Exit::No)
}

fn change(rotation: &Rotation, is_new: bool, notes: Vec<String>) -> Change {
    let verb = if is_new { "Put a new key" } else { "Go on putting a new key" };
    Change {
        command: COMMAND,
        target: rotation.old.to_string(),
        sentence: format!("{verb} in the place of {}.", rotation.old),
        notes,
        before: Some("active".to_owned()),
        after: Some(rotation.end.outcome().to_owned()),
    }
}

/// The rotation of the key called so that is not over: by its id, or by its name if only one
/// key that is rotated has it.
fn open(
    folder: &Folder,
    writer: &Writer<'_>,
    wanted: &str,
    terminal: &mut Terminal,
) -> Result<Option<Rotation>, Exit> {
    let all = folder.all(&writer.organization.name).map_err(|error| failed(&error, terminal))?;
    if let Some(one) = all.iter().find(|one| one.old.id.as_str() == wanted) {
        return Ok(Some(one.clone()));
    }
    let named: Vec<Rotation> = all.into_iter().filter(|one| one.old.name == wanted).collect();
    if named.len() > 1 {
        let which: Vec<String> = named.iter().map(|one| one.old.to_string()).collect();
        terminal.error(format_args!("several keys called `{wanted}` are being rotated"));
        terminal.hint(format_args!("name one of them by its id: {}", which.join(", ")));
        return Err(Exit::Usage);
    }
    Ok(named.into_iter().next())
}

fn failed(error: &StateError, terminal: &mut Terminal) -> Exit {
    terminal.error(Chain(error));
    match error {
        StateError::Write { .. } => {
            terminal.hint("run it as a user who may write there, or name another `[journal] path`")
        }
        StateError::Read { path, .. } => terminal
            .hint(format_args!("what is in {} was not written by this version", path.display())),
        StateError::Foreign { .. } => {
            terminal.hint("run it as whoever began that rotation, or remove the file to forget it")
        }
        StateError::Busy { .. } => terminal.hint("it goes on with it; there is nothing to do here"),
    }
    Exit::No
}

fn pace(writer: &Writer<'_>, options: &Options, terminal: &mut Terminal) -> Result<Pace, Exit> {
    let (usual, least) = match writer.organization.is_loopback() {
        true => (EVERY_ON_LOOPBACK, LEAST_ON_LOOPBACK),
        false => (EVERY, EVERY),
    };
    let every = options.every.map_or(usual, SignedDuration::unsigned_abs);
    if every < least {
        terminal.error("--every must be at least 1m: the usage report asks for no more");
        return Err(Exit::Usage);
    }
    let until = options.timeout.and_then(|most| Instant::now().checked_add(most.unsigned_abs()));
    Ok(Pace { every, until })
}
