//! A store, a clock, a mail server, and a deliverer between them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use rust_decimal::Decimal;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::ManualClock;
use usagewarden::deliver::channel::Channel;
use usagewarden::deliver::email::{Email, Login, Settings, Tls};
use usagewarden::deliver::metrics::DeliveryMetrics;
use usagewarden::deliver::{Deliverer, Wiring};
use usagewarden::store::{SqliteStore, Store};
use usagewarden::supervisor::Supervisor;
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, Names, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::{Destination, Entry, EntryState, Reach};
use usagewarden_core::quantity::Quantity;
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::Subject;
use usagewarden_core::window::Window;

use crate::support::smtp::{Offer, PASSWORD, SmtpServer, USERNAME};

/// Far longer than anything here takes: a test that hangs must end.
const DEADLINE: Duration = Duration::from_secs(60);

/// Silence is noticed sooner than in earnest.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) struct Desk {
    pub(super) server: SmtpServer,
    pub(super) clock: Arc<ManualClock>,
    pub(super) settings: Settings,
    pub(super) registry: Registry,
    /// Who is reached beside the recipients, and who steps in.
    pub(super) reach: Reach,
    store: Option<Arc<SqliteStore>>,
    bell: Arc<Notify>,
    directory: tempfile::TempDir,
}

/// A deliverer at work.
pub(super) struct Running {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl Running {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.work).await.unwrap().unwrap();
    }
}

impl Desk {
    /// One recipient, STARTTLS, AUTH PLAIN.
    pub(super) async fn new() -> Self {
        Self::with(Offer::StartTls, &["finops@example.com"]).await
    }

    pub(super) async fn with(offer: Offer, to: &[&str]) -> Self {
        Self::facing(SmtpServer::start(offer, "PLAIN LOGIN").await, offer, to)
    }

    pub(super) fn facing(server: SmtpServer, offer: Offer, to: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, &server.ca_pem).unwrap();
        let settings = settings(&server, offer, to, ca_file);
        let clock = Arc::new(ManualClock::at("2026-11-21T14:07:11Z".parse().unwrap()));
        let (bell, registry) = (Arc::new(Notify::new()), Registry::new());
        let mut desk = Self {
            server,
            clock,
            settings,
            registry,
            reach: Reach::default(),
            store: None,
            bell,
            directory,
        };
        desk.restart();
        desk
    }

    /// Closes the store and opens it again: all that a crash leaves is what was committed.
    pub(super) fn restart(&mut self) {
        self.store = None;
        let path = self.directory.path().join("usagewarden.db");
        self.store = Some(Arc::new(SqliteStore::open(&path).unwrap()));
        self.registry = Registry::new();
    }

    pub(super) fn store(&self) -> Arc<SqliteStore> {
        self.store.clone().unwrap()
    }

    /// Commits a notice for every recipient, as the engine would.
    pub(super) async fn queue(&self, name: &str) {
        self.tell(notice(name, self.now()), self.settings.destinations()).await;
    }

    pub(super) async fn tell(&self, notice: Notice, to: Vec<Destination>) {
        let fence = self.store().acquire(&"acme".into()).await.unwrap();
        let notices = vec![(notice, to)];
        self.store().commit_plan(&fence, Plan { notices, ..Plan::default() }).await.unwrap();
        self.ring();
    }

    pub(super) fn now(&self) -> Timestamp {
        use usagewarden::clock::Clock as _;
        self.clock.now()
    }

    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Lets time pass, and wakes the deliverer to it.
    pub(super) fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.ring();
    }

    /// Starts to deliver.
    pub(super) fn open(&self) -> Running {
        self.open_with(vec![Arc::new(Email::new(self.settings.clone()))])
    }

    pub(super) fn open_with(&self, channels: Vec<Arc<dyn Channel>>) -> Running {
        let names = [self.settings.name.clone()];
        let wiring = Wiring {
            store: self.store(),
            clock: self.clock.clone(),
            outbox_grew: self.bell.clone(),
            asked_again: Arc::default(),
            metrics: DeliveryMetrics::register(&self.registry, &names).unwrap(),
        };
        let stop = CancellationToken::new();
        let deliverer = Deliverer::new(wiring, channels, self.reach.clone());
        let work = Supervisor::default().workers().spawn(deliverer.run(stop.clone()));
        Running { stop, work }
    }

    /// Every entry, oldest first.
    pub(super) async fn entries(&self) -> Vec<Entry> {
        let mut entries = self.store().entries(100).await.unwrap();
        entries.sort_by_key(|entry| entry.id);
        entries
    }

    /// Waits until the entries stand like this, oldest first.
    #[track_caller]
    pub(super) fn settled(&self, expected: &[EntryState]) -> impl Future<Output = ()> {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        async move {
            loop {
                let entries = self.entries().await;
                let states: Vec<_> = entries.iter().map(|entry| entry.state).collect();
                if states == expected {
                    return;
                }
                assert!(tokio::time::Instant::now() < deadline, "still {entries:#?}");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// Waits until the first entry has been tried so often.
    pub(super) async fn attempted(&self, attempts: u32) {
        let waiting = async {
            while self.entries().await.first().is_none_or(|entry| entry.attempts < attempts) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap();
    }

    /// Waits until `state` holds.
    pub(super) async fn until(&self, state: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !state(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap();
    }
}

fn settings(server: &SmtpServer, offer: Offer, to: &[&str], ca_file: PathBuf) -> Settings {
    let tls = match offer {
        Offer::StartTls => Tls::StartTls,
        Offer::Implicit => Tls::Implicit,
        Offer::Plain => Tls::None,
    };
    let password = SecretString::from(PASSWORD.to_owned());
    Settings {
        name: "finops".into(),
        host: "127.0.0.1".to_owned(),
        port: server.port,
        tls,
        login: Some(Login { username: USERNAME.to_owned(), password }),
        from: "UsageWarden <warden@example.com>".parse().unwrap(),
        to: to.iter().map(|address| address.parse().unwrap()).collect(),
        ca_file: Some(ca_file),
        give_up_after: SignedDuration::from_hours(72),
        external_url: "https://warden.example.com/".to_owned(),
        attempt_timeout: ATTEMPT_TIMEOUT,
    }
}

pub(crate) fn notice(name: &str, decided_at: Timestamp) -> Notice {
    let from = "2026-11-01T00:00:00Z".parse().unwrap();
    let until = "2026-12-01T00:00:00Z".parse().unwrap();
    let facts = Facts {
        episode: EpisodeId(name.to_owned()),
        root: None,
        rule: "month".into(),
        kind: Kind::Budget,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: Matter::Step {
            step: Decimal::new(8, 1),
            forecast: false,
            next_step: Some(Decimal::ONE),
            late: false,
            api_limit: false,
        },
        value: Some(Quantity::money(Amount::from_cents(401_255.into()))),
        limit: Some(Quantity::money(Amount::from_cents(500_000.into()))),
        basis: None,
        data_until: Some(decided_at),
        since: decided_at,
        ended_at: None,
        period: Window::new(from, until),
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    };
    let news = News {
        id: NewsId(name.to_owned()),
        effect: Effect::Fired,
        facts,
        period_end: false,
        only: None,
    };
    let (id, lane) = (NoticeId(name.to_owned()), LaneId("acme".to_owned()));
    Notice { id, organization: "acme".into(), decided_at, lane, news: vec![news] }
}
