//! From a reading to a mail: the store, the engine and the deliverer together.

mod acting;
mod company;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use prometheus::Registry;
use rust_decimal::Decimal;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::ManualClock;
use usagewarden::engine::{Engine, EngineMetrics, Settings, Source, Wiring};
use usagewarden::store::{Fence, SqliteStore, Store};
use usagewarden::supervisor::Supervisor;
use usagewarden_core::alert::AlertState;
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::{Judged, Rules};
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::outbox::Destination;
use usagewarden_core::period::{Calendar, PeriodKind};
use usagewarden_core::polling::{Identity, Polling, Stranger};
use usagewarden_core::price::{ListPrice, PriceTable};
use usagewarden_core::reading::{
    Counts, Dimensions, Findings, Reading, Report, Tokens, UsageBucket,
};
use usagewarden_core::route::Routes;
use usagewarden_core::rule::{
    Budget, BudgetAmount, Condition, Glob, Rule, Scope, Severity, Share, Step, Whose,
};
use usagewarden_core::window::{Width, Window};

const DAY: &str = "2026-11-15T00:00:00Z";

/// Far longer than anything here takes: a test that hangs must end.
const DEADLINE: Duration = Duration::from_secs(60);

/// One organization with a budget of 5,000 USD a month, and a day of usage.
struct House {
    clock: Arc<ManualClock>,
    published: Arc<Mutex<Vec<Arc<Judged>>>>,
    polling: Arc<Mutex<Polling>>,
    readings_grew: Arc<Notify>,
    outbox_grew: Arc<Notify>,
    store: Arc<SqliteStore>,
    directory: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    fn within(directory: tempfile::TempDir) -> Self {
        let store = SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap();
        Self {
            clock: Arc::new(ManualClock::at("2026-11-21T14:07:11Z".parse().unwrap())),
            published: Arc::default(),
            polling: Arc::default(),
            readings_grew: Arc::default(),
            outbox_grew: Arc::default(),
            store: Arc::new(store),
            directory,
        }
    }

    /// As a crash leaves it.
    fn restart(self) -> Self {
        let Self { store, directory, .. } = self;
        drop(store);
        Self::within(directory)
    }

    async fn engine(&self) -> Engine {
        let fence = self.store.acquire(&"acme".into()).await.unwrap();
        self.engine_with(fence)
    }

    fn engine_with(&self, fence: Fence) -> Engine {
        Engine::new(settings(), fence, self.wiring())
    }

    fn wiring(&self) -> Wiring {
        let (published, polling) = (self.published.clone(), self.polling.clone());
        let channels = ["finops".into()];
        Wiring {
            store: self.store.clone(),
            clock: self.clock.clone(),
            readings_grew: self.readings_grew.clone(),
            outbox_grew: self.outbox_grew.clone(),
            actions_grew: Arc::default(),
            publish: Arc::new(move |snapshot| published.lock().unwrap().push(snapshot)),
            polls: Arc::new(move |_| polling.lock().unwrap().clone()),
            metrics: EngineMetrics::register(&Registry::new(), &["acme".into()], &channels)
                .unwrap(),
        }
    }

    /// The organization used so many millions of output tokens, at 15 USD each.
    async fn use_tokens(&self, millions: u64) {
        let fence = self.store.acquire(&"acme".into()).await.unwrap();
        self.use_more_tokens(&fence, millions).await;
    }

    async fn use_more_tokens(&self, fence: &Fence, millions: u64) {
        self.read(fence, "acme", millions).await;
    }

    async fn read(&self, fence: &Fence, organization: &str, millions: u64) {
        let from: Timestamp = DAY.parse().unwrap();
        let tokens = Tokens { output: millions * 1_000_000, ..Tokens::default() };
        let row = (dimensions(), Counts { tokens, web_searches: 0 });
        let bucket = UsageBucket::new(Width::Day, from, [row]);
        // The whole month was read: half a month would not be judged yet.
        let month = "2026-11-01T00:00:00Z".parse().unwrap();
        let window = Window::new(month, bucket.window().until()).unwrap();
        let reading = Reading {
            organization: organization.into(),
            report: Report::Usage,
            heard_at: "2026-11-21T14:07:00Z".parse().unwrap(),
            findings: Findings::Usage { width: Width::Day, window, buckets: vec![bucket] },
        };
        self.store.commit_reading(fence, &ledger(), reading).await.unwrap();
    }

    async fn until_published(&self, times: usize) {
        let published = async {
            while self.published.lock().unwrap().len() < times {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, published).await.unwrap();
    }

    async fn queued(&self) -> Vec<String> {
        let entries = self.store.entries(100).await.unwrap();
        entries
            .into_iter()
            .map(|entry| format!("{} {}", entry.notice.0, entry.destination.recipient))
            .collect()
    }
}

fn dimensions() -> Dimensions {
    Dimensions {
        workspace: "default".into(),
        model: "claude-sonnet-5-5".into(),
        key: "apikey_1".into(),
        tier: "standard".into(),
        geo: "global".into(),
    }
}

fn settings() -> Settings {
    let step =
        |percent: u32, severity| Step::used(Share::of_percent(percent.into()).unwrap(), severity);
    let budget = Budget {
        amount: BudgetAmount::Fixed(Amount::from_dollars(Decimal::from(5_000))),
        period: PeriodKind::Month,
        zone: None,
        scope: Scope::default(),
        each: Vec::new(),
        steps: vec![step(50, Severity::Info), step(80, Severity::Warning)],
    };
    let whose = Whose::Organizations(vec![Glob::any()]);
    let month = Rule { name: "month".into(), whose, condition: Condition::Budget(budget) };
    let recipient =
        Destination { channel: "finops".into(), recipient: "finops@example.com".to_owned() };
    let routes = Routes::everything_to_everyone([("finops".into(), vec![recipient])].into());
    Settings {
        organization: "acme".into(),
        source: Source::Readings { ledger: ledger(), paces: Vec::new() },
        rules: Arc::new(Rules {
            calendar: Calendar::utc(),
            rules: [month].into(),
            routes: Arc::new(routes),
            companies: Vec::new(),
            actions: Arc::default(),
            allow_actions: false,
        }),
    }
}

fn ledger() -> LedgerSettings {
    let price = ListPrice {
        model: "claude-sonnet-5-5".into(),
        from: None,
        uncached_input: Decimal::from(3),
        cache_write_5m: Decimal::new(375, 2),
        cache_write_1h: Decimal::from(6),
        cache_read: Decimal::new(3, 1),
        output: Decimal::from(15),
        geo: false,
        uncertain: false,
    };
    let prices = PriceTable {
        dated: jiff::civil::date(2026, 11, 1),
        batch: Decimal::new(5, 1),
        geo: std::collections::BTreeMap::new(),
        web_search: Decimal::new(1, 2),
        price: vec![price],
    };
    LedgerSettings {
        calendars: vec![Calendar::utc()],
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices),
        finest: Width::Minute,
    }
}

const TOLD: &str = "month:acme:organization:20261101T000000Z:0:80 finops@example.com";

#[tokio::test]
async fn a_crossing_is_committed_with_its_notice_once_and_over_restarts() {
    let mut house = House::new();
    house.use_tokens(270).await;
    for _ in 0..3 {
        let engine = house.engine().await;
        engine.tick().await.unwrap();
        engine.tick().await.unwrap();
        assert_eq!(house.queued().await, [TOLD]);
        drop(engine);
        house = house.restart();
    }
}

#[tokio::test]
async fn what_is_published_is_what_was_committed() {
    let house = House::new();
    house.use_tokens(270).await;
    house.engine().await.tick().await.unwrap();
    let published = house.published.lock().unwrap().pop().unwrap();
    let states: Vec<_> = published.snapshot.alerts.iter().map(|alert| &alert.state).collect();
    assert!(matches!(states[..], [AlertState::Firing(_)]), "{states:?}");
}

#[tokio::test]
async fn an_engine_that_was_fenced_off_writes_and_publishes_nothing() {
    let house = House::new();
    house.use_tokens(270).await;
    let stale = house.engine().await;
    house.store.acquire(&"acme".into()).await.unwrap();
    stale.tick().await.unwrap_err();
    assert!(house.queued().await.is_empty());
    assert!(house.published.lock().unwrap().is_empty());
}

/// A part that runs hears of new readings by its bell, and rings deliver's.
#[tokio::test]
async fn readings_wake_the_engine_and_the_engine_wakes_deliver() {
    let house = House::new();
    house.use_tokens(1).await;
    let fence = house.store.acquire(&"acme".into()).await.unwrap();
    let (stop, engine) = (CancellationToken::new(), house.engine_with(fence.clone()));
    let work = Supervisor::default().workers().spawn(engine.run(stop.clone()));
    house.until_published(1).await;
    assert!(house.queued().await.is_empty());

    house.use_more_tokens(&fence, 270).await;
    house.readings_grew.notify_one();
    tokio::time::timeout(DEADLINE, house.outbox_grew.notified()).await.unwrap();
    assert_eq!(house.queued().await, [TOLD]);
    stop.cancel();
    tokio::time::timeout(DEADLINE, work).await.unwrap().unwrap();
}

impl House {
    /// Who the polls say answers.
    fn answered_by(&self, identity: Identity) {
        self.polling.lock().unwrap().identity = identity;
    }

    /// The identities of all notices that are queued, after one more tick.
    async fn told(&self) -> Vec<String> {
        let engine = self.engine().await;
        engine.tick().await.unwrap();
        self.queued().await
    }
}

fn only(id: &str) -> [String; 1] {
    [id.to_owned()]
}

fn stranger() -> Identity {
    Identity::Wrong(Stranger {
        expected: "Acme Corp".to_owned(),
        heard: "Globex (org_2)".to_owned(),
        fix: "Give it the right key".to_owned(),
    })
}

#[tokio::test]
async fn a_stranger_is_told_once_over_restarts_and_nothing_else_is_judged() {
    const EPISODE: &str = "identity:acme:organization:20261121T140711Z";
    let house = House::new();
    house.use_tokens(300).await;
    house.answered_by(stranger());
    let fired = format!("{EPISODE}:fired:20261121T140711Z finops@example.com");
    assert_eq!(house.told().await, only(&fired));
    assert_eq!(house.told().await, only(&fired));
    let house = house.restart();
    house.answered_by(stranger());
    assert_eq!(house.told().await, only(&fired));
    house.answered_by(Identity::Right);
    let told = house.told().await;
    assert_eq!(told.len(), 2, "its resolve and the budget are told together: {told:?}");
    assert!(told.contains(&fired), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("month:acme")), "{told:?}");
}
