//! Starting the parts of the daemon, and stopping them together.
//!
//! The only place that spawns a task, so that none runs unwatched. It promises
//! that when one part ends, even by panic, every other is told to leave: half a
//! daemon is worse than none. It never flushes anything; what was committed is
//! sent by the next start. It fails by saying which parts did not leave in time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};

/// The parts of the running daemon, and the one switch that stops them all.
#[derive(Debug, Default)]
pub struct Supervisor {
    parts: TaskTracker,
    stop: CancellationToken,
}

/// How it ended. Only `Asked` is a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Asked,
    PartEnded,
    Stuck { parts: usize },
}

impl Supervisor {
    /// Runs `part` until it returns. However it ends, even by panic, the guard
    /// drops and every other part is told: half a daemon is worse than none.
    pub fn start<F>(&self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (guard, part) = (self.stop.clone().drop_guard(), part(self.stop.clone()));
        let body = async move {
            let _guard = guard;
            part.await;
        };
        self.parts.spawn(body.instrument(info_span!("part", part = name)));
    }

    /// The switch, for those that must know of a stop without being a part.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Lets a part start short work of its own, such as one poll. The daemon waits
    /// for it at the end, but its end is nobody else's.
    pub fn workers(&self) -> Workers {
        Workers { parts: self.parts.clone() }
    }

    /// Waits for `signal` or for a part to end, then for every part to leave.
    ///
    /// Nothing is flushed here. What was committed is sent by the next start,
    /// so being stopped and being killed are the same story.
    pub async fn finish(self, signal: impl Future<Output = ()>, grace: Duration) -> Ending {
        let asked = tokio::select! {
            () = signal => true,
            () = self.stop.cancelled() => false,
        };
        self.stop.cancel();
        self.parts.close();
        match tokio::time::timeout(grace, self.parts.wait()).await {
            Ok(()) if asked => Ending::Asked,
            Ok(()) => Ending::PartEnded,
            Err(_) => Ending::Stuck { parts: self.parts.len() },
        }
    }
}

/// Starts work that ends by itself.
#[derive(Clone, Debug)]
pub struct Workers {
    parts: TaskTracker,
}

impl Workers {
    pub fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.parts.spawn(work.in_current_span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn asked_to_stop_every_part_leaves() {
        let supervisor = Supervisor::default();
        supervisor.start("one", |stop| async move { stop.cancelled().await });
        assert_eq!(supervisor.finish(async {}, GRACE).await, Ending::Asked);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_ends_takes_the_others_along() {
        let supervisor = Supervisor::default();
        supervisor.start("patient", |stop| async move { stop.cancelled().await });
        supervisor.start("hasty", |_| async {});
        let never = std::future::pending();
        assert_eq!(supervisor.finish(never, GRACE).await, Ending::PartEnded);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_leave_is_counted() {
        let supervisor = Supervisor::default();
        supervisor.start("deaf", |_| std::future::pending());
        assert_eq!(supervisor.finish(async {}, GRACE).await, Ending::Stuck { parts: 1 });
    }
}
