//! The command line: what can be asked of usagewarden, and how it answers.
//!
//! Each command is a file of its own, which prints its answer and returns an [`Exit`].
//! Tables are for people, `--json` is for programs, color only for a terminal. Errors go
//! to stderr, name the thing and say what to do. Nothing here knows the inside of a room.

mod actions;
mod audit;
mod check;
mod daemon;
mod deliveries;
mod demo;
mod keys;
mod limits;
mod members;
mod naming;
mod online;
mod org;
mod run;
mod several;
mod simulate;
mod status;
mod terminal;
mod test_notice;
mod wording;
mod writing;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use crate::config::{self, Environment};

pub use terminal::Terminal;

/// What a command ends with. The numbers are a contract with units and scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or stopped as asked.
    Done,
    /// The answer is no: a failed online check, a refusal by an API.
    No,
    /// Wrong arguments.
    Usage,
    /// A part of the daemon ended.
    PartEnded,
    /// Parts did not leave in time.
    Stuck,
    /// Wrong configuration.
    Config,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 64,
            Self::PartEnded => 70,
            Self::Stuck => 75,
            Self::Config => 78,
        }
    }
}

/// Watches what an organization spends and uses on the Claude API, and tells people before it hurts.
#[derive(Debug, Parser)]
#[command(name = "usagewarden", version, max_term_width = 100)]
struct Line {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Configuration file [default: $USAGEWARDEN_CONFIG, else /etc/usagewarden/usagewarden.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which organization, by its configured name
    #[arg(long, global = true, value_name = "NAME")]
    organization: Option<String>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Change without asking first
    #[arg(long, global = true)]
    yes: bool,
    /// Where the running daemon listens [default: $USAGEWARDEN_URL, else the configured address]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// What the running daemon is shown before it changes something [default: $USAGEWARDEN_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", value_parser = read_token)]
    token: Option<SecretString>,
}

fn read_token(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.into())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Run,
    /// See it work: a simulated API, the daemon and a mail server, in one process
    Demo(demo::Options),
    /// Validate the configuration; with --online also the key, the organization and the channels
    Check(check::Options),
    /// Ask the running daemon: alerts, budgets, spend, limits, freshness
    Status(status::Options),
    /// Notices on their way: what became of them, and another try
    #[command(subcommand)]
    Deliveries(deliveries::Command),
    /// What steps have had done about them, and taking it back
    #[command(subcommand)]
    Actions(actions::Command),
    /// The organization itself, and what the key may do, asked directly of the API
    #[command(subcommand)]
    Org(org::Command),
    /// Who belongs to the organization: list, invite, change a role, remove
    #[command(subcommand)]
    Members(members::Command),
    /// What may be spent and asked for: list, change
    #[command(subcommand)]
    Limits(limits::Command),
    /// Who did what in the organization, from its audit log
    Audit(audit::Options),
    /// API keys: list, create, disable, enable, revoke, rotate
    #[command(subcommand)]
    Keys(keys::Command),
    /// Send a labeled test message through a channel, and say what came of it
    TestNotice(test_notice::Options),
    /// A faithful fake of both APIs, to rehearse with
    Simulate(simulate::Options),
}

/// Reads the arguments, does what they say, and turns the answer into an exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // rustls refuses to choose a provider by itself; the only other caller would be a test.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let environment = Environment::of_process();
    let line = match Line::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => return ExitCode::from(refuse_arguments(&error).code()),
    };
    let mut terminal = Terminal::of_process(&environment, line.global.json);
    ExitCode::from(dispatch(line, &environment, &mut terminal).code())
}

/// Help and version are answers; anything else is a wrong argument.
fn refuse_arguments(error: &clap::Error) -> Exit {
    // Nobody is left to tell when stdout and stderr are both gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn dispatch(line: Line, environment: &Environment, terminal: &mut Terminal) -> Exit {
    let Line { global, command } = line;
    match command {
        Command::Run => run::run(&global, environment, terminal),
        Command::Demo(options) => demo::run(&options, environment, terminal),
        Command::Check(options) => check::run(&global, &options, environment, terminal),
        Command::Status(options) => status::run(&global, &options, environment, terminal),
        Command::Deliveries(command) => deliveries::run(&global, &command, environment, terminal),
        Command::Actions(command) => actions::run(&global, &command, environment, terminal),
        Command::Org(command) => org::run(&global, &command, environment, terminal),
        Command::Members(command) => members::run(&global, &command, environment, terminal),
        Command::Limits(command) => limits::run(&global, &command, environment, terminal),
        Command::Audit(options) => audit::run(&global, &options, environment, terminal),
        Command::Keys(command) => keys::run(&global, &command, environment, terminal),
        Command::TestNotice(options) => test_notice::run(&global, &options, environment, terminal),
        Command::Simulate(options) => simulate::run(&options, terminal),
    }
}

/// Loads the configuration, or says everything that is wrong with it.
fn load(
    global: &Global,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<config::Loaded, Exit> {
    let request = config::Request::new(global.config.clone(), environment.clone());
    config::load(&request).map_err(|problems| {
        terminal.problems(&problems);
        Exit::Config
    })
}

/// A small runtime for a command that asks a few questions and leaves.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs nothing but memory and a descriptor")
        .block_on(future)
}
