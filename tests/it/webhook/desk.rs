//! A deliverer between a real store and a receiver of webhooks.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use secrecy::SecretSlice;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::{Clock, ManualClock};
use usagewarden::deliver::channel::Channel;
use usagewarden::deliver::http::Address;
use usagewarden::deliver::metrics::DeliveryMetrics;
use usagewarden::deliver::webhook::{Settings, Webhook};
use usagewarden::deliver::{Deliverer, Wiring};
use usagewarden::store::{SqliteStore, Store};
use usagewarden::supervisor::Supervisor;
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, Names, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::{Again, Entry, Reach};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::Subject;

use crate::support::receiver::Receiver;

/// Far longer than anything here takes: a test that hangs must end.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// The part of the address that nobody may see.
pub(super) const PATH: &str = "/hooks/T0hunter2?token=hunter2-in-the-query";

pub(super) const KEY: [u8; 32] = *b"hunter2 is not 24 bytes: this is";

pub(super) struct Desk {
    pub(super) clock: Arc<ManualClock>,
    pub(super) settings: Settings,
    store: Arc<SqliteStore>,
    bell: Arc<Notify>,
    asked_again: Arc<Notify>,
    _directory: tempfile::TempDir,
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
    pub(super) fn facing(receiver: &Receiver) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-21T14:05:03Z".parse().unwrap()));
        let store = Arc::new(SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap());
        let ca_file = (!receiver.ca_pem.is_empty()).then(|| {
            let path = directory.path().join("ca.pem");
            std::fs::write(&path, &receiver.ca_pem).unwrap();
            path
        });
        let settings = Settings {
            name: "ops".into(),
            url: Address::new(receiver.url(PATH).parse().unwrap()),
            keys: vec![SecretSlice::from(KEY.to_vec())],
            ca_file,
            give_up_after: SignedDuration::from_hours(72),
            external_url: "https://warden.example.com/".to_owned(),
            // Silence is noticed sooner than in earnest.
            attempt_timeout: Duration::from_secs(3),
        };
        let (bell, asked_again) = (Arc::default(), Arc::default());
        Self { clock, settings, store, bell, asked_again, _directory: directory }
    }

    /// Commits a notice, as the engine would.
    pub(super) async fn queue(&self, name: &str) {
        let fence = self.store.acquire(&"acme".into()).await.unwrap();
        let notices = vec![(notice(name, self.clock.now()), self.settings.destinations())];
        self.store.commit_plan(&fence, Plan { notices, ..Plan::default() }).await.unwrap();
        self.bell.notify_one();
    }

    /// Lets time pass, and wakes the deliverer to it.
    pub(super) fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.bell.notify_one();
    }

    /// Asks for everything again, as `deliveries retry --all` does.
    pub(super) async fn ask_again(&self) {
        self.store.retry(Again::All, self.clock.now()).await.unwrap();
        self.asked_again.notify_one();
    }

    /// Starts to deliver.
    pub(super) fn open(&self) -> Running {
        let names = [self.settings.name.clone()];
        let wiring = Wiring {
            store: self.store.clone(),
            clock: self.clock.clone(),
            outbox_grew: self.bell.clone(),
            asked_again: self.asked_again.clone(),
            metrics: DeliveryMetrics::register(&Registry::new(), &names).unwrap(),
        };
        let webhook: Arc<dyn Channel> =
            Arc::new(Webhook::new(self.settings.clone(), self.clock.clone()));
        let stop = CancellationToken::new();
        let deliverer = Deliverer::new(wiring, vec![webhook], Reach::default());
        let work = Supervisor::default().workers().spawn(deliverer.run(stop.clone()));
        Running { stop, work }
    }

    /// The one entry, once it has been tried so often.
    pub(super) async fn attempted(&self, attempts: u32) -> Entry {
        let waiting = async {
            loop {
                let entries = self.store.entries(10).await.unwrap();
                match entries.into_iter().find(|entry| entry.attempts >= attempts) {
                    Some(entry) => return entry,
                    None => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap()
    }

    /// One notice, tried once.
    pub(super) async fn first_attempt(&self) -> Entry {
        self.queue("first").await;
        let deliverer = self.open();
        let entry = self.attempted(1).await;
        deliverer.stop().await;
        entry
    }
}

pub(super) fn notice(name: &str, decided_at: Timestamp) -> Notice {
    let facts = Facts {
        episode: EpisodeId(name.to_owned()),
        root: None,
        rule: "limits".into(),
        kind: Kind::Change,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: Matter::Changed {
            what: "plan".to_owned(),
            before: Some("team".to_owned()),
            after: Some("enterprise".to_owned()),
        },
        value: None,
        limit: None,
        basis: None,
        data_until: None,
        since: decided_at,
        ended_at: None,
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    };
    let (id, effect) = (NewsId(name.to_owned()), Effect::Fired);
    let news = vec![News { id, effect, facts, period_end: false, only: None }];
    let (id, lane) = (NoticeId(name.to_owned()), LaneId("acme".to_owned()));
    Notice { id, organization: "acme".into(), decided_at, lane, news }
}
