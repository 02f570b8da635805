//! How the daemon speaks: to a terminal, to the journal, or to a program.
//!
//! Set up once, before anything else can want to say something. A level set in `RUST_LOG`
//! style for single rooms is an operator's `[log] level`; there is no second place.

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging as `[log]` says. `journal`: stderr leads to the journal.
pub(super) fn start(log: Log, journal: bool) -> Result<(), TryInitError> {
    tracing_subscriber::registry()
        .with(layer(log.format, journal).with_filter(level(log.level)))
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

const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
