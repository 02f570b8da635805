//! A poller, a simulator and a store in one process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use rust_decimal::Decimal;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use usagewarden::claude::{self, Api, Client};
use usagewarden::clock::{Clock, ManualClock};
use usagewarden::poll::{
    Board, Cadences, Organization, PollMetrics, Poller, Settings, Standing, Watch,
};
use usagewarden::schedule::{Bell, Cadence, Pulse};
use usagewarden::simulator::{self, Simulator};
use usagewarden::store::{SqliteStore, Store};
use usagewarden::supervisor::Supervisor;
use usagewarden_core::ledger::{Book, LedgerSettings};
use usagewarden_core::period::Calendar;
use usagewarden_core::price::PriceTable;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::{Width, Window};

/// Longer than any state takes to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The least time between two polls in these tests.
pub(super) const FLOOR: SignedDuration = SignedDuration::from_millis(100);

/// What a test starts from.
pub(super) struct Setup {
    pub(super) api: Api,
    pub(super) expect_name: Option<String>,
    pub(super) simulator: simulator::Settings,
    /// Another outside than the simulator.
    pub(super) router: Option<Router>,
}

impl Default for Setup {
    fn default() -> Self {
        let simulator = simulator::Settings::default();
        Self { api: Api::Admin, expect_name: None, simulator, router: None }
    }
}

pub(super) struct Rig {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<SqliteStore>,
    pub(super) ledger: LedgerSettings,
    board: Board,
    bell: Bell,
    committed: Bell,
    supervisor: Supervisor,
    url: String,
    _directory: TempDir,
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn acme() -> OrganizationName {
    "acme".into()
}

fn cadences() -> Cadences {
    let minutes = |minutes| Cadence::Every(SignedDuration::from_mins(minutes));
    Cadences::new(|report| match report {
        Report::Usage | Report::Quota => minutes(1),
        Report::Cost | Report::Analytics | Report::Company | Report::Audit => minutes(10),
        Report::RateLimits | Report::SpendLimits => minutes(15),
        Report::Keys | Report::Members => minutes(60),
    })
}

fn ledger(api: Api) -> LedgerSettings {
    let prices = PriceTable {
        dated: jiff::civil::date(2026, 11, 1),
        batch: Decimal::new(5, 1),
        geo: BTreeMap::new(),
        web_search: Decimal::new(1, 2),
        price: Vec::new(),
    };
    let finest = match api {
        Api::Admin => Width::Minute,
        Api::Company => Width::Day,
    };
    LedgerSettings {
        calendars: vec![Calendar::utc()],
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices),
        finest,
    }
}

impl Rig {
    /// Starts everything at half past two, on a day in November.
    pub(super) async fn start(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::at(at("2026-11-20T14:30:30Z")));
        let supervisor = Supervisor::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            setup.router.unwrap_or_else(|| Simulator::new(setup.simulator, clock.clone()).router());
        supervisor.start("outside", |stop| async move {
            let served = axum::serve(listener, router);
            tokio::select! {
                ended = served => ended.unwrap(),
                () = stop.cancelled() => {}
            }
        });

        let directory = TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap();
        let rig = Self {
            clock,
            store: Arc::new(store),
            ledger: ledger(setup.api),
            board: Board::default(),
            bell: Arc::new(Notify::new()),
            committed: Arc::new(Notify::new()),
            supervisor,
            url,
            _directory: directory,
        };
        let organization = rig.organization(setup.api, setup.expect_name).await;
        rig.watch(organization, setup.api);
        rig
    }

    async fn organization(&self, api: Api, expect_name: Option<String>) -> Organization {
        let key = match api {
            Api::Admin => simulator::ADMIN_KEY,
            Api::Company => simulator::COMPANY_KEY,
        };
        let client = claude::Settings {
            organization: acme(),
            api,
            base_url: self.url.parse().unwrap(),
            key: key.into(),
            company_id: None,
            ca_file: None,
            company_cached_for: SignedDuration::from_mins(9),
        };
        let settings = Settings {
            organization: acme(),
            expect_name,
            cadences: cadences(),
            floor: FLOOR,
            start_jitter: SignedDuration::ZERO,
            ledger: self.ledger.clone(),
        };
        Organization {
            settings,
            client: Client::new(client, self.clock.clone()),
            fence: self.store.acquire(&acme()).await.unwrap(),
            committed: self.committed.clone(),
        }
    }

    fn watch(&self, organization: Organization, api: Api) {
        let watch = Watch {
            store: self.store.clone(),
            clock: self.clock.clone(),
            metrics: PollMetrics::register(&Registry::new(), &[(acme(), api)]).unwrap(),
            board: self.board.clone(),
        };
        let workers = self.supervisor.workers();
        let (bell, pulse) = (self.bell.clone(), Pulse::default());
        let poller = Poller::new(vec![organization], watch, workers, bell, pulse);
        self.supervisor.start("poller", |stop| poller.run(stop));
    }

    pub(super) async fn stop(self) {
        let ending = self.supervisor.finish(std::future::ready(()), PATIENCE).await;
        assert_eq!(ending, usagewarden::supervisor::Ending::Asked);
    }

    pub(super) fn standing(&self) -> Standing {
        self.board.standing(&acme()).unwrap_or_default()
    }

    pub(super) async fn book(&self) -> Book {
        self.store.book(&acme()).await.unwrap()
    }

    /// Whether the engine's bell was rung since it was last heard.
    pub(super) async fn rung(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.committed.notified()).await.is_ok()
    }

    /// Sets the clock forward and rings, as a tick would.
    pub(super) fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.bell.notify_one();
    }

    /// Waits for a state.
    pub(super) async fn until(&self, what: &str, reached: impl Fn() -> bool) {
        self.until_stepping(what, SignedDuration::ZERO, reached).await;
    }

    /// Waits for a state while time passes in steps.
    pub(super) async fn until_stepping(
        &self,
        what: &str,
        step: SignedDuration,
        reached: impl Fn() -> bool,
    ) {
        let waited = async {
            while !reached() {
                self.advance(step);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waited).await.is_ok();
        assert!(in_time, "never came: {what}; it stands like this: {:#?}", self.standing());
    }

    pub(super) async fn polled(&self, reports: &[Report]) {
        let heard = |report: &Report| {
            self.standing().polls.get(report).is_some_and(|health| health.last_success_at.is_some())
        };
        self.until("every report polled", || reports.iter().all(heard)).await;
    }

    /// Whether a report was read at the very time that it is.
    pub(super) fn is_fresh(&self, report: Report) -> bool {
        let health = self.standing().polls.remove(&report).unwrap_or_default();
        health.last_success_at == Some(self.clock.now())
    }

    /// Whether a report failed at the very time that it is.
    pub(super) fn has_failed_now(&self, report: Report) -> bool {
        let health = self.standing().polls.remove(&report).unwrap_or_default();
        health.failing.is_some_and(|failing| failing.last_at == self.clock.now())
    }

    pub(super) async fn control(&self, change: &str) {
        let client = self.http();
        let url = format!("{}/__control", self.url);
        let answer = client.post(url).body(change.to_owned()).send().await.unwrap();
        assert!(answer.status().is_success(), "{change}: {}", answer.status());
    }

    /// Changes the organization, as somebody with this key would.
    pub(super) async fn write(&self, path: &str, key: &str, asked: &str) {
        let request = self.http().post(format!("{}/{path}", self.url));
        let request = request.header("x-api-key", key).header("anthropic-version", "2023-06-01");
        let answer = request.header("content-type", "application/json").body(asked.to_owned());
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    pub(super) async fn first_key(&self) -> String {
        let snapshot = self.store.snapshot(&acme(), &self.ledger, self.clock.now()).await.unwrap();
        let keys = snapshot.roster.keys.unwrap();
        keys.iter().find(|key| key.status == "active").unwrap().id.to_string()
    }

    /// Questions so far whose path holds `path`.
    pub(super) async fn served(&self, path: &str) -> u64 {
        let control = self.json("__control").await;
        let served = control["served"].as_object().unwrap();
        served.iter().filter(|(at, _)| at.contains(path)).map(|(_, n)| n.as_u64().unwrap()).sum()
    }

    /// Tokens of `window` by the truth of the simulator, as far as the reports show them.
    pub(super) async fn true_tokens(&self, window: Window) -> u64 {
        let (from, until) = (window.from(), window.until());
        let truth = self.json(&format!("__truth?from={from}&to={until}")).await;
        truth["total"]["visible"]["tokens"]["total"].as_u64().unwrap()
    }

    pub(super) async fn stored_tokens(&self, window: Window) -> u64 {
        let days = self.store.spend(&acme(), &self.ledger, window).await.unwrap();
        days.iter().map(|day| day.tokens.total()).sum()
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        let mut answer = self.http().get(format!("{}/{path}", self.url)).send().await.unwrap();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.unwrap() {
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).unwrap()
    }

    fn http(&self) -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::new()
    }
}
