//! Building the rooms and connecting them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::subject::OrganizationName;

use super::counted::Counted;
use super::publish::{Front, PollsOnPage};
use super::wellness::{Ticks, Watched};
use super::{Daemon, StartError, channels, systemd, translate};
use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::config::{Config, Organization};
use crate::deliver::heartbeat::Heartbeat;
use crate::deliver::{self, Deliverer};
use crate::metrics::Exposition;
use crate::poll::{self, Poller};
use crate::schedule::{Bell, Tick};
use crate::store::{Fence, Keep, SqliteStore, Store};
use crate::supervisor::Supervisor;
use crate::web::{self, Readiness, Views};

/// What is old is deleted this often; a late deletion costs nothing but room.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// What `/-/ready` waits for.
const CONDITIONS: [&str; 3] = ["store", "http", "parts"];

/// Everything that parts are made from.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) clock: SharedClock,
    pub(super) store: Arc<dyn Store>,
    pub(super) counted: Counted,
    pub(super) ledgers: BTreeMap<OrganizationName, LedgerSettings>,
    pub(super) fences: BTreeMap<OrganizationName, Fence>,
    /// Rung when readings of an organization were committed.
    pub(super) readings: BTreeMap<OrganizationName, Bell>,
    pub(super) outbox: Bell,
    /// Rung when deliveries were asked for again.
    pub(super) asked_again: Bell,
    /// Rung when orders were committed, or an undo was asked for.
    pub(super) actions: Bell,
    pub(super) front: Arc<Front>,
    pub(super) board: poll::Board,
    pub(super) ticks: Ticks,
}

/// Opens the store, binds the listener, and starts every part.
pub async fn start(mut config: Config, clock: SharedClock) -> Result<Daemon, StartError> {
    let store = SqliteStore::open(&config.store.path).map_err(StartError::Store)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let listen = config.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| StartError::Listen { address: listen, source })?;
    let address =
        listener.local_addr().map_err(|source| StartError::Listen { address: listen, source })?;
    // A port that was left to the system is known only now, and links must lead to it.
    if config.external_url.port() == Some(0) {
        // Cannot fail: an address with a port has a host.
        let _ = config.external_url.set_port(Some(address.port()));
    }
    let parts = Parts::build(config, clock, store).await?;
    let supervisor = Supervisor::default();
    parts.start(&supervisor, listener);
    info!(%address, organizations = parts.ledgers.len(), "Listening");
    Ok(Daemon { supervisor, address })
}

impl Parts {
    async fn build(
        config: Config,
        clock: SharedClock,
        store: Arc<dyn Store>,
    ) -> Result<Self, StartError> {
        let (mut ledgers, mut fences, mut readings) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for organization in &config.organizations {
            let name = organization.name.clone();
            let fence = store
                .acquire(&name)
                .await
                .map_err(|source| StartError::Acquire { organization: name.clone(), source })?;
            let ledger = translate::ledger(organization, &config);
            ledgers.insert(name.clone(), ledger);
            fences.insert(name.clone(), fence);
            readings.insert(name, Bell::default());
        }
        // A company has no readings, but alerts of its own.
        for company in &config.companies {
            let name = company.name.clone();
            let fence = store
                .acquire(&name)
                .await
                .map_err(|source| StartError::Acquire { organization: name.clone(), source })?;
            fences.insert(name.clone(), fence);
            readings.insert(name, Bell::default());
        }
        let registry = Registry::new();
        let apis: Vec<_> = config
            .organizations
            .iter()
            .map(|own| (own.name.clone(), translate::client_api(own.api)))
            .collect();
        let channels = channels::names(&config);
        let lines = config.organizations.iter().map(|own| translate::lines_of(own, &config.rules));
        let companies = config.companies.iter();
        let lines =
            lines.chain(companies.map(|own| translate::lines_of_company(own, &config.rules)));
        let exposition = Arc::new(Exposition::new(registry.clone(), lines));
        let mut counted = Counted::register(
            &registry,
            &exposition,
            &apis,
            &channels,
            &translate::acting(&config),
        )?;
        if config.heartbeat.is_some() {
            counted = counted.with_heartbeat(&registry)?;
        }
        let front = Arc::new(Front { exposition, views: Arc::new(Views::default()) });
        let (outbox, board, ticks) = (Arc::default(), poll::Board::default(), Ticks::default());
        Ok(Self {
            config,
            clock,
            store,
            counted,
            ledgers,
            fences,
            readings,
            outbox,
            asked_again: Bell::default(),
            actions: Bell::default(),
            front,
            board,
            ticks,
        })
    }

    fn start(&self, supervisor: &Supervisor, listener: TcpListener) {
        self.counted.daemon.config_loaded(self.clock.now());
        let readiness = Arc::new(Readiness::of(CONDITIONS));
        self.start_web(supervisor, listener, &readiness);
        self.start_engines(supervisor);
        self.start_delivery(supervisor);
        self.start_acting(supervisor);
        self.start_polling(supervisor);
        self.start_heartbeat(supervisor);
        self.start_pruning(supervisor);
        for condition in CONDITIONS {
            readiness.met(condition);
        }
        // Whoever asks on an open connection while parts leave is told to look elsewhere.
        supervisor.start("readiness", |stop| async move {
            stop.cancelled().await;
            readiness.unmet("parts", "the daemon is stopping");
        });
    }

    fn start_web(
        &self,
        supervisor: &Supervisor,
        listener: TcpListener,
        readiness: &Arc<Readiness>,
    ) {
        let settings = web::Settings {
            listen: self.config.http.listen,
            external_url: Some(self.config.external_url.to_string()),
        };
        let state = web::State {
            exposition: Arc::clone(&self.front.exposition),
            views: Arc::clone(&self.front.views),
            polls: Arc::new(PollsOnPage(self.board.clone())),
            readiness: Arc::clone(readiness),
            store: Arc::clone(&self.store),
            organizations: Arc::new(self.ledgers.clone()),
            clock: self.clock.clone(),
            asked_again: Arc::clone(&self.asked_again),
            actions_moved: Arc::clone(&self.actions),
            tokens: translate::tokens(&self.config.http).into(),
        };
        supervisor.start("web", |stop| async move {
            web::serve(listener, &settings, state, stop).await;
        });
    }

    fn start_delivery(&self, supervisor: &Supervisor) {
        let wiring = deliver::Wiring {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            outbox_grew: Arc::clone(&self.outbox),
            asked_again: Arc::clone(&self.asked_again),
            metrics: self.counted.delivery.clone(),
        };
        let channels = channels::all(&self.config, &self.clock);
        let reach = translate::reach(&self.config);
        supervisor.start("deliver", |stop| Deliverer::new(wiring, channels, reach).run(stop));
    }

    fn start_heartbeat(&self, supervisor: &Supervisor) {
        let (Some(heartbeat), Some(metrics)) = (&self.config.heartbeat, &self.counted.heartbeat)
        else {
            return;
        };
        let watched = Watched {
            store: Arc::clone(&self.store),
            board: self.board.clone(),
            ticks: self.ticks.clone(),
            clock: self.clock.clone(),
        };
        let settings = channels::heartbeat_settings(heartbeat);
        let wellness = watched.wellness(&self.config);
        let heartbeat = Heartbeat::new(settings, self.clock.clone(), metrics.clone(), wellness);
        supervisor.start("heartbeat", |stop| heartbeat.run(stop));
    }

    fn start_polling(&self, supervisor: &Supervisor) {
        let watch = poll::Watch {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            metrics: self.counted.polls.clone(),
            board: self.board.clone(),
        };
        let bell = Bell::default();
        let tick = Tick::new(self.clock.clone(), [Arc::clone(&bell)]);
        let pulse = tick.pulse();
        let watched = pulse.clone();
        let polled = self.config.organizations.iter().map(|own| self.polled(own)).collect();
        let poller = Poller::new(polled, watch, supervisor.workers(), bell, pulse);
        supervisor.start("tick", |stop| tick.run(stop));
        supervisor.start("poll", |stop| poller.run(stop));
        supervisor.start("watchdog", |stop| {
            systemd::watchdog(stop, move || watched.age().unwrap_or_default())
        });
    }

    fn polled(&self, organization: &Organization) -> poll::Organization {
        let name = &organization.name;
        poll::Organization {
            settings: translate::polled(organization, self.ledgers[name].clone()),
            client: translate::client(organization, self.clock.clone()),
            fence: self.fences[name].clone(),
            committed: Arc::clone(&self.readings[name]),
        }
    }

    fn start_pruning(&self, supervisor: &Supervisor) {
        let (store, clock) = (Arc::clone(&self.store), self.clock.clone());
        let keep = translate::keep(&self.config);
        supervisor.start("prune", |stop| prune(store, clock, keep, stop));
    }
}

/// Deletes what is old, now and then. Each sweep is a transaction, so a stop may come
/// between any two: after a long pause there are thousands.
async fn prune(store: Arc<dyn Store>, clock: SharedClock, keep: Keep, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        let pruned = tokio::select! {
            () = stop.cancelled() => return,
            pruned = store.prune(keep, clock.now()) => pruned,
        };
        if let Err(error) = pruned {
            error!(error = %Chain(&error), "Could not delete old readings");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use jiff::{SignedDuration, Timestamp};
    use tokio::sync::Notify;

    /// Says when a cleaning begins: it is then that it asks for the time.
    #[derive(Debug, Default)]
    struct Asked(Notify);

    impl Clock for Asked {
        fn now(&self) -> Timestamp {
            self.0.notify_one();
            "2026-11-20T14:00:00Z".parse().unwrap()
        }
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_a_cleaning() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("usagewarden.db");
        let store = Arc::new(SqliteStore::open(&path).unwrap());
        store.acquire(&"acme".into()).await.unwrap();
        // Whoever holds the file holds up the cleaning.
        let shell = rusqlite::Connection::open(&path).unwrap();
        shell.execute_batch("BEGIN IMMEDIATE").unwrap();
        let day = SignedDuration::from_hours(24);
        let keep = Keep { minutes: day, hours: day, days: day };
        let (stop, clock) = (CancellationToken::new(), Arc::new(Asked::default()));
        let cleaning = prune(store.clone(), clock.clone(), keep, stop.clone());
        let stopping = async {
            clock.0.notified().await;
            stop.cancel();
        };
        let left = async { tokio::join!(cleaning, stopping) };
        tokio::time::timeout(Duration::from_secs(5), left).await.unwrap();
        shell.execute_batch("ROLLBACK").unwrap();
    }
}
