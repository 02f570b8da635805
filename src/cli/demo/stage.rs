//! Everything the demo runs: simulator, mail server, and the daemon between them.
//!
//! The daemon is the real one, started with what the ordinary loader made of the file
//! `config/demo.toml`, with the words in capitals filled in. It polls over HTTP and sends
//! over SMTP; nothing is handed to it behind its back. Only loopback addresses are used.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tracing::error;
use usagewarden_core::amount::Amount;
use usagewarden_core::window::Width;

use super::folder::{Folder, FolderError};
use super::plan::Plan;
use crate::app::{self, Daemon, StartError};
use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::config::{self, Environment, Problems};
use crate::simulator::{ADMIN_KEY, Runaway, Scenario, Settings, Simulator};
use crate::sink::{self, Mailbox, Received};
use crate::supervisor::Supervisor;

/// As an operator would write it.
const CONFIGURATION: &str = include_str!("../../../config/demo.toml");

/// What is on.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) folder: Folder,
    pub(super) plan: Plan,
    pub(super) simulator: Simulator,
    pub(super) simulator_url: String,
    /// Simulator and mail server: parts beside the daemon's.
    pub(super) outside: Supervisor,
    pub(super) mails: mpsc::Receiver<Received>,
}

/// Why the demo could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    #[error("there is no place for mails and store")]
    Folder(#[from] FolderError),
    #[error("cannot listen on a free port of 127.0.0.1")]
    Listen(#[source] io::Error),
    #[error("the log cannot be written")]
    Log(#[from] tracing_subscriber::util::TryInitError),
    #[error("the configuration of the demo is refused:\n{0}")]
    Config(Problems),
    #[error("the daemon could not be started")]
    Start(#[from] StartError),
}

impl Stage {
    /// Builds everything. The runaway waits.
    pub(super) async fn build(
        folder: Folder,
        crossed_after: Duration,
        clock: SharedClock,
    ) -> Result<(Self, Daemon), StageError> {
        let (api, mail) = (listen().await?, listen().await?);
        let (simulator_address, mail_address) = (address(&api)?, address(&mail)?);
        let simulator_url = format!("http://{simulator_address}");
        let plan = plan(&clock, crossed_after);
        let simulator = Simulator::new(rehearsal(plan.times), clock.clone());
        let (mailbox, mails) = Mailbox::new(folder.mails(), clock.clone());

        let outside = Supervisor::default();
        let serving = simulator.clone();
        outside.start("simulator", |stop| async move {
            if let Err(error) = serving.serve(api, stop).await {
                error!(error = %Chain(&error), "The simulator could not go on");
            }
        });
        outside.start("mail", |stop| sink::serve(mail, mailbox, stop));

        let text = written(&simulator_url, mail_address, clock.now(), plan.amount);
        let config = load(folder.write_configuration(&text)?)?;
        let daemon = app::start(config, clock).await?;
        Ok((Self { folder, plan, simulator, simulator_url, outside, mails }, daemon))
    }
}

/// The story's settings. Usage shows at once: real reports are minutes behind, and so
/// would be the story.
fn rehearsal(times: u32) -> Settings {
    Settings {
        scenario: Scenario::Runaway,
        runaway: Runaway { times, waits: true },
        usage_delay: SignedDuration::ZERO,
        ..Settings::default()
    }
}

/// What the simulated organization has spent today, and what its runaway will.
fn plan(clock: &SharedClock, crossed_after: Duration) -> Plan {
    let before = Simulator::new(rehearsal(1), clock.clone());
    let spent = before.spent_since(Width::Day.floor(clock.now()));
    let one_time = before.runaway_an_hour().unwrap_or(Amount::ZERO);
    Plan::of(spent, one_time, crossed_after)
}

async fn listen() -> Result<TcpListener, StageError> {
    TcpListener::bind("127.0.0.1:0").await.map_err(StageError::Listen)
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StageError> {
    listener.local_addr().map_err(StageError::Listen)
}

fn written(simulator: &str, mail: SocketAddr, now: Timestamp, amount: Amount) -> String {
    let today = now.to_zoned(TimeZone::UTC).strftime("%A").to_string().to_lowercase();
    CONFIGURATION
        .replace("SIMULATOR", simulator)
        .replace("ADMIN_KEY", ADMIN_KEY)
        .replace("MAIL_SERVER", &mail.to_string())
        .replace("TODAY", &today)
        .replace("AMOUNT", &amount.dollars().normalize().to_string())
}

/// The ordinary loader, without an environment: nothing of the real one may leak in.
fn load(path: PathBuf) -> Result<config::Config, StageError> {
    let request = config::Request::new(Some(path), Environment::default());
    config::load(&request).map(|loaded| loaded.config).map_err(StageError::Config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_demo_is_one_that_an_operator_could_run() {
        for (now, today) in [
            ("2026-11-30T23:59:59Z", jiff::civil::Weekday::Monday),
            ("2026-12-01T00:00:00Z", jiff::civil::Weekday::Tuesday),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let folder = Folder::new_below(directory.path()).unwrap();
            let amount = Amount::from_dollars(1_400.into());
            let mail = "127.0.0.1:2525".parse().unwrap();
            let text = written("http://127.0.0.1:9180", mail, now.parse().unwrap(), amount);
            let path = folder.write_configuration(&text).unwrap();
            let request = config::Request::new(Some(path), Environment::default());
            let loaded = config::load(&request).unwrap();
            assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
            let config = loaded.config;
            assert_eq!(config.organizations[0].calendar.week_start(), today);
            assert_eq!(config.emails[0].port, 2_525);
            assert!(config.store.path.starts_with(folder.path()));
        }
    }
}
