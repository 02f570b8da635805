//! Everything the routes answer from: the scene, the activity log, the clock, and
//! what can be switched at run time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::activity::{Entry, Log, Past, newest_first};
use super::bill::Reach;
use super::control::Controls;
use super::hash::{Draw, draw};
use super::limits::Limits;
use super::prices::PriceList;
use super::profile::Profile;
use super::scenario::Scenario;
use super::scene::Scene;
use super::traffic::{DAY, HOUR, MINUTE, Traffic};
use super::visible::SETTLED;
use super::world::World;
use super::{Settings, quota};
use crate::clock::SharedClock;

pub(crate) type Shared = Arc<Simulation>;

#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) seed: u64,
    /// As it was at the start. Its name, ids and workspaces never change; what does is in
    /// the [`Scene`].
    pub(crate) world: World,
    pub(super) scene: Mutex<Arc<Scene>>,
    pub(crate) past: Past,
    log: Mutex<Log>,
    pub(crate) prices: PriceList,
    pub(crate) start: Timestamp,
    /// Tokens of a month, for the company API.
    pub(crate) quota: u64,
    /// Rings when answers that never end must.
    pub(crate) leaving: CancellationToken,
    scenario: Scenario,
    clock: SharedClock,
    controls: Mutex<Controls>,
    answers: AtomicU64,
}

/// The reports, by how far behind they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Usage,
    /// The cost report: computed every full hour.
    Bill,
    /// Analytics: refreshed every ten minutes.
    Analytics,
    /// The company API: at once.
    Company,
}

impl Simulation {
    pub(crate) fn new(settings: Settings, clock: SharedClock) -> Self {
        let start = clock.now();
        let traffic = Traffic::new(settings.seed, settings.scenario, settings.runaway, start);
        let world = World::new(settings.seed, start);
        let limits = Limits::new(settings.seed, start, &world);
        Self {
            seed: settings.seed,
            quota: quota::limit(&traffic, settings.scenario, start),
            scene: Mutex::new(Arc::new(Scene::new(world.clone(), traffic, limits))),
            past: Past::new(settings.seed, start, world.clone()),
            log: Mutex::new(Log::new(settings.seed)),
            start,
            leaving: CancellationToken::new(),
            scenario: settings.scenario,
            clock,
            answers: AtomicU64::new(0),
            controls: Mutex::new(Controls::new(
                settings.faults,
                Profile::of(world.name),
                settings.granted,
                settings.usage_delay,
                settings.analytics_delay,
            )),
            prices: settings.prices_listed,
            world,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn controls(&self) -> MutexGuard<'_, Controls> {
        self.controls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was done, newest first.
    pub(crate) fn activities(&self) -> Vec<Arc<Entry>> {
        let mut entries = self.past.until(self.now());
        entries.extend(self.log().kept());
        newest_first(&mut entries);
        entries
    }

    /// What the organization says of itself now.
    pub(crate) fn profile(&self) -> Profile {
        self.controls().profile.clone()
    }

    /// Up to where a report knows of data, in milliseconds since 1970.
    pub(crate) fn horizon(&self, source: Source) -> i64 {
        let now = match self.scenario {
            Scenario::Stale => self.now().min(self.start),
            Scenario::Steady | Scenario::Spike | Scenario::Runaway | Scenario::Quota => self.now(),
        };
        let (usage_delay, analytics_delay) = {
            let controls = self.controls();
            (controls.usage_delay, controls.analytics_delay)
        };
        let behind = |delay: SignedDuration, step: i64| {
            let at = (now - delay).as_millisecond();
            at - at.rem_euclid(step)
        };
        match source {
            Source::Usage => behind(usage_delay, 1),
            Source::Bill => behind(usage_delay, HOUR),
            Source::Analytics => behind(analytics_delay, 10 * MINUTE),
            Source::Company => behind(SignedDuration::ZERO, 1),
        }
    }

    /// What a report shows now. The company API has no late data.
    pub(crate) fn reach(&self, source: Source) -> Reach {
        let horizon = self.horizon(source);
        match source {
            Source::Company => Reach::Happened(horizon),
            Source::Usage | Source::Bill | Source::Analytics => Reach::Shown(horizon),
        }
    }

    /// The midnight before which the bill will not change any more.
    pub(crate) fn billed_until(&self) -> i64 {
        let settled = self.horizon(Source::Bill) - SETTLED;
        settled - settled.rem_euclid(DAY)
    }

    /// Ids of answers count up, so that a log and a capture can be matched.
    pub(crate) fn request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        format!("req_01{:016x}", draw(self.seed, Draw::Request, [number, 0]))
    }
}
