//! The whole way of a figure in one process: the simulator over loopback, the client, the
//! poller, the store, the ledger, and the lines that Prometheus reads.
//!
//! The clock is set by hand from one instant to the next, so that a month costs a dozen polls.

mod daemon;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use usagewarden::claude::Api;
use usagewarden::clock::{self, Clock, ManualClock};
use usagewarden::poll::Standing;
use usagewarden::simulator::{self, Scenario, Simulator};
use usagewarden::store::{DaySpend, Store};
use usagewarden::supervisor::{Ending, Supervisor};
use usagewarden_core::ledger::{Book, LedgerSettings};
use usagewarden_core::period::Calendar;
use usagewarden_core::price::PriceTable;
use usagewarden_core::reading::{Report, Tokens};
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::{Width, Window};

use super::ours::tokens;
use daemon::Daemon;

/// Longer than any state takes to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The least time between two polls, and between two chunks of the past.
const FLOOR: SignedDuration = SignedDuration::from_millis(100);

/// The table that ships.
const PRICES: &str = include_str!("../../../config/prices.toml");

/// What a test starts from.
pub(super) struct Setup {
    pub(super) at: &'static str,
    pub(super) api: Api,
    pub(super) zone: &'static str,
    pub(super) simulator: simulator::Settings,
}

impl Default for Setup {
    fn default() -> Self {
        let simulator = simulator::Settings::default();
        Self { at: "2026-11-20T14:08:30Z", api: Api::Admin, zone: "UTC", simulator }
    }
}

impl Setup {
    pub(super) fn of(scenario: Scenario) -> Self {
        let simulator = simulator::Settings { scenario, ..simulator::Settings::default() };
        Self { simulator, ..Self::default() }
    }
}

/// An organization at the other end, and the daemon that watches it.
pub(super) struct Rig {
    pub(super) clock: Arc<ManualClock>,
    api: Api,
    ledger: LedgerSettings,
    url: String,
    outside: Supervisor,
    directory: TempDir,
    daemon: Daemon,
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn window(from: Timestamp, until: Timestamp) -> Window {
    Window::new(from, until).unwrap()
}

pub(super) fn acme() -> OrganizationName {
    "acme".into()
}

pub(super) fn prices() -> PriceTable {
    toml::from_str(PRICES).unwrap()
}

fn ledger(setup: &Setup) -> LedgerSettings {
    let zone = clock::zone(setup.zone).unwrap();
    let finest = match setup.api {
        Api::Admin => Width::Minute,
        Api::Company => Width::Day,
    };
    let calendars = vec![Calendar::new(zone, setup.zone, Weekday::Monday)];
    LedgerSettings {
        calendars,
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices()),
        finest,
    }
}

impl Rig {
    /// Starts everything and waits for the first polls.
    pub(super) async fn start(setup: Setup) -> Self {
        let rig = Self::start_unpolled(setup).await;
        rig.polled().await;
        rig
    }

    pub(super) async fn start_unpolled(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::at(at(setup.at)));
        let (outside, ledger) = (Supervisor::default(), ledger(&setup));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let simulator = Simulator::new(setup.simulator, clock.clone());
        outside.start("outside", |stop| async move {
            simulator.serve(listener, stop).await.unwrap();
        });
        let directory = TempDir::new().unwrap();
        let daemon = Daemon::start(&directory, &clock, &url, setup.api, &ledger).await;
        Self { clock, api: setup.api, ledger, url, outside, directory, daemon }
    }

    /// Stops the daemon and starts it again on what it stored.
    pub(super) async fn restart(self) -> Self {
        let Self { clock, api, ledger, url, outside, directory, daemon } = self;
        daemon.stop().await;
        let daemon = Daemon::start(&directory, &clock, &url, api, &ledger).await;
        let rig = Self { clock, api, ledger, url, outside, directory, daemon };
        rig.polled().await;
        rig
    }

    pub(super) async fn stop(self) {
        self.daemon.stop().await;
        let ending = self.outside.finish(std::future::ready(()), PATIENCE).await;
        assert_eq!(ending, Ending::Asked);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn calendar(&self) -> &Calendar {
        &self.ledger.calendars[0]
    }

    pub(super) fn standing(&self) -> Standing {
        self.daemon.board.standing(&acme()).unwrap_or_default()
    }

    /// The reports that carry figures, and the names in them.
    fn figures(&self) -> &'static [Report] {
        match self.api {
            Api::Admin => &[Report::Usage, Report::Cost, Report::Analytics, Report::Keys],
            Api::Company => &[Report::Usage, Report::Quota],
        }
    }

    /// Whether a report was read at the very time that it is, or is known not to be granted.
    fn is_fresh(&self, report: Report) -> bool {
        let health = self.standing().polls.remove(&report).unwrap_or_default();
        // Names hardly change, and are asked for each hour only.
        let is_name = report == Report::Keys;
        health.last_success_at == Some(self.now()) || health.not_granted || is_name
    }

    pub(super) fn is_failing(&self, report: Report) -> bool {
        let health = self.standing().polls.remove(&report).unwrap_or_default();
        health.failing.is_some_and(|failing| failing.last_at == self.now())
    }

    async fn polled(&self) {
        let heard = |report: &Report| {
            self.standing().polls.get(report).is_some_and(|health| health.last_success_at.is_some())
        };
        self.until("the first polls", || self.figures().iter().all(heard)).await;
    }

    /// Sets the clock, and waits until every figure was polled at that instant.
    pub(super) async fn go(&self, to: &str) {
        self.set(to);
        self.until(to, || self.figures().iter().all(|report| self.is_fresh(*report))).await;
    }

    /// Sets the clock while `failing` fails, and waits until it has, and all others were polled.
    pub(super) async fn go_failing(&self, to: &str, failing: Report) {
        self.go_all_failing(to, &[failing]).await;
    }

    pub(super) async fn go_all_failing(&self, to: &str, failing: &[Report]) {
        self.set(to);
        let has_come = |report: &Report| match failing.contains(report) {
            true => self.is_failing(*report),
            false => self.is_fresh(*report),
        };
        self.until(to, || self.figures().iter().all(has_come)).await;
    }

    fn set(&self, to: &str) {
        assert!(self.now() < at(to), "time goes forward, not from {} to {to}", self.now());
        self.clock.set(at(to));
        self.daemon.bell.notify_one();
    }

    /// Waits until the past is filled in; some seconds pass meanwhile.
    pub(super) async fn fill(&self) {
        let is_filled = || {
            let progress = self.standing().progress;
            !progress.is_empty() && progress.values().all(|it| it.is_complete())
        };
        let waited = async {
            while !is_filled() {
                self.clock.advance(FLOOR);
                self.daemon.bell.notify_one();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waited).await.is_ok();
        assert!(in_time, "the past was never filled in: {:#?}", self.standing());
    }

    async fn until(&self, what: &str, reached: impl Fn() -> bool) {
        let waited = async {
            while !reached() {
                self.daemon.bell.notify_one();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waited).await.is_ok();
        assert!(in_time, "never came: {what}; it stands like this: {:#?}", self.standing());
    }
}

impl Rig {
    pub(super) async fn snapshot(&self) -> Snapshot {
        self.daemon.store.snapshot(&acme(), &self.ledger, self.now()).await.unwrap()
    }

    pub(super) async fn spend(&self, window: Window) -> Vec<DaySpend> {
        self.daemon.store.spend(&acme(), &self.ledger, window).await.unwrap()
    }

    pub(super) async fn book(&self) -> Book {
        self.daemon.store.book(&acme()).await.unwrap()
    }

    /// What Prometheus reads now.
    pub(super) async fn metrics(&self) -> String {
        self.daemon.exposition.publish(&self.snapshot().await.into());
        let body = Body::new(self.daemon.exposition.scrape());
        String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    pub(super) async fn control(&self, change: &str) {
        let url = format!("{}/__control", self.url);
        let answer = http().post(url).body(change.to_owned()).send().await.unwrap();
        assert!(answer.status().is_success(), "{change}: {}", answer.status());
    }

    /// The faults that are switched on, with how often they still strike.
    pub(super) async fn faults(&self) -> Vec<String> {
        let control = self.json("__control").await;
        serde_json::from_value(control["faults"].clone()).unwrap()
    }

    /// Tokens of one model in `window`, as far as the reports show them.
    pub(super) async fn used(&self, window: Window, model: &str) -> Tokens {
        let truth = self.truth(window, "model").await;
        let rows = truth["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["model"] == model).unwrap();
        tokens(&row["visible"])
    }

    /// What really happened in `window`, until now; see `docs/simulator.md`.
    pub(super) async fn truth(&self, window: Window, by: &str) -> Value {
        let (from, until) = (window.from(), window.until());
        self.json(&format!("__truth?from={from}&to={until}&by={by}")).await
    }

    async fn json(&self, path: &str) -> Value {
        let mut answer = http().get(format!("{}/{path}", self.url)).send().await.unwrap();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.unwrap() {
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).unwrap()
    }
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
