//! From the outbox to people.
//!
//! Deliver takes the entries that are due, hands each to its channel, and writes
//! down what came of it. Every group of alerts has a lane of its own to each
//! destination: within a lane only the oldest entry is tried, and lanes do not wait for
//! each other, but for a server that is not there at all: then one lane looks for it.
//!
//! It promises that nothing committed is forgotten: an entry is open until a
//! receiver took it, refused it for good, or patience ran out, and each of these
//! can be seen; what does not arrive goes to a fallback, or is told to whoever else
//! is there. Sending is at least once, with an identity that never changes.
//!
//! It never decides what to say, cannot see a rule, and claims nothing new once
//! told to stop. When the store fails it waits and asks again; what was sent but
//! could not be written down keeps its lane busy rather than being sent twice.

pub mod channel;
pub mod email;
pub mod heartbeat;
pub mod http;
mod lane;
mod line;
pub mod metrics;
pub mod webhook;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, error};
use usagewarden_core::notice::LaneId;
use usagewarden_core::outbox::{Destination, Entry, EntryId, Envelope, Reach};
use usagewarden_core::subject::ChannelName;

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::deliver::channel::Channel;
use crate::deliver::lane::Lane;
use crate::deliver::line::{AHEAD_MAX, Line};
use crate::deliver::metrics::DeliveryMetrics;
use crate::store::{FallBack, Look, Store, StoreError};

/// Heads of lanes of one channel looked at in one pass: those under way and as many more.
const EACH: usize = 2 * AHEAD_MAX;

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
    /// Rung when somebody asks for deliveries to be tried again: what was known of servers
    /// that did not answer is forgotten then.
    pub asked_again: Arc<Notify>,
    pub metrics: DeliveryMetrics,
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Where order holds: the notices of one group to one receiver.
type LaneKey = (Destination, LaneId);

/// Drains the outbox of every channel.
#[derive(Debug)]
pub struct Deliverer {
    wiring: Wiring,
    lines: HashMap<ChannelName, Arc<Line>>,
    reach: Arc<Reach>,
    running: JoinSet<()>,
    busy: HashMap<Id, LaneKey>,
    counted_at: Option<Instant>,
    stop: CancellationToken,
}

impl Deliverer {
    /// `reach` says whom each channel reaches, and which one steps in for it.
    pub fn new(wiring: Wiring, channels: Vec<Arc<dyn Channel>>, reach: Reach) -> Self {
        let line =
            |channel: Arc<dyn Channel>| (channel.name().clone(), Arc::new(Line::to(Some(channel))));
        let lines = channels.into_iter().map(line).collect();
        let (running, busy) = (JoinSet::new(), HashMap::new());
        let (reach, stop) = (Arc::new(reach), CancellationToken::new());
        Self { wiring, lines, reach, running, busy, counted_at: None, stop }
    }

    /// Delivers until told to stop; then lets running attempts end.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            let wait = self.pass().await;
            self.rest_for(wait).await;
        }
        // Whoever is cut off here is sent again by the next start, under the same identity.
        let _ = tokio::time::timeout(STOP_GRACE, self.finish()).await;
    }

    /// Waits until something may be due: a bell, time, or a channel that has room again.
    async fn rest_for(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ended) = self.running.join_next_with_id() => {
                    if self.ended_all(ended) {
                        return;
                    }
                }
                () = self.wiring.outbox_grew.notified() => return,
                () = self.wiring.asked_again.notified() => {
                    self.lines.values().for_each(|line| line.forget());
                    return;
                }
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    /// Waits for what is running.
    async fn finish(&mut self) {
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
        self.fall_back(now).await?;
        let look = Look { but: self.without_room(now), each: EACH };
        let due = self.wiring.store.due(now, look).await?;
        let chosen = self.choose(due, now);
        if !chosen.is_empty() {
            for envelope in self.wiring.store.claim(chosen).await? {
                self.start(envelope);
            }
        }
        self.lines.values().for_each(|line| line.tidy());
        let is_recent = self.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY);
        if self.running.is_empty() || !is_recent {
            self.wiring.metrics.count(&*self.wiring.store).await?;
            self.counted_at = Some(Instant::now());
        }
        let next = self.wiring.store.next_due(self.without_room(now)).await?;
        let turns = self.lines.values().filter_map(|line| line.next_turn(now));
        let next = next.into_iter().chain(turns).min();
        Ok(next.map_or(LOOK_EVERY, |next| wait_until(next, now)))
    }

    /// What has failed for too long goes to the channel that steps in, too.
    async fn fall_back(&self, now: Timestamp) -> Result<(), StoreError> {
        for (channel, fallback) in &self.reach.fallbacks {
            let Some(line) = self.lines.get(channel).filter(|line| line.may_fall_back(now)) else {
                continue;
            };
            let destinations = self.reach.fallback_of(channel);
            let before = now.saturating_sub(fallback.after).unwrap_or(Timestamp::MIN);
            let (channel, is_broken) = (channel.clone(), line.is_broken());
            let step_in = FallBack { channel, destinations, before, is_broken };
            let oldest = self.wiring.store.fall_back(step_in, now).await?;
            line.falls_back(oldest.and_then(|at| at.saturating_add(fallback.after).ok()), now);
        }
        Ok(())
    }

    fn without_room(&self, now: Timestamp) -> Vec<ChannelName> {
        let full = self.lines.iter().filter(|(name, line)| line.room(self.claimed(name), now) == 0);
        full.map(|(name, _)| name.clone()).collect()
    }

    fn claimed(&self, channel: &ChannelName) -> usize {
        self.busy.values().filter(|(destination, _)| destination.channel == *channel).count()
    }

    /// Those of `due` that there is room for, in their order.
    fn choose(&mut self, mut due: Vec<Entry>, now: Timestamp) -> Vec<EntryId> {
        // Who looks for a server takes turns: a message that hangs it must not be the only
        // one that ever asks.
        let is_broken = |entry: &Entry| {
            self.lines.get(&entry.destination.channel).is_some_and(|line| line.is_broken())
        };
        due.sort_by_key(|entry| if is_broken(entry) { entry.attempts } else { 0 });
        let busy: HashSet<&LaneKey> = self.busy.values().collect();
        let mut room: HashMap<ChannelName, usize> = HashMap::new();
        let mut chosen = Vec::new();
        for entry in due {
            let key = (entry.destination, entry.lane);
            if busy.contains(&key) {
                continue;
            }
            let channel = key.0.channel;
            let line = self.lines.entry(channel.clone()).or_default();
            let claimed = || busy.iter().filter(|(to, _)| to.channel == channel).count();
            let left = room.entry(channel.clone()).or_insert_with(|| line.room(claimed(), now));
            if *left > 0 {
                *left -= 1;
                chosen.push(entry.id);
            }
        }
        chosen
    }

    fn start(&mut self, envelope: Envelope) {
        let entry = &envelope.entry;
        let key = (entry.destination.clone(), entry.lane.clone());
        let line = Arc::clone(self.lines.entry(key.0.channel.clone()).or_default());
        let lane = Lane {
            is_probe: line.is_broken(),
            line,
            wiring: self.wiring.clone(),
            reach: Arc::clone(&self.reach),
            stop: self.stop.clone(),
        };
        let work = async move { lane.deliver(envelope).await };
        let id = self.running.spawn(work.instrument(Span::current())).id();
        self.busy.insert(id, key);
    }

    /// Notes this end and those beside it. True when a channel should be given more.
    fn ended_all(&mut self, first: Result<(Id, ()), JoinError>) -> bool {
        let mut channels = HashSet::new();
        let mut next = Some(first);
        while let Some(ended) = next {
            channels.extend(self.ended(ended));
            next = self.running.try_join_next_with_id();
        }
        channels
            .iter()
            .any(|name| self.lines.get(name).is_none_or(|line| line.is_low(self.claimed(name))))
    }

    /// A lane is free again; after a defect, which it would meet again, in a while.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) -> Option<ChannelName> {
        match ended {
            Ok((id, ())) => self.busy.remove(&id).map(|(destination, _)| destination.channel),
            Err(error) => {
                error!(error = %Chain(&error), "An attempt broke off; it will be made again");
                let key = self.busy.remove(&error.id())?;
                let stop = self.stop.clone();
                let pause = async move {
                    let _ = tokio::time::timeout(DEFECT_PAUSE, stop.cancelled()).await;
                };
                self.busy.insert(self.running.spawn(pause).id(), key);
                None
            }
        }
    }
}

/// Never zero: what is due but running must not be asked for in a circle.
fn wait_until(next: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO);
    wait.clamp(PAUSE, LOOK_EVERY)
}
