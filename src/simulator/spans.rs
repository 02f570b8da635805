//! Who used what, and from when until when: traffic that stops, goes on, or changes its key.
//!
//! A stream that was interrupted or handed over is kept as several of the same number, whose
//! spans never overlap; the last of them says whose it is now. Figures are drawn by the number,
//! so what one span loses the other gains, and what lies before a change is never touched.

use super::streams::Stream;
use super::traffic::Traffic;

/// The key that is to carry some traffic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier {
    /// Places in the world.
    pub(crate) key: usize,
    pub(crate) workspace: usize,
    /// Until when it may be used, in milliseconds since 1970; what is past: not now.
    pub(crate) until: i64,
}

impl Traffic {
    /// From `now` on a key uses nothing.
    pub(crate) fn stop(&mut self, key: usize, now: i64) {
        for place in self.carried_by(key) {
            let stream = &mut self.streams_mut()[place];
            stream.until = stream.until.min(now.max(stream.from));
        }
    }

    /// From `now` on a key uses again what it would have used.
    pub(crate) fn resume(&mut self, carrier: Carrier, now: i64) {
        for place in self.carried_by(carrier.key) {
            let stream = &self.streams()[place];
            if stream.until <= now && now < stream.ends {
                self.go_on(place, carrier, now);
            }
        }
    }

    /// From `now` on another key uses what this one would have used.
    pub(crate) fn hand_over(&mut self, from: usize, to: Carrier, now: i64) {
        let places = self.carried_by(from);
        self.stop(from, now);
        for place in places {
            self.go_on(place, to, now);
        }
    }

    fn go_on(&mut self, place: usize, carrier: Carrier, now: i64) {
        let old = &self.streams()[place];
        let until = old.ends.min(carrier.until).max(now);
        let Carrier { key, workspace, .. } = carrier;
        let next = Stream { key: Some(key), workspace, from: now, until, ..old.clone() };
        let is_empty = old.from >= old.until;
        if is_empty {
            self.streams_mut()[place] = next;
        } else {
            self.streams_mut().push(next);
        }
    }

    /// The streams that are a key's now, running or not.
    fn carried_by(&self, key: usize) -> Vec<usize> {
        let streams = self.streams();
        let is_last = |place: usize| {
            streams[place + 1..].iter().all(|later| later.number != streams[place].number)
        };
        (0..streams.len())
            .filter(|place| streams[*place].key == Some(key) && is_last(*place))
            .collect()
    }
}
