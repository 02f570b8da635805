//! What can be done to keys, whoever asks: rename, switch, delete, make, expire, hand over.
//!
//! Whatever becomes of a key becomes of its traffic in the same instant.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::deed::{Deed, KeyDeed};
use super::refusal::Refusal;
use super::scene::Draft;
use super::spans::Carrier;
use super::world::Key;

/// What a key's status can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settable {
    Active,
    Inactive,
    Archived,
}

impl Settable {
    const fn label(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Archived => "archived",
        }
    }
}

impl FromStr for Settable {
    type Err = Refusal;

    fn from_str(word: &str) -> Result<Self, Refusal> {
        [Self::Active, Self::Inactive, Self::Archived]
            .into_iter()
            .find(|status| status.label() == word)
            .ok_or_else(|| Refusal::invalid("status: should be active, inactive or archived"))
    }
}

/// A key that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    pub(crate) name: String,
    /// A place in the world's workspaces.
    pub(crate) workspace: usize,
    /// Who makes it, as a place in the world's members.
    pub(crate) created_by: usize,
    pub(crate) lives: Option<SignedDuration>,
}

pub(crate) fn name(text: &str) -> Result<String, Refusal> {
    const LONGEST: usize = 500;
    let name = text.trim();
    if name.is_empty() || name.len() > LONGEST {
        return Err(Refusal::invalid("name: should have from 1 to 500 characters"));
    }
    Ok(name.to_owned())
}

impl Draft {
    pub(crate) fn key(&self, id: &str) -> Result<usize, Refusal> {
        let place = self.scene.world.keys.iter().position(|key| key.id == id);
        place.ok_or_else(|| Refusal::not_found("The API key was"))
    }

    pub(crate) fn rename_key(&mut self, place: usize, after: String) {
        let key = &mut self.scene.world.keys[place];
        let before = std::mem::replace(&mut key.name, after.clone());
        let key = key.id.clone();
        if before != after {
            self.tell(Deed::Key { key, did: KeyDeed::Renamed { before, after } });
        }
    }

    /// Archived is for good, and so is expired, but that it can still be archived.
    pub(crate) fn set_key_status(&mut self, place: usize, to: Settable) -> Result<(), Refusal> {
        let key = &self.scene.world.keys[place];
        let (before, after) = (key.status(self.now), to.label());
        if before == after {
            return Ok(());
        }
        if before == "archived" || before == "expired" && to != Settable::Archived {
            let why = format!("status: the API key is {before} and cannot become {after}");
            return Err(Refusal::invalid(why));
        }
        let key = key.id.clone();
        self.leave(place, after);
        self.tell(Deed::Key { key, did: KeyDeed::Status { before, after } });
        Ok(())
    }

    /// As the company API deletes: it is gone there at once.
    pub(crate) fn delete_key(&mut self, id: &str) -> Result<(), Refusal> {
        let place = self.key(id)?;
        let key = &mut self.scene.world.keys[place];
        if key.is_deleted {
            return Err(Refusal::not_found("The API key was"));
        }
        key.is_deleted = true;
        let (key, before) = (key.id.clone(), key.status(self.now));
        self.leave(place, "archived");
        self.tell(Deed::Key { key, did: KeyDeed::Deleted { before } });
        Ok(())
    }

    pub(crate) fn expire_key(&mut self, place: usize) -> Result<(), Refusal> {
        let (now, key) = (self.now, &mut self.scene.world.keys[place]);
        let before = key.status(now);
        if !["active", "inactive"].contains(&before) {
            return Err(Refusal::invalid(format!("the API key is {before} already")));
        }
        key.expires_at = Some(now);
        let key = key.id.clone();
        self.scene.traffic.stop(place, now.as_millisecond());
        self.tell(Deed::Key { key, did: KeyDeed::Status { before, after: "expired" } });
        Ok(())
    }

    pub(crate) fn create_key(&mut self, new: NewKey) -> usize {
        let world = &mut self.scene.world;
        let place = world.keys.len();
        let number = place as u64 + 1;
        let key = Key::new(self.seed, number, &new.name, new.workspace, self.now);
        let expires_at = new.lives.map(|lives| self.now + lives);
        let (id, workspace) = (key.id.clone(), world.workspaces[new.workspace].id.clone());
        world.keys.push(Key { expires_at, created_by: Some(new.created_by), ..key });
        self.tell(Deed::Key { key: id, did: KeyDeed::Created { name: new.name, workspace } });
        place
    }

    /// Services were given another key.
    pub(crate) fn move_traffic(&mut self, from: &str, to: &str) -> Result<(), Refusal> {
        let (from, to) = (self.key(from)?, self.key(to)?);
        if from == to {
            return Err(Refusal::invalid("from and to are the same key"));
        }
        let (carrier, now) = (self.carrier(to), self.now_ms());
        self.scene.traffic.hand_over(from, carrier, now);
        Ok(())
    }

    /// Leaves a key in this status, and its traffic accordingly.
    fn leave(&mut self, place: usize, status: &'static str) {
        self.scene.world.keys[place].left = status;
        let now = self.now_ms();
        match status {
            "active" => {
                let carrier = self.carrier(place);
                self.scene.traffic.resume(carrier, now);
            }
            _ => self.scene.traffic.stop(place, now),
        }
    }

    fn carrier(&self, place: usize) -> Carrier {
        let key = &self.scene.world.keys[place];
        let until = match key.status(self.now) {
            "active" => key.expires_at.map_or(i64::MAX, Timestamp::as_millisecond),
            _ => i64::MIN,
        };
        Carrier { key: place, workspace: key.workspace, until }
    }
}
