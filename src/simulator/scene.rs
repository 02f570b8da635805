//! The organization as it stands now: its people and keys, its limits, and who uses what.
//!
//! A reader takes the scene as of one moment and keeps it for the whole answer. A change is
//! drawn on a copy and put in its place when all of it was right, so a refused change leaves
//! no trace, and what was done is told in the activity log in the order in which it was done.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::actor::Actor;
use super::deed::Deed;
use super::limits::Limits;
use super::refusal::Refusal;
use super::simulation::Simulation;
use super::traffic::Traffic;
use super::world::World;

#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) traffic: Traffic,
    pub(crate) limits: Limits,
}

impl Scene {
    /// Keys that expire by themselves use nothing afterwards.
    pub(crate) fn new(world: World, mut traffic: Traffic, limits: Limits) -> Self {
        for (number, key) in world.keys.iter().enumerate() {
            if let Some(expires) = key.expires_at {
                traffic.stop(number, expires.as_millisecond());
            }
        }
        Self { world, traffic, limits }
    }
}

/// A change that is being made.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) scene: Scene,
    pub(crate) seed: u64,
    /// In whole milliseconds, as traffic is counted.
    pub(crate) now: Timestamp,
    deeds: Vec<Deed>,
}

impl Draft {
    /// Notes something for the activity log.
    pub(crate) fn tell(&mut self, deed: Deed) {
        self.deeds.push(deed);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }
}

impl Simulation {
    /// Everything as it stands now.
    pub(crate) fn scene(&self) -> Arc<Scene> {
        Arc::clone(&self.scene.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets a waiting runaway loose.
    pub(crate) fn unleash(&self) {
        let mut current = self.scene.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut current).traffic.unleash(self.now().as_millisecond());
    }

    /// Makes a change, all of it or nothing.
    pub(crate) fn change<T>(
        &self,
        actor: &Actor,
        act: impl FnOnce(&mut Draft) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut current = self.scene.lock().unwrap_or_else(PoisonError::into_inner);
        let now = super::traffic::instant(self.now().as_millisecond());
        let scene = Scene::clone(&current);
        let mut draft = Draft { scene, seed: self.seed, now, deeds: Vec::new() };
        let done = act(&mut draft)?;
        *current = Arc::new(draft.scene);
        // Still under the lock, so that the log tells things in their order.
        let mut log = self.log();
        for deed in draft.deeds {
            log.note(now, actor.clone(), deed);
        }
        Ok(done)
    }
}
