//! How the daemon speaks: to a terminal, to the journal, or to a program.
//!
//! Set up once, before anything else can want to say something. `[log] level` is the only
//! place for a level, and it is ours: other people's crates are heard from `warn` on, since
//! below that they talk to their authors, and some of it is what travels on the wire.

use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging as `[log]` says. `journal`: stderr leads to the journal.
pub(super) fn start(log: Log, journal: bool) -> Result<(), TryInitError> {
    tracing_subscriber::registry()
        .with(layer(log.format, journal).with_filter(heard(log.level)))
        .try_init()
}

/// Starts logging into `file`, at a level that tells the story: for a terminal that has
/// another one to tell.
pub fn start_in(file: File) -> Result<(), TryInitError> {
    let layer = tracing_subscriber::fmt::layer().with_writer(Mutex::new(file)).with_ansi(false);
    tracing_subscriber::registry()
        .with(layer.with_target(false).with_filter(heard(LogLevel::Info)))
        .try_init()
}

fn layer(format: LogFormat, journal: bool) -> Box<dyn Layer<Registry> + Send + Sync> {
    match format {
        LogFormat::Auto if journal => journald(),
        LogFormat::Auto | LogFormat::Text => text(),
        LogFormat::Json => {
            tracing_subscriber::fmt::layer().json().with_writer(stderr).flatten_event(true).boxed()
        }
        LogFormat::Journald => journald(),
    }
}

/// The journal keeps fields apart; where it cannot be reached, text is better than silence.
fn journald() -> Box<dyn Layer<Registry> + Send + Sync> {
    match tracing_journald::layer() {
        Ok(layer) => layer.with_field_prefix(None).boxed(),
        Err(_) => text(),
    }
}

fn text() -> Box<dyn Layer<Registry> + Send + Sync> {
    let ansi = stderr().is_terminal();
    tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(ansi).with_target(false).boxed()
}

/// Whose lines are written, and from which level on. The name covers both of our crates.
fn heard(wanted: LogLevel) -> Targets {
    let ours = level(wanted);
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target(env!("CARGO_PKG_NAME"), ours)
}

const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_level_is_ours_and_other_crates_only_warn() {
        let cases = [
            (LogLevel::Info, "usagewarden::poll::stream", Level::INFO, true),
            (LogLevel::Info, "usagewarden_core::ledger", Level::INFO, true),
            (LogLevel::Info, "usagewarden::poll", Level::DEBUG, false),
            (LogLevel::Trace, "usagewarden::poll", Level::TRACE, true),
            (LogLevel::Trace, "tokio_cron_scheduler::job_scheduler", Level::INFO, false),
            (LogLevel::Trace, "h2::codec::framed_write", Level::TRACE, false),
            (LogLevel::Info, "hyper_util::client", Level::WARN, true),
            (LogLevel::Error, "hyper_util::client", Level::WARN, false),
            (LogLevel::Error, "hyper_util::client", Level::ERROR, true),
        ];
        for (wanted, target, level, expected) in cases {
            let shown = heard(wanted).would_enable(target, &level);
            assert_eq!(shown, expected, "{level} of {target} at {wanted:?}");
        }
    }
}
