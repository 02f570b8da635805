//! How fast an organization may be asked.
//!
//! A token bucket per documented budget: a burst for the pages of a report, then the
//! steady rate. It promises never to exceed the rate over a minute beyond its burst; it
//! never drops a question, only delays it; it cannot fail. `Retry-After` is not obeyed
//! here but by whoever plans polls, since one report being throttled is no reason to
//! leave the others unread.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Which documented budget a question counts toward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// Everything that has none of its own.
    General,
    Analytics,
    SpendLimits,
}

/// The buckets of one organization.
#[derive(Debug)]
pub(super) struct Pacing {
    /// A loopback address has no budget: it is a rehearsal.
    unpaced: bool,
    general: Bucket,
    analytics: Bucket,
    spend_limits: Bucket,
}

/// Admin API, per minute and organization.
pub(super) const GENERAL_PER_MINUTE: u64 = 100;
/// Analytics, all endpoints together; and the eight endpoints of spend limits.
const OTHERS_PER_MINUTE: u64 = 60;
/// Until a company profile says how fast: one a second, as the guide's sample does at 60.
pub(super) const COMPANY_PER_MINUTE: u64 = 60;
/// Faster than this nobody needs to ask, whatever a profile grants.
const FASTEST_PER_MINUTE: u64 = 6_000;
/// Pages of one report that may go at once: a back-fill of 400 days takes 13.
const BURST: u32 = 20;

impl Pacing {
    pub(super) fn new(general_per_minute: u64, unpaced: bool) -> Self {
        Self {
            unpaced,
            general: Bucket::new(general_per_minute),
            analytics: Bucket::new(OTHERS_PER_MINUTE),
            spend_limits: Bucket::new(OTHERS_PER_MINUTE),
        }
    }

    /// Waits until one more question fits the budget.
    pub(super) async fn take(&self, budget: Budget) {
        if self.unpaced {
            return;
        }
        let bucket = match budget {
            Budget::General => &self.general,
            Budget::Analytics => &self.analytics,
            Budget::SpendLimits => &self.spend_limits,
        };
        tokio::time::sleep_until(bucket.reserve(Instant::now())).await;
    }

    /// What the organization itself says it may ask.
    pub(super) fn learn(&self, requests_per_minute: u64) {
        self.general.change(requests_per_minute, Instant::now());
    }
}

/// Kept as one instant: when the bucket will be full again.
#[derive(Debug)]
struct Bucket(Mutex<Fill>);

#[derive(Debug)]
struct Fill {
    each: Duration,
    full_at: Option<Instant>,
}

impl Bucket {
    fn new(per_minute: u64) -> Self {
        Self(Mutex::new(Fill { each: each(per_minute), full_at: None }))
    }

    /// Changes the rate. Tokens that were taken stay taken, and take the new time to return.
    fn change(&self, per_minute: u64, now: Instant) {
        let mut fill = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, new) = (fill.each, each(per_minute));
        let owed = fill.full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        fill.full_at = Some(now + owed.mul_f64(new.as_secs_f64() / old.as_secs_f64()));
        fill.each = new;
    }

    /// Takes one token and says when it may be used.
    fn reserve(&self, now: Instant) -> Instant {
        let mut fill = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = fill.full_at.map_or(now, |at| at.max(now)) + fill.each;
        fill.full_at = Some(full_at);
        full_at.checked_sub(fill.each * BURST).map_or(now, |at| at.max(now))
    }
}

fn each(per_minute: u64) -> Duration {
    let bounded = per_minute.clamp(1, FASTEST_PER_MINUTE);
    Duration::from_mins(1) / u32::try_from(bounded).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_of(pacing: &Pacing, budget: Budget, questions: usize) -> u64 {
        let begun = Instant::now();
        for _ in 0..questions {
            pacing.take(budget).await;
        }
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let pacing = Pacing::new(60, false);
        assert_eq!(seconds_of(&pacing, Budget::General, 20).await, 0);
        assert_eq!(seconds_of(&pacing, Budget::General, 30).await, 30);
        tokio::time::advance(Duration::from_secs(600)).await;
        assert_eq!(
            seconds_of(&pacing, Budget::General, 21).await,
            1,
            "a bucket is never over-full"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn budgets_are_spent_apart() {
        let pacing = Pacing::new(100, false);
        assert_eq!(seconds_of(&pacing, Budget::Analytics, 25).await, 5);
        assert_eq!(seconds_of(&pacing, Budget::SpendLimits, 20).await, 0);
        assert_eq!(seconds_of(&pacing, Budget::General, 20).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_organizations_own_limit_sets_the_rate() {
        let pacing = Pacing::new(60, false);
        pacing.learn(6);
        assert_eq!(seconds_of(&pacing, Budget::General, 23).await, 30);
        pacing.learn(0);
        assert_eq!(seconds_of(&pacing, Budget::General, 1).await, 60, "one a minute at least");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rehearsal_is_not_paced() {
        let pacing = Pacing::new(1, true);
        assert_eq!(seconds_of(&pacing, Budget::General, 1_000).await, 0);
    }
}
