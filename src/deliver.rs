//! From the outbox to people.
//!
//! Deliver takes the entries that are due, hands each to its channel, and writes
//! down what came of it. Every destination is a lane of its own: within a lane
//! only the oldest entry is tried, and lanes do not wait for each other.
//!
//! It promises that nothing committed is forgotten: an entry is open until a
//! receiver took it, refused it for good, or patience ran out, and each of these
//! can be seen. Sending is at least once, with an identity that never changes.
//!
//! It never decides what to say, cannot see a rule, and claims nothing new once
//! told to stop. When the store fails it waits and asks again; what was sent but
//! could not be written down keeps its lane busy rather than being sent twice.

pub mod channel;
pub mod email;
mod lane;
pub mod metrics;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, error};
use usagewarden_core::outbox::{Destination, Envelope};
use usagewarden_core::subject::ChannelName;

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::deliver::channel::Channel;
use crate::deliver::lane::Lane;
use crate::deliver::metrics::DeliveryMetrics;
use crate::store::{Store, StoreError};

/// Heads of lanes looked at in one pass: more than any file has destinations.
const HEADS_MAX: usize = 1_024;

/// Attempts of one channel at a time. One that hangs holds up no other channel.
const RUNNING_MAX: usize = 4;

/// The longest wait without looking, so that a clock that was set is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long to leave the store alone when it failed, or said "due" of what is running.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to leave a lane alone whose attempt broke off by a defect of ours.
const DEFECT_PAUSE: Duration = Duration::from_secs(60);

/// What waits is counted this often while attempts run.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// How long a stop lets running attempts end; the daemon leaves within 10 s.
const STOP_GRACE: Duration = Duration::from_secs(8);

/// What the deliverer is connected to.
#[derive(Clone)]
pub struct Wiring {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    /// Rung when notices were committed.
    pub outbox_grew: Arc<Notify>,
    pub metrics: DeliveryMetrics,
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Drains the outbox of every channel.
#[derive(Debug)]
pub struct Deliverer {
    wiring: Wiring,
    channels: HashMap<ChannelName, Arc<dyn Channel>>,
    running: JoinSet<()>,
    busy: HashMap<Id, Destination>,
    counted_at: Option<Instant>,
    stop: CancellationToken,
}

impl Deliverer {
    pub fn new(wiring: Wiring, channels: Vec<Arc<dyn Channel>>) -> Self {
        let channels =
            channels.into_iter().map(|channel| (channel.name().clone(), channel)).collect();
        let (running, busy) = (JoinSet::new(), HashMap::new());
        let stop = CancellationToken::new();
        Self { wiring, channels, running, busy, counted_at: None, stop }
    }

    /// Delivers until told to stop; then lets running attempts end.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            let wait = self.pass().await;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
                () = self.wiring.outbox_grew.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        // Whoever is cut off here is sent again by the next start, under the same identity.
        let _ = tokio::time::timeout(STOP_GRACE, self.rest()).await;
    }

    /// Waits for what is running.
    async fn rest(&mut self) {
        while let Some(ended) = self.running.join_next_with_id().await {
            self.ended(ended);
        }
    }

    /// Starts what is due. Answers with how long nothing needs doing.
    async fn pass(&mut self) -> Duration {
        let now = self.wiring.clock.now();
        match self.claim(now).await {
            Ok(wait) => wait,
            Err(error) => {
                error!(error = %Chain(&error), "Could not read the outbox");
                self.wiring.metrics.store_failed();
                PAUSE
            }
        }
    }

    async fn claim(&mut self, now: Timestamp) -> Result<Duration, StoreError> {
        for envelope in self.wiring.store.due(now, HEADS_MAX).await? {
            if self.has_room_for(&envelope.entry.destination) {
                self.start(envelope);
            }
        }
        self.channels.values().for_each(|channel| channel.tidy());
        let is_recent = self.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY);
        if self.running.is_empty() || !is_recent {
            self.wiring.metrics.count(&*self.wiring.store).await?;
            self.counted_at = Some(Instant::now());
        }
        let next = self.wiring.store.next_due().await?;
        Ok(next.map_or(LOOK_EVERY, |next| wait_until(next, now)))
    }

    fn has_room_for(&self, destination: &Destination) -> bool {
        let of_channel = self.busy.values().filter(|busy| busy.channel == destination.channel);
        of_channel.count() < RUNNING_MAX && !self.busy.values().any(|busy| busy == destination)
    }

    fn start(&mut self, envelope: Envelope) {
        let destination = envelope.entry.destination.clone();
        let lane = Lane {
            channel: self.channels.get(&destination.channel).cloned(),
            wiring: self.wiring.clone(),
            stop: self.stop.clone(),
        };
        let work = async move { lane.deliver(envelope).await };
        let id = self.running.spawn(work.instrument(Span::current())).id();
        self.busy.insert(id, destination);
    }

    /// A lane is free again; after a defect, which it would meet again, in a while.
    fn ended(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        match ended {
            Ok((id, ())) => drop(self.busy.remove(&id)),
            Err(error) => {
                error!(error = %Chain(&error), "An attempt broke off; it will be made again");
                if let Some(destination) = self.busy.remove(&error.id()) {
                    let stop = self.stop.clone();
                    let pause = async move {
                        let _ = tokio::time::timeout(DEFECT_PAUSE, stop.cancelled()).await;
                    };
                    self.busy.insert(self.running.spawn(pause).id(), destination);
                }
            }
        }
    }
}

/// Never zero: what is due but running must not be asked for in a circle.
fn wait_until(next: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO);
    wait.clamp(PAUSE, LOOK_EVERY)
}
