//! The watching half: client, poller, store, and the lines for Prometheus.

use std::sync::Arc;

use jiff::SignedDuration;
use prometheus::Registry;
use tempfile::TempDir;
use tokio::sync::Notify;
use usagewarden::claude::{self, Api, Client};
use usagewarden::clock::ManualClock;
use usagewarden::metrics::{Exposition, OrganizationSettings};
use usagewarden::poll::{Board, Cadences, Organization, PollMetrics, Poller, Settings, Watch};
use usagewarden::schedule::{Bell, Cadence, Pulse};
use usagewarden::simulator;
use usagewarden::store::{SqliteStore, Store};
use usagewarden::supervisor::{Ending, Supervisor};
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::reading::Report;

use super::{FLOOR, PATIENCE, acme};

/// What a restart replaces.
pub(super) struct Daemon {
    pub(super) store: Arc<SqliteStore>,
    pub(super) board: Board,
    pub(super) bell: Bell,
    pub(super) exposition: Exposition,
    supervisor: Supervisor,
}

fn cadences() -> Cadences {
    let minutes = |minutes| Cadence::Every(SignedDuration::from_mins(minutes));
    Cadences::new(|report| match report {
        // Each instant that a test goes to is one at which all figures are polled.
        Report::Usage | Report::Quota | Report::Cost | Report::Analytics => minutes(1),
        Report::RateLimits
        | Report::SpendLimits
        | Report::Company
        | Report::Keys
        | Report::Members
        | Report::Audit => minutes(60),
    })
}

impl Daemon {
    pub(super) async fn start(
        directory: &TempDir,
        clock: &Arc<ManualClock>,
        url: &str,
        api: Api,
        ledger: &LedgerSettings,
    ) -> Self {
        let path = directory.path().join("usagewarden.db");
        let store = Arc::new(SqliteStore::open(&path).unwrap());
        let shown = OrganizationSettings {
            name: acme(),
            api: "admin",
            calendar: ledger.calendars[0].key(),
            series_max: 10_000,
            alerts_only: false,
            key_spend: true,
            rules: [].into(),
        };
        let daemon = Self {
            store,
            board: Board::default(),
            bell: Arc::new(Notify::new()),
            exposition: Exposition::new(Registry::new(), [shown]),
            supervisor: Supervisor::default(),
        };
        let key = match api {
            Api::Admin => simulator::ADMIN_KEY,
            Api::Company => simulator::COMPANY_KEY,
        };
        let client = claude::Settings {
            organization: acme(),
            api,
            base_url: url.parse().unwrap(),
            key: key.into(),
            company_id: None,
            ca_file: None,
            company_cached_for: SignedDuration::from_mins(9),
        };
        let settings = Settings {
            organization: acme(),
            expect_name: None,
            cadences: cadences(),
            floor: FLOOR,
            start_jitter: SignedDuration::ZERO,
            ledger: ledger.clone(),
        };
        let organization = Organization {
            settings,
            client: Client::new(client, clock.clone()),
            fence: daemon.store.acquire(&acme()).await.unwrap(),
            committed: Arc::new(Notify::new()),
        };
        daemon.poll(organization, clock, api);
        daemon
    }

    fn poll(&self, organization: Organization, clock: &Arc<ManualClock>, api: Api) {
        let watch = Watch {
            store: self.store.clone(),
            clock: clock.clone(),
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
        assert_eq!(ending, Ending::Asked);
    }
}
