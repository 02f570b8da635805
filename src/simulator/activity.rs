//! The activity log: what people and keys did, for both APIs.
//!
//! What was done since the start is kept in two rings, so that the noise of reading cannot
//! push out what matters; what lies before is made up by `past`, always the same. Ids count
//! up with time, so that ties by time are in the order in which things were done.

mod past;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::past::{Past, person};
use super::actor::Actor;
use super::deed::Deed;
use super::hash::{Draw, draw};
use super::world::World;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) deed: Deed,
}

impl Entry {
    /// In the words of the Admin API; `None`: it has none for this.
    pub(crate) fn admin(&self, world: &World) -> Option<Value> {
        let (kind, fields) = self.deed.admin()?;
        let mut row = json!({
            "id": self.id, "created_at": self.at, "type": kind, "actor": self.actor.admin(),
            "organization_id": world.id, "organization_uuid": world.uuid,
        });
        if let (Some(row), Value::Object(fields)) = (row.as_object_mut(), fields) {
            row.extend(fields);
        }
        Some(row)
    }

    pub(crate) fn company(&self) -> Option<Value> {
        let (action, details) = self.deed.company()?;
        Some(json!({
            "timestamp": self.at, "action": action,
            "actor": self.actor.company(), "details": details,
        }))
    }
}

#[derive(Debug)]
pub(crate) struct Log {
    seed: u64,
    told: u64,
    deeds: VecDeque<Arc<Entry>>,
    noise: VecDeque<Arc<Entry>>,
}

impl Log {
    /// More than a rehearsal does in a day; reading leaves traces ten times a second.
    const DEEDS_MOST: usize = 4_000;
    const NOISE_MOST: usize = 2_000;

    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, told: 0, deeds: VecDeque::new(), noise: VecDeque::new() }
    }

    pub(crate) fn note(&mut self, at: Timestamp, actor: Actor, deed: Deed) {
        self.told += 1;
        let tail = draw(self.seed, Draw::Audit, [u64::MAX, self.told]);
        let id = format!("activity_01{:08}{:014x}", self.told, tail >> 8);
        let (ring, most) = match deed.is_noise() {
            true => (&mut self.noise, Self::NOISE_MOST),
            false => (&mut self.deeds, Self::DEEDS_MOST),
        };
        if ring.len() == most {
            ring.pop_front();
        }
        ring.push_back(Arc::new(Entry { id, at, actor, deed }));
    }

    /// All of it, in no order.
    pub(crate) fn kept(&self) -> Vec<Arc<Entry>> {
        self.deeds.iter().chain(&self.noise).cloned().collect()
    }
}

/// Newest first; ties by id.
pub(crate) fn newest_first(entries: &mut [Arc<Entry>]) {
    entries.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
}
