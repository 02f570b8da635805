//! Carrying out what steps ordered, and taking it back when somebody asks.
//!
//! Orders are committed with the step that takes them; here they are drained. Every
//! organization has one lane: its orders go in their order, one change at a time, and no
//! organization waits for another. For each target somebody looks how it is, core says what
//! follows, and what was there before is committed before the change is asked for.
//!
//! It promises that nothing beyond an order is ever changed, which is checked again at the
//! moment of the change; that a change is made once, however often this program dies; and
//! that every change stands in the journal, or is not made. It never decides that something
//! should be done, and claims nothing new once told to stop.
//!
//! It fails order by order: what may heal is tried again for a day, what was refused is told.
//! While the store cannot be written, the lane waits with what it knows.

pub mod api;
mod client;
mod lane;
pub mod metrics;
mod note;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, error};
use usagewarden_core::action::ActionRecord;
use usagewarden_core::subject::OrganizationName;

use crate::act::api::{Api, Call};
use crate::act::lane::Lane;
use crate::act::metrics::ActMetrics;
use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::journal::Journal;
use crate::store::{Store, StoreError};

pub use client::Asking;

/// Lanes that run at the same time; more organizations wait for room. One is enough for all
/// but a bad day, and each holds one connection.
const LANES_MAX: usize = 16;

/// The longest wait without looking, so that a clock that was set is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long to leave the store alone when it failed, or said "due" of what is running.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to leave a lane alone that broke off by a defect of ours.
const DEFECT_PAUSE: Duration = Duration::from_secs(60);

/// How long a stop lets running attempts end; the daemon leaves within 10 s.
const STOP_GRACE: Duration = Duration::from_secs(8);

/// What the room is connected to.
#[derive(Clone)]
pub struct Wiring {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub journal: Journal,
    /// Rung when orders were committed, or an undo was asked for.
    pub actions_moved: Arc<Notify>,
    pub call: Arc<dyn Call>,
    pub metrics: ActMetrics,
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring").field("store", &self.store).finish_non_exhaustive()
    }
}

/// One organization that orders may be about.
#[derive(Clone, Debug)]
pub struct Organization {
    pub name: OrganizationName,
    pub api: Arc<dyn Api>,
    /// `allow_actions`: without it nothing new is done; an undo always is.
    pub allowed: bool,
    /// Rung when an order of it moved, so that it is judged and told.
    pub judge: Arc<Notify>,
}

/// Drains the orders of every organization.
#[derive(Debug)]
pub struct Actor {
    wiring: Wiring,
    organizations: BTreeMap<OrganizationName, Arc<Organization>>,
    running: JoinSet<()>,
    busy: HashMap<Id, OrganizationName>,
    stop: CancellationToken,
}

impl Actor {
    pub fn new(wiring: Wiring, organizations: Vec<Organization>) -> Self {
        let organizations =
            organizations.into_iter().map(|one| (one.name.clone(), Arc::new(one))).collect();
        let (running, busy) = (JoinSet::new(), HashMap::new());
        Self { wiring, organizations, running, busy, stop: CancellationToken::new() }
    }

    /// Carries orders out until told to stop; then lets running attempts end.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            let wait = self.pass().await;
            self.rest_for(wait).await;
        }
        // Whoever is cut off here is looked at again by the next start.
        let _ = tokio::time::timeout(STOP_GRACE, self.finish()).await;
    }

    /// Waits until something may be due: a bell, time, or a lane that has ended.
    async fn rest_for(&mut self, wait: Duration) {
        let (until, stop) = (Instant::now() + wait, self.stop.clone());
        tokio::select! {
            () = stop.cancelled() => {}
            Some(ended) = self.running.join_next_with_id() => self.ended(ended),
            () = self.wiring.actions_moved.notified() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }

    async fn finish(&mut self) {
        while self.running.join_next().await.is_some() {}
    }

    /// Starts what is due. Answers with how long nothing needs doing.
    async fn pass(&mut self) -> Duration {
        let now = self.wiring.clock.now();
        match self.claim(now).await {
            Ok(wait) => wait,
            Err(error) => {
                error!(error = %Chain(&error), "Could not read the actions");
                PAUSE
            }
        }
    }

    async fn claim(&mut self, now: Timestamp) -> Result<Duration, StoreError> {
        let due = self.wiring.store.open_actions(now).await?;
        for (name, records) in by_organization(due) {
            let is_busy = self.busy.values().any(|busy| *busy == name);
            if !is_busy && self.busy.len() < LANES_MAX {
                self.start(name, records);
            }
        }
        self.wiring.metrics.count(&*self.wiring.store).await?;
        let next = self.wiring.store.next_action_due().await?;
        Ok(next.map_or(LOOK_EVERY, |next| wait_until(next, now)))
    }

    fn start(&mut self, name: OrganizationName, records: Vec<ActionRecord>) {
        let organization = self.organizations.get(&name).cloned();
        let (wiring, stop) = (self.wiring.clone(), self.stop.clone());
        let lane = Lane { organization, wiring, stop };
        let work = async move { lane.drain(records).await };
        let id = self.running.spawn(work.instrument(Span::current())).id();
        self.busy.insert(id, name);
    }

    /// A lane is free again; after a defect, which it would meet again, in a while.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        match ended {
            Ok((id, ())) => drop(self.busy.remove(&id)),
            Err(error) => {
                error!(error = %Chain(&error), "An action broke off; it will be looked at again");
                let Some(name) = self.busy.remove(&error.id()) else { return };
                let stop = self.stop.clone();
                let pause = async move {
                    let _ = tokio::time::timeout(DEFECT_PAUSE, stop.cancelled()).await;
                };
                self.busy.insert(self.running.spawn(pause).id(), name);
            }
        }
    }
}

/// Keeps their order within each.
fn by_organization(due: Vec<ActionRecord>) -> BTreeMap<OrganizationName, Vec<ActionRecord>> {
    let mut sorted: BTreeMap<OrganizationName, Vec<ActionRecord>> = BTreeMap::new();
    for record in due {
        sorted.entry(record.order.organization.clone()).or_default().push(record);
    }
    sorted
}

/// Never zero: what is due but running must not be asked for in a circle.
fn wait_until(next: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO);
    wait.clamp(PAUSE, LOOK_EVERY)
}

#[cfg(test)]
mod tests;
