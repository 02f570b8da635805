//! One entry, once: try it, decide what that means, write it down.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::SignedDuration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use usagewarden_core::backoff::Backoff;
use usagewarden_core::outbox::{
    Attempt, Culprit, Entry, EntryState, Envelope, Onward, Outcome, Patience, Reach, Standing,
    after_attempt,
};

use crate::chain::Chain;
use crate::deliver::Wiring;
use crate::deliver::channel::Channel;
use crate::deliver::line::Line;
use crate::store::Settled;

/// Between two tries of writing down what came of an attempt.
const SETTLE_AGAIN: Backoff = Backoff::between(Duration::from_secs(1), Duration::from_secs(60));

/// The head of one lane, on its way.
pub(super) struct Lane {
    pub(super) line: Arc<Line>,
    /// Whether it goes to see if the server is back.
    pub(super) is_probe: bool,
    pub(super) wiring: Wiring,
    pub(super) reach: Arc<Reach>,
    pub(super) stop: CancellationToken,
}

impl Lane {
    pub(super) async fn deliver(&self, envelope: Envelope) {
        let entry = &envelope.entry;
        let (attempt, patience) = match &self.line.channel {
            Some(channel) => match self.attempt(channel.as_ref(), &envelope).await {
                Some(attempt) => (attempt, *channel.patience()),
                None => {
                    return self.settle(entry, Standing::untried(entry), Onward::default()).await;
                }
            },
            None => (removed(entry), NO_PATIENCE),
        };
        let now = self.wiring.clock.now();
        let standing = after_attempt(entry, attempt, &patience, now);
        let onward = self.reach.onward(&envelope, &standing, now);
        log(entry, &standing);
        let goes_on = onward != Onward::default();
        self.settle(entry, standing, onward).await;
        if goes_on {
            self.wiring.outbox_grew.notify_one();
        }
    }

    /// `None`: it was not its turn after all.
    async fn attempt(&self, channel: &dyn Channel, envelope: &Envelope) -> Option<Attempt> {
        let turn = self.line.turn(self.is_probe, &self.stop).await?;
        let began = Instant::now();
        let attempt = AssertUnwindSafe(channel.attempt(envelope)).catch_unwind().await;
        let attempt = attempt.unwrap_or_else(|_| defect());
        let (took, now) = (began.elapsed(), self.wiring.clock.now());
        let is_back = self.line.heard(&attempt, took, now);
        drop(turn);
        self.wiring.metrics.attempted(channel.name(), attempt.outcome);
        if attempt.outcome == Outcome::Accepted {
            self.wiring.metrics.delayed(now.duration_since(envelope.notice.decided_at));
        }
        if is_back {
            self.hasten(channel).await;
        }
        Some(attempt)
    }

    /// All that waited for the server goes now. Where that cannot be written down, it goes
    /// when its time comes.
    async fn hasten(&self, channel: &dyn Channel) {
        let name = channel.name();
        info!(delivery.channel = %name, "The server of {name} is back");
        let now = self.wiring.clock.now();
        if let Err(error) = self.wiring.store.hasten(name.clone(), now).await {
            error!(delivery.channel = %name, error = %Chain(&error), "Could not hasten what waits for {name}");
            self.wiring.metrics.store_failed();
        }
    }

    /// Until it is written down, the lane stays busy: sent again it would reach
    /// people twice.
    async fn settle(&self, entry: &Entry, standing: Standing, onward: Onward) {
        let settled = Settled { entry: entry.id, standing, onward };
        let mut failures = 0;
        while let Err(error) = self.wiring.store.settle(settled.clone()).await {
            failures += 1;
            error!(delivery.id = entry.id.0, error = %Chain(&error), "Could not write down what came of an attempt");
            self.wiring.metrics.store_failed();
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(SETTLE_AGAIN.after(failures, None)) => {}
            }
        }
    }
}

/// An attempt that panicked. It may be for what the message says, so it is tried later and
/// later, and in the end given up: a lane must not wait for it for ever. The panic itself is
/// in the log.
fn defect() -> Attempt {
    let error = "the attempt broke off by a defect of usagewarden".to_owned();
    Attempt::unsuccessful(Outcome::Failed, error).by(Culprit::Us)
}

/// For what cannot be tried at all.
const NO_PATIENCE: Patience =
    Patience { backoff: SETTLE_AGAIN, give_up_after: SignedDuration::ZERO };

fn removed(entry: &Entry) -> Attempt {
    let error = format!("the channel {} is no longer configured", entry.destination.channel);
    Attempt::unsuccessful(Outcome::Refused, error)
}

/// A failure is logged once, here, where it is known what becomes of the entry.
fn log(entry: &Entry, standing: &Standing) {
    let (id, channel, attempt) = (entry.id.0, &entry.destination.channel, standing.attempts);
    let reason = standing.last_error.as_deref().unwrap_or_default();
    let notice = &entry.notice.0;
    match standing.state {
        EntryState::Accepted => {
            info!(delivery.id = id, delivery.channel = %channel, attempt, notice.id = notice, "Delivered a notice to {channel}");
        }
        EntryState::Refused => {
            error!(delivery.id = id, delivery.channel = %channel, attempt, notice.id = notice, error = reason, "A receiver of {channel} refused a notice for good");
        }
        EntryState::GivenUp => {
            error!(delivery.id = id, delivery.channel = %channel, attempt, notice.id = notice, error = reason, "Gave up on a notice to {channel}");
        }
        EntryState::Retrying => {
            let next = standing.next_attempt_at;
            warn!(delivery.id = id, delivery.channel = %channel, attempt, notice.id = notice, error = reason, "Could not deliver a notice to {channel}, trying again at {next}");
        }
        EntryState::Queued => {
            debug!(delivery.id = id, delivery.channel = %channel, attempt, "A notice to {channel} waits");
        }
    }
}
