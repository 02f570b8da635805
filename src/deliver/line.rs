//! The way to one channel: how many may be on it, and whether there is anybody at its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use usagewarden_core::outbox::{Attempt, Circuit, Outcome, Way};

use crate::deliver::channel::Channel;

/// Attempts of one channel at a time. One that hangs holds up no other channel.
const RUNNING_MAX: usize = 4;

/// What is claimed ahead of its turn: about as much as a channel takes in this time, so
/// that a fast one never waits for the store, and what is urgent hardly for a slow one.
const AHEAD: Duration = Duration::from_millis(250);

/// However fast a channel is.
pub(super) const AHEAD_MAX: usize = 256;

/// When to look again whether anything has failed for too long, if nothing says sooner.
const FALL_BACK_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A channel, or where one was that is no longer configured.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) channel: Option<Arc<dyn Channel>>,
    slots: Semaphore,
    known: Mutex<Known>,
}

/// What attempts have shown. Not stored: a restart finds out anew.
#[derive(Debug, Default)]
struct Known {
    circuit: Circuit,
    /// How long an attempt takes; `None` before the first that came through.
    takes: Option<Duration>,
    fallback: Turn,
}

/// When to look for what has failed for too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Now,
    At(Timestamp),
    /// Not before another attempt fails.
    Never,
}

impl Default for Line {
    fn default() -> Self {
        Self::to(None)
    }
}

impl Line {
    pub(super) fn to(channel: Option<Arc<dyn Channel>>) -> Self {
        Self { channel, slots: Semaphore::new(RUNNING_MAX), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many more may be claimed while `claimed` are.
    pub(super) fn room(&self, claimed: usize, now: Timestamp) -> usize {
        let known = self.known();
        let most = match known.circuit.way(now) {
            Way::Free => known.ahead(),
            Way::Probe => 1,
            Way::Closed { .. } => 0,
        };
        most.saturating_sub(claimed)
    }

    /// Whether more should be claimed soon.
    pub(super) fn is_low(&self, claimed: usize) -> bool {
        claimed < (self.known().ahead() / 2).max(RUNNING_MAX)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.known().circuit.is_broken()
    }

    /// Whoever asks for another try has reason to think that the server is back.
    pub(super) fn forget(&self) {
        self.known().circuit = Circuit::default();
    }

    /// A turn on the line. `None` when it should not be taken any more: we are stopping, or
    /// the server turned out to be gone, and this is not who looks for it.
    pub(super) async fn turn(
        &self,
        is_probe: bool,
        stop: &CancellationToken,
    ) -> Option<SemaphorePermit<'_>> {
        let slot = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            slot = self.slots.acquire() => slot.ok(),
        }?;
        (is_probe || !self.is_broken()).then_some(slot)
    }

    /// Takes note of an attempt. True when the server is back by it.
    pub(super) fn heard(&self, attempt: &Attempt, took: Duration, now: Timestamp) -> bool {
        let mut known = self.known();
        if attempt.outcome == Outcome::Accepted {
            let before = known.takes.unwrap_or(took);
            known.takes = Some((before * 3 + took) / 4);
        } else {
            known.takes = None;
            known.fallback = Turn::Now;
        }
        known.circuit.heard(attempt, now)
    }

    /// Whether it is time to look for what has failed for too long.
    pub(super) fn may_fall_back(&self, now: Timestamp) -> bool {
        match self.known().fallback {
            Turn::Now => true,
            // Never put off so far by a clock that stands still: it was set back.
            Turn::At(at) => at <= now || at.duration_since(now) > FALL_BACK_EVERY * 60 * 24,
            Turn::Never => false,
        }
    }

    /// Takes note of when the next will have failed for too long, if any waits.
    pub(super) fn falls_back(&self, next: Option<Timestamp>, now: Timestamp) {
        let soonest = now.saturating_add(FALL_BACK_EVERY).unwrap_or(now);
        let turn = |at: Timestamp| Turn::At(if at > now { at } else { soonest });
        self.known().fallback = next.map_or(Turn::Never, turn);
    }

    /// When the line itself needs a look: a probe, or a fallback.
    pub(super) fn next_turn(&self, now: Timestamp) -> Option<Timestamp> {
        let known = self.known();
        let probe = match known.circuit.way(now) {
            Way::Closed { until } => Some(until),
            Way::Free | Way::Probe => None,
        };
        let fallback = match known.fallback {
            Turn::At(at) => Some(at),
            Turn::Now | Turn::Never => None,
        };
        probe.into_iter().chain(fallback).min()
    }

    pub(super) fn tidy(&self) {
        self.channel.iter().for_each(|channel| channel.tidy());
    }
}

impl Known {
    fn ahead(&self) -> usize {
        let Some(takes) = self.takes else { return RUNNING_MAX };
        let rounds = AHEAD.as_micros() / takes.as_micros().max(1);
        let rounds = usize::try_from(rounds).unwrap_or(AHEAD_MAX);
        rounds.saturating_mul(RUNNING_MAX).clamp(RUNNING_MAX, AHEAD_MAX)
    }
}
