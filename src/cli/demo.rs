//! `usagewarden demo`: a budget is crossed before your eyes, and mails arrive.
//!
//! Simulator, daemon and mail server run in this one process and speak over loopback.
//! It needs no file, no key, no network and no certificate, and leaves one folder behind,
//! which it names. What did not work is said, and is no success.

mod folder;
mod opener;
mod plan;
mod show;
mod stage;
mod story;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use crate::app::{self, Daemon, StartError};
use crate::chain::Chain;
use crate::cli::{Exit, Terminal};
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::supervisor::Ending;
use folder::{Folder, FolderError};
use opener::Opener;
use plan::STEPS;
use show::Show;
use stage::{Stage, StageError};
use story::{End, Story, Told};

/// Below this the steps would be crossed faster than they can be told apart.
const LEAST: SignedDuration = SignedDuration::from_secs(15);

/// Nobody is left to be served when simulator and mail server are told to leave.
const STOP_GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// End after this long, from when everything runs; below a minute the story goes faster
    #[arg(long = "for", value_parser = read_time, value_name = "DURATION")]
    shown_for: Option<Duration>,
    /// Open the status page in a browser
    #[arg(long)]
    open: bool,
    /// Leave mails, store and log in this new or empty folder [default: a new one in $TMPDIR, else /tmp]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

fn read_time(text: &str) -> Result<Duration, String> {
    let time = crate::config::duration(text)?;
    if time < LEAST {
        return Err(format!("the story takes at least {}s", LEAST.as_secs()));
    }
    Duration::try_from(time).map_err(|error| error.to_string())
}

pub(super) fn run(options: &Options, environment: &Environment, terminal: &mut Terminal) -> Exit {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime needs nothing but memory and descriptors");
    runtime.block_on(async {
        match play(options, environment, terminal).await {
            Ok(exit) => exit,
            Err(error) => {
                terminal.error(Chain(&error));
                terminal.hint(advice(&error));
                Exit::No
            }
        }
    })
}

async fn play(
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<Exit, StageError> {
    // Heard from here on: a Ctrl-C while everything starts is one too.
    let asked = app::asked_to_stop()?;
    let folder = match &options.output {
        Some(path) => Folder::named(path)?,
        None => Folder::new_below(&environment.temporary())?,
    };
    let crossed_after = plan::crossed_after(options.shown_for);
    app::log_into(folder.create_log()?)?;
    let clock = Arc::new(SystemClock);
    let (stage, daemon) = Stage::build(folder, crossed_after, clock).await?;
    let mut story = Story {
        stage,
        show: Show::new(terminal, environment),
        daemon_url: format!("http://{}", daemon.address()),
        shown_for: options.shown_for,
        opener: None,
        told: Told::default(),
    };
    story.show.greeting(&story.stage, &story.daemon_url, options.shown_for);
    if options.open {
        match Opener::open(&format!("{}/", story.daemon_url)) {
            Ok(opener) => story.opener = Some(opener),
            Err(why) => story.show.note(&why),
        }
    }
    Ok(finish(story, daemon, asked).await)
}

/// Tells the story, stops everything, and says what it came to.
async fn finish(mut story: Story<'_>, daemon: Daemon, asked: impl Future<Output = ()>) -> Exit {
    let mut end = None;
    let ending = daemon.finish(async { end = Some(story.tell(asked).await) }).await;
    story.catch_up();
    let Story { stage, mut show, told, .. } = story;
    let left = stage.outside.finish(async {}, STOP_GRACE).await;
    let log = stage.folder.log();
    show.end(&told, &stage.plan, stage.folder.path(), &log);
    let verdict = judge([ending, left], end.unwrap_or(End::Broken), told.is_whole());
    if let Some(why) = verdict.why(&told) {
        show.error(why, format_args!("{} says more", log.display()));
    }
    verdict.exit()
}

/// What the demo came to, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Everything was shown, or somebody had seen enough.
    Shown,
    /// The past was not read in time.
    Unread,
    /// Some mails did not come in time.
    Unsent,
    PartEnded,
    Stuck,
}

/// From how daemon and outside have ended, and how the story has.
fn judge(endings: [Ending; 2], end: End, is_whole: bool) -> Verdict {
    if endings.iter().any(|ending| matches!(ending, Ending::Stuck { .. })) {
        return Verdict::Stuck;
    }
    if endings.contains(&Ending::PartEnded) {
        return Verdict::PartEnded;
    }
    match end {
        End::Broken => Verdict::PartEnded,
        End::Asked => Verdict::Shown,
        End::Over if is_whole => Verdict::Shown,
        End::Over | End::Unsent => Verdict::Unsent,
        End::Unread => Verdict::Unread,
    }
}

impl Verdict {
    fn why(self, told: &Told) -> Option<String> {
        match self {
            Self::Shown => None,
            Self::Unread => {
                Some("the past was not read in time; is the machine very busy?".to_owned())
            }
            Self::Unsent => {
                let (came, due) = (told.mails.len(), STEPS.len());
                Some(format!("{came} of {due} mails came in time; is the machine very busy?"))
            }
            Self::PartEnded => Some("a part has ended by itself".to_owned()),
            Self::Stuck => Some("not every part has left in time".to_owned()),
        }
    }

    const fn exit(self) -> Exit {
        match self {
            Self::Shown => Exit::Done,
            Self::Unread | Self::Unsent => Exit::No,
            Self::PartEnded => Exit::PartEnded,
            Self::Stuck => Exit::Stuck,
        }
    }
}

fn advice(error: &StageError) -> &'static str {
    match error {
        StageError::Folder(FolderError::Occupied { .. }) => {
            "name a folder that is empty, or one that is to be made"
        }
        StageError::Folder(FolderError::Make { .. } | FolderError::Write { .. }) => {
            "name a folder that you may write to with --output"
        }
        StageError::Listen(_) | StageError::Start(StartError::Listen { .. }) => {
            "does this machine have a loopback interface?"
        }
        StageError::Start(error) if error.may_heal() => "is there room on the disk? Try again",
        StageError::Log(_) | StageError::Config(_) | StageError::Start(_) => {
            "that should never happen; please report it"
        }
    }
}
