//! The company profile, kept for a while: it changes rarely and is asked often.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::Profile;

use crate::clock::SharedClock;

#[derive(Debug)]
pub(super) struct Cached {
    good_for: SignedDuration,
    clock: SharedClock,
    heard: Mutex<Option<(Timestamp, Profile)>>,
}

impl Cached {
    pub(super) const fn new(good_for: SignedDuration, clock: SharedClock) -> Self {
        Self { good_for, clock, heard: Mutex::new(None) }
    }

    pub(super) fn get(&self) -> Option<Profile> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, profile) = heard.as_ref()?;
        let age = self.clock.now().duration_since(*at);
        // A clock that went back says nothing about age.
        (!age.is_negative() && age < self.good_for).then(|| profile.clone())
    }

    /// Keeps `profile` as of the moment it was asked for.
    pub(super) fn keep(&self, asked_at: Timestamp, profile: &Profile) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = Some((asked_at, profile.clone()));
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
