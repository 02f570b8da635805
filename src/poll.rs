//! Asking both APIs on a schedule, and committing what they say.
//!
//! One part polls every organization. A task is one report of one organization, or the
//! filling in of its past; the planner says when each is due, and each runs as a worker.
//! What a report said is committed to the store, and then the organization's bell is
//! rung: whoever wakes reads the store.
//!
//! It promises that a poll commits what it asked for or nothing, that no window is ever
//! skipped, whatever fails and for how long, that polls of one report never overlap, and
//! that nothing is committed before the organization is known to be the right one.
//!
//! It never judges what it reads, and it never talks to people: how the polls are doing
//! stands on the [`Board`], in the log and in the metrics.
//!
//! Failures are told once, with their cause and what to do, and asked again at the pace
//! their kind deserves. An organization that another daemon has taken over is left alone.

mod ask;
mod board;
mod company;
mod health;
mod identity;
mod metrics;
mod progress;
mod setback;
mod settings;
mod stream;
mod tally;
mod windows;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info_span};
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use crate::clock::SharedClock;
use crate::schedule::{Bell, Planner, Pulse, Verdict};
use crate::store::Store;
use crate::supervisor::Workers;
use stream::{Next, Stream};

pub use board::{Board, Standing};
pub use health::{Failing, Health};
pub use identity::{Identity, Mismatch};
pub use metrics::PollMetrics;
pub use progress::Progress;
pub use settings::{Cadences, Organization, Settings, reports};
pub use tally::{Show, Tallies, Tally};

/// Polls under way at once. At one poll of ten thousand organizations a minute and a
/// second per answer, 170 are; each holds a connection, and a process may commonly hold
/// 1 024 files.
const POLLS_AT_ONCE: usize = 512;

/// Nothing is waited for longer than this, should both the tick and a clock go wrong.
const WAIT_LONGEST: Duration = Duration::from_secs(30);

/// What all organizations are polled with.
#[derive(Debug)]
pub struct Watch {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub metrics: PollMetrics,
    pub board: Board,
}

/// What one worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Task {
    Poll(Report),
    /// One more chunk of the past.
    Fill(Report),
}

/// One task of one organization; what the planner plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    organization: OrganizationName,
    task: Task,
}

/// The part that polls.
#[derive(Debug)]
pub struct Poller {
    streams: BTreeMap<OrganizationName, Arc<Stream>>,
    watch: Arc<Watch>,
    workers: Workers,
    /// Rung by the tick.
    bell: Bell,
    pulse: Pulse,
    planner: Planner<Key>,
    running: usize,
}

/// A worker that has ended. Without a next step it broke off.
#[derive(Debug)]
struct Ended {
    key: Key,
    next: Option<Next>,
}

impl Poller {
    /// `bell` is one that the tick of `pulse` rings.
    pub fn new(
        organizations: Vec<Organization>,
        watch: Watch,
        workers: Workers,
        bell: Bell,
        pulse: Pulse,
    ) -> Self {
        let watch = Arc::new(watch);
        let stream = |own: Organization| {
            (own.settings.organization.clone(), Arc::new(Stream::new(own, watch.clone())))
        };
        let streams = organizations.into_iter().map(stream).collect();
        Self { streams, watch, workers, bell, pulse, planner: Planner::new(), running: 0 }
    }

    /// Polls until told to stop. Polls under way are then dropped: what they would have
    /// committed is asked for again by the next start.
    pub async fn run(mut self, stop: CancellationToken) {
        // Every worker sends once, so a channel of their number is never full.
        let (ended, mut endings) = mpsc::channel(POLLS_AT_ONCE);
        self.plan_greetings();
        loop {
            self.start_due(&ended, &stop);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.notified() => self.ticked(),
                Some(Ended { key, next }) = endings.recv() => self.settle(&key, next),
                () = tokio::time::sleep(self.wait()) => {}
            }
        }
    }

    fn ticked(&self) {
        if let Some(at) = self.pulse.last_tick() {
            self.watch.metrics.ticked(at);
        }
    }

    /// Until the next task is due; for a worker to end, when no more may start.
    fn wait(&self) -> Duration {
        let due = self.planner.next_due().filter(|_| self.running < POLLS_AT_ONCE);
        let until = due.map(|due| due.duration_since(self.watch.clock.now()));
        until.map_or(WAIT_LONGEST, |until| {
            Duration::try_from(until).unwrap_or(Duration::ZERO).min(WAIT_LONGEST)
        })
    }

    fn start_due(&mut self, ended: &mpsc::Sender<Ended>, stop: &CancellationToken) {
        let now = self.watch.clock.now();
        for key in self.planner.due(now, POLLS_AT_ONCE - self.running) {
            let Some(stream) = self.streams.get(&key.organization).cloned() else { continue };
            self.running += 1;
            let (ended, stop) = (ended.clone(), stop.clone());
            let span = info_span!("poll", organization = %key.organization, task = %key.task);
            let work = async move {
                let mut slot = Slot { ended, key: key.clone(), next: None };
                tokio::select! {
                    () = stop.cancelled() => {}
                    next = stream.run(key.task) => slot.next = Some(next),
                }
            };
            self.workers.spawn(work.instrument(span));
        }
    }
}

impl Poller {
    /// The profile comes first: nothing else is polled before it is known to be the right one.
    fn plan_greetings(&mut self) {
        let organizations: Vec<OrganizationName> = self.streams.keys().cloned().collect();
        for organization in organizations {
            self.watch.board.change(&organization, |_| ());
            self.plan(&organization, Task::Poll(Report::Company));
        }
    }

    fn settle(&mut self, key: &Key, next: Option<Next>) {
        self.running -= 1;
        let organization = &key.organization;
        match next {
            Some(Next::Again(verdict)) => self.again(key, verdict),
            Some(Next::Fill(report, verdict)) => {
                self.again(key, verdict);
                self.plan(organization, Task::Fill(report));
            }
            Some(Next::Open(verdict)) => {
                self.again(key, verdict);
                for report in self.reports_of(organization) {
                    self.plan(organization, Task::Poll(*report));
                }
            }
            Some(Next::Shut(verdict)) => {
                self.again(key, verdict);
                self.forget(organization, |task| task != Task::Poll(Report::Company));
            }
            Some(Next::Over) => self.planner.remove(key),
            Some(Next::Leave) => self.forget(organization, |_| true),
            None => {
                error!(organization = %organization, task = %key.task, "A poll broke off; it is tried again");
                self.again(key, Verdict::Retry { after: None });
            }
        }
    }

    fn again(&mut self, key: &Key, verdict: Verdict) {
        self.planner.finished(key, self.watch.clock.now(), verdict);
    }

    fn plan(&mut self, organization: &OrganizationName, task: Task) {
        let Some(stream) = self.streams.get(organization) else { return };
        let job = stream.own.settings.job(task);
        let key = Key { organization: organization.clone(), task };
        self.planner.add(key, job, self.watch.clock.now());
    }

    fn forget(&mut self, organization: &OrganizationName, which: impl Fn(Task) -> bool) {
        let tasks = Report::ALL.into_iter().flat_map(|it| [Task::Poll(it), Task::Fill(it)]);
        for task in tasks.filter(|task| which(*task)) {
            self.planner.remove(&Key { organization: organization.clone(), task });
        }
    }

    fn reports_of(&self, organization: &OrganizationName) -> &'static [Report] {
        self.streams.get(organization).map_or(&[], |stream| reports(stream.own.client.api()))
    }
}

/// Tells the poller of the end of a worker, even by panic.
#[derive(Debug)]
struct Slot {
    ended: mpsc::Sender<Ended>,
    key: Key,
    next: Option<Next>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Fails only when the poller has left, and then nobody wants to know.
        let ended = Ended { key: self.key.clone(), next: self.next.take() };
        let _ = self.ended.try_send(ended);
    }
}

impl Task {
    const fn report(self) -> Report {
        match self {
            Self::Poll(report) | Self::Fill(report) => report,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poll(report) => write!(f, "poll {report}"),
            Self::Fill(report) => write!(f, "fill in the past of {report}"),
        }
    }
}
