//! The daemon as a whole: every room built from the configuration, and started.
//!
//! The only place that knows all rooms. It decides nothing about readings or alerts; it
//! hands each room its settings and connects the bells. It promises that what cannot
//! work is said before anything is polled, and that a stop claims nothing new. It
//! fails with a [`StartError`], which says whether trying again may help.

mod acting;
mod channels;
mod counted;
#[cfg(test)]
mod document;
mod engines;
mod log;
mod mail;
mod publish;
mod start;
mod systemd;
mod test_notice;
mod translate;
mod wellness;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};
use usagewarden_core::subject::OrganizationName;

use crate::clock::SharedClock;
use crate::config::{Environment, Loaded};
use crate::store::StoreError;
use crate::supervisor::{Ending, Supervisor};

pub use crate::deliver::http::HttpError;
pub use channels::greet_webhooks;
pub use log::start_in as log_into;
pub use mail::greet_mail_servers;
pub use start::start;
pub use test_notice::{Tested, send_test_notice};
pub use translate::{client, inspect_key, reports_of, write_client};

/// How long parts may take to leave. systemd waits a little longer.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Why the daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store cannot be used")]
    Store(#[source] StoreError),
    #[error("{organization} could not be taken over in the store")]
    Acquire { organization: OrganizationName, source: StoreError },
    #[error("cannot listen on {address}; name another address in [http] `listen`")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("two metrics have one name")]
    Metrics(#[from] prometheus::Error),
    #[error("signals cannot be heard")]
    Signals(#[source] std::io::Error),
    #[error("the log cannot be written")]
    Log(#[from] tracing_subscriber::util::TryInitError),
}

impl StartError {
    /// Whether the next start may find things better. A damaged file does not heal.
    pub const fn may_heal(&self) -> bool {
        match self {
            Self::Store(error) | Self::Acquire { source: error, .. } => match error {
                StoreError::Foreign { .. }
                | StoreError::Damaged { .. }
                | StoreError::Newer { .. } => false,
                StoreError::Open { .. }
                | StoreError::Directory { .. }
                | StoreError::File { .. }
                | StoreError::Thread { .. }
                | StoreError::Defect { .. }
                | StoreError::Unwritable { .. }
                | StoreError::InUse { .. }
                | StoreError::Query { .. }
                | StoreError::Unreadable { .. }
                | StoreError::Fenced { .. }
                | StoreError::Unknown { .. }
                | StoreError::Closed => true,
            },
            Self::Listen { .. } | Self::Signals(_) => true,
            Self::Metrics(_) | Self::Log(_) => false,
        }
    }
}

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    pub(crate) supervisor: Supervisor,
    /// Where it really listens, also when the port was left to the system.
    pub(crate) address: SocketAddr,
}

impl Daemon {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for `signal` or for a part to end, then for every part to leave.
    pub async fn finish(self, signal: impl Future<Output = ()>) -> Ending {
        self.supervisor.finish(signal, STOP_GRACE).await
    }
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(
    loaded: Loaded,
    environment: &Environment,
    clock: SharedClock,
) -> Result<Ending, StartError> {
    log::start(loaded.config.log, environment.journal())?;
    for warning in &loaded.warnings {
        warn!(hint = warning.hint.as_deref(), "The configuration works, but {}", warning.message);
    }
    let asked = asked_to_stop()?;
    let hangups = signal(SignalKind::hangup()).map_err(StartError::Signals)?;
    let daemon = start(loaded.config, clock).await?;
    daemon.supervisor.start("hangups", |stop| explain_hangups(hangups, stop));
    systemd::ready(&format!("Listening on {}", daemon.address));
    let ending = daemon
        .finish(async {
            asked.await;
            systemd::stopping();
        })
        .await;
    info!(?ending, "Stopped");
    Ok(ending)
}

/// Waits for either signal that means: stop. They are heard from the call on.
pub fn asked_to_stop() -> Result<impl Future<Output = ()>, StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!("Stopping, as {name} asked");
    })
}

/// SIGHUP never kills: whoever sends it expects a reload.
async fn explain_hangups(
    mut hangups: tokio::signal::unix::Signal,
    stop: tokio_util::sync::CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = hangups.recv() => match heard {
                Some(()) => warn!(
                    "SIGHUP was heard, but this version reads its configuration only at the start; restart it to apply changes"
                ),
                None => return stop.cancelled().await,
            },
        }
    }
}
