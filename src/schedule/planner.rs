//! Which jobs are due: a function of the times it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use super::Cadence;

/// The end of an outage is noticed within this, however seldom the report is read. A start in the
/// middle of one waits for the profile, so this also bounds how long it stays blind.
const BACKOFF_LONGEST: SignedDuration = SignedDuration::from_mins(2);

/// What others ask us to wait is honored up to here: a year must not be able to mute a report.
const ASKED_LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// What is planned of one job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub cadence: Cadence,
    /// The least time between two runs, and the first step of the backoff.
    pub floor: SignedDuration,
    /// Runs begin within this time of their cadence: always at the same place, which the
    /// key decides, so that many jobs spread out and a restart spreads them alike.
    pub spread: SignedDuration,
}

/// What came of a run, as far as the next one is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Again when the cadence says so.
    Done,
    /// It may go better soon: again after a doubling backoff or when the cadence says so,
    /// whichever is first, but not before `after`.
    Retry { after: Option<SignedDuration> },
    /// When the cadence says so, but not before `least` has passed.
    Rest { least: SignedDuration },
}

/// Holds jobs and knows whose time has come.
#[derive(Debug)]
pub struct Planner<K> {
    jobs: BTreeMap<K, Planned>,
    /// Jobs that are not running, by due time. Looking at the first is all that waiting costs.
    queue: BTreeSet<(Timestamp, K)>,
    /// The latest time we were told, to notice when a clock is set back.
    told: Timestamp,
}

#[derive(Debug)]
struct Planned {
    job: Job,
    /// Where the intervals are counted from, and what cron times are shifted by.
    anchor: Timestamp,
    offset: SignedDuration,
    /// When the next run is due; of a running one, when it was.
    due: Timestamp,
    running: bool,
    /// Runs since the last that went well.
    failures: u32,
}

impl<K: Clone + Ord + Hash> Planner<K> {
    pub fn new() -> Self {
        Self { jobs: BTreeMap::new(), queue: BTreeSet::new(), told: Timestamp::MIN }
    }

    /// Adds a job, first due within its spread. One that is here already stays as it is.
    pub fn add(&mut self, key: K, job: Job, now: Timestamp) {
        if self.jobs.contains_key(&key) {
            return;
        }
        let offset = offset(&key, job.spread);
        let due = later(now, offset);
        self.queue.insert((due, key.clone()));
        self.jobs
            .insert(key, Planned { job, anchor: due, offset, due, running: false, failures: 0 });
    }

    /// Forgets a job. A run under way ends by itself.
    pub fn remove(&mut self, key: &K) {
        if let Some(planned) = self.jobs.remove(key) {
            self.queue.remove(&(planned.due, key.clone()));
        }
    }

    /// Takes at most `most` jobs whose time has come, the longest due first. They count
    /// as running until they are [`finished`](Self::finished).
    pub fn due(&mut self, now: Timestamp, most: usize) -> Vec<K> {
        if now < self.told {
            self.set_back(self.told.duration_since(now), now);
        }
        self.told = now;
        let mut taken = Vec::new();
        while taken.len() < most
            && self.queue.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, key)) = self.queue.pop_first()
        {
            if let Some(planned) = self.jobs.get_mut(&key) {
                planned.running = true;
            }
            taken.push(key);
        }
        taken
    }

    /// When [`due`](Self::due) will next have something, as things stand.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// Plans the next run of a job that ran. One that was forgotten meanwhile stays forgotten.
    pub fn finished(&mut self, key: &K, now: Timestamp, verdict: Verdict) {
        let Some(planned) = self.jobs.get_mut(key).filter(|planned| planned.running) else {
            return;
        };
        planned.running = false;
        planned.due = planned.next(now, verdict);
        self.queue.insert((planned.due, key.clone()));
    }

    /// The clock was set back by `step`: what was due in a while still is in that while.
    fn set_back(&mut self, step: SignedDuration, now: Timestamp) {
        self.queue.clear();
        for (key, planned) in &mut self.jobs {
            planned.set_back(step, now);
            if !planned.running {
                self.queue.insert((planned.due, key.clone()));
            }
        }
    }
}

impl<K: Clone + Ord + Hash> Default for Planner<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl Planned {
    fn next(&mut self, now: Timestamp, verdict: Verdict) -> Timestamp {
        let regular = self.regular(now);
        match verdict {
            Verdict::Done => {
                self.failures = 0;
                regular
            }
            Verdict::Rest { least } => {
                self.failures = 0;
                regular.max(later(now, least))
            }
            Verdict::Retry { after } => {
                let soon = regular.min(later(now, self.backoff()));
                self.failures = self.failures.saturating_add(1);
                soon.max(later(now, after.unwrap_or_default().min(ASKED_LONGEST)))
            }
        }
    }

    /// The first time of the cadence that lies ahead and keeps the floor. However many
    /// lie between, they are one.
    fn regular(&self, now: Timestamp) -> Timestamp {
        let least = later(self.due, self.job.floor);
        match &self.job.cadence {
            Cadence::Every(interval) => {
                let ahead = least.max(later(now, SignedDuration::from_nanos(1)));
                on_grid(self.anchor, *interval, ahead)
            }
            Cadence::Cron(..) => {
                let before = least.saturating_sub(SignedDuration::from_nanos(1));
                self.cron_after(now.max(before.unwrap_or(least)))
            }
        }
    }

    fn cron_after(&self, at: Timestamp) -> Timestamp {
        let unshifted = at.checked_sub(self.offset).unwrap_or(at);
        later(self.job.cadence.next_after(unshifted), self.offset)
    }

    fn backoff(&self) -> SignedDuration {
        let doubled = 2_i32.saturating_pow(self.failures);
        self.job.floor.checked_mul(doubled).unwrap_or(BACKOFF_LONGEST).min(BACKOFF_LONGEST)
    }

    fn set_back(&mut self, step: SignedDuration, now: Timestamp) {
        self.anchor = earlier(self.anchor, step);
        self.due = match &self.job.cadence {
            Cadence::Every(_) => earlier(self.due, step),
            // Wall-clock times do not move with the clock, but none may be further than the next.
            Cadence::Cron(..) if self.running => self.due.min(now),
            Cadence::Cron(..) => self.due.min(self.cron_after(now)),
        };
    }
}

/// The first whole multiple of `interval` from `anchor` that is not before `least`.
fn on_grid(anchor: Timestamp, interval: SignedDuration, least: Timestamp) -> Timestamp {
    let (step, gap) = (interval.as_nanos().max(1), least.duration_since(anchor).as_nanos());
    let whole = gap.div_euclid(step) + i128::from(gap.rem_euclid(step) != 0);
    let nanoseconds = anchor.as_nanosecond().saturating_add(whole.saturating_mul(step));
    Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::MAX)
}

/// Where within `spread` the job with this key has its place.
fn offset<K: Hash>(key: &K, spread: SignedDuration) -> SignedDuration {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let milliseconds = u64::try_from(spread.as_millis()).unwrap_or(0);
    let place = if milliseconds == 0 { 0 } else { hasher.finish() % milliseconds };
    SignedDuration::from_millis(i64::try_from(place).unwrap_or(0))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
