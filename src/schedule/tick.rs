//! The tick: bells rung once a second.
//!
//! `tokio-cron-scheduler` is used for this and for nothing else. Its closure rings
//! and returns, so it can neither overlap nor panic; zones, missed times and overlaps
//! are the planner's, which this crate would get wrong. It can fall silent without a
//! word, so the part watches the age of the last ring and starts it anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Bell;
use crate::chain::Chain;
use crate::clock::SharedClock;

/// Once a second, in UTC.
const SCHEDULE: &str = "* * * * * *";

/// The crate rings up to half a second late; this many seconds without a ring are silence.
const SILENT_AFTER: Duration = Duration::from_secs(10);

/// Rings bells once a second.
#[derive(Debug)]
pub struct Tick {
    bells: Arc<[Bell]>,
    pulse: Pulse,
    clock: SharedClock,
}

/// When the tick was last heard.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Mutex<Option<Beat>>>);

/// One ring: by the clock for people, by the runtime's for ages.
#[derive(Clone, Copy, Debug)]
struct Beat {
    at: Timestamp,
    instant: Instant,
}

impl Tick {
    pub fn new(clock: SharedClock, bells: impl IntoIterator<Item = Bell>) -> Self {
        Self { bells: bells.into_iter().collect(), pulse: Pulse::default(), clock }
    }

    /// To read the age of the tick from elsewhere.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Ticks until told to stop. Returns early only when no tick can be had at all.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let mut scheduler = match self.start().await {
                Ok(scheduler) => scheduler,
                Err(error) => {
                    error!(error = %Chain(&error), "The tick could not be started");
                    return;
                }
            };
            let silent = self.watch(&stop).await;
            if let Err(error) = scheduler.shutdown().await {
                warn!(error = %Chain(&error), "The tick could not be shut down");
            }
            if !silent {
                return;
            }
            warn!("The tick fell silent and is started anew");
        }
    }

    async fn start(&self) -> Result<JobScheduler, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let (bells, pulse, clock) = (self.bells.clone(), self.pulse.clone(), self.clock.clone());
        let ring = move |_, _| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            pulse.beat(clock.now());
            bells.iter().for_each(|bell| bell.notify_one());
            Box::pin(std::future::ready(()))
        };
        scheduler.add(tokio_cron_scheduler::Job::new_async(SCHEDULE, ring)?).await?;
        scheduler.start().await?;
        Ok(scheduler)
    }

    /// Waits for the stop (`false`) or for silence (`true`).
    async fn watch(&self, stop: &CancellationToken) -> bool {
        let started = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
            let silent_for = self.pulse.age().unwrap_or(Duration::MAX).min(started.elapsed());
            if silent_for > SILENT_AFTER {
                return true;
            }
        }
    }
}

impl Pulse {
    /// When the tick last rang; `None` before its first.
    pub fn last_tick(&self) -> Option<Timestamp> {
        self.read().map(|beat| beat.at)
    }

    /// How long ago that was, whatever became of the clock meanwhile.
    pub fn age(&self) -> Option<Duration> {
        self.read().map(|beat| beat.instant.elapsed())
    }

    fn beat(&self, at: Timestamp) {
        let beat = Beat { at, instant: Instant::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(beat);
    }

    fn read(&self) -> Option<Beat> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;
    use crate::clock::SystemClock;
    use crate::supervisor::{Ending, Supervisor};

    #[tokio::test]
    async fn every_bell_is_rung_and_the_ring_is_remembered() {
        let bells: Vec<Bell> = (0..2).map(|_| Arc::new(Notify::new())).collect();
        let tick = Tick::new(Arc::new(SystemClock), bells.clone());
        let pulse = tick.pulse();
        assert!(pulse.last_tick().is_none());

        let supervisor = Supervisor::default();
        supervisor.start("tick", |stop| tick.run(stop));
        for bell in &bells {
            tokio::time::timeout(Duration::from_secs(30), bell.notified()).await.unwrap();
        }
        assert!(pulse.last_tick().is_some());
        assert!(pulse.age().is_some());

        let ending = supervisor.finish(std::future::ready(()), Duration::from_secs(30)).await;
        assert_eq!(ending, Ending::Asked);
    }
}
