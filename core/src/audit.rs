//! The audit log as it is remembered: how far it was read, what came lately, how often what.
//!
//! Lines can be read a minute after they happened, and some later, so each question overlaps
//! the last one and lines are told apart by their ids. It promises that each line from the
//! first contact on is counted once, however often, in whatever order and over however many
//! restarts it is heard, as long as it is no later than the overlap. What judges have not
//! looked at stays for many polls. All that it holds has a bound; it cannot fail.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::notice::digest;
use crate::roster::{Activity, Actor};

/// How late a line may come: ten times what the API says.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// After a long absence, what is older than this is not asked for any more.
const BACK_MOST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// For so many polls a line stays: a judge looks after nearly every one.
const POLLS_KEPT: u8 = 20;

/// Lines that stay at most; more than two answers hold.
const RECENT_MAX: usize = 5_000;

/// Ids that are remembered at most: over thirty a second.
const KNOWN_MAX: usize = 20_000;

/// Types with a count of their own: more than the API has. What is beyond is one.
const TYPES_MAX: usize = 600;
const OTHER_TYPES: &str = "other";

/// What is kept of a line. People read some fields, and look the rest up.
const DETAILS_MAX: usize = 12;
const TEXT_MAX: usize = 300;

/// What is known of one organization's audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// When it was first heard. What happened before is not told.
    contact_at: Option<Timestamp>,
    /// The moment of the newest line: how far it was read. By the clock of the API, not ours.
    read_until: Option<Timestamp>,
    /// Lines from before are too late: whether they were heard is no longer known.
    floor: Option<Timestamp>,
    /// The last answer ended before the log did.
    is_behind: bool,
    /// Digests of the ids of lines that may be read again, and when they happened.
    known: BTreeMap<u64, Timestamp>,
    /// In the order in which they were heard; the last one has the number `heard`.
    recent: VecDeque<Recent>,
    /// Lines since first contact.
    heard: u64,
    counts: BTreeMap<String, Count>,
}

/// A line, and for how many polls it will stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recent {
    polls_left: u8,
    activity: Activity,
}

/// Lines of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    sum: u64,
    /// It appeared with the last poll, and is shown at zero until the next.
    is_new: bool,
}

impl AuditLog {
    /// Takes in one answer, which was asked for at `now`. `complete`: the log has nothing
    /// newer than this.
    pub fn absorb(&mut self, answer: &[Activity], complete: bool, now: Timestamp) {
        self.age();
        let contact_at = self.contact_at.map_or(now, |known| known.min(now));
        self.contact_at = Some(contact_at);
        let floor = self.floor;
        let mut lines: Vec<&Activity> = answer.iter().collect();
        lines.sort_by_key(|line| (line.at, &line.id));
        let mut has_new = false;
        for line in lines.into_iter().filter(|line| floor.is_none_or(|floor| line.at >= floor)) {
            if self.known.insert(digest(line.id.bytes()), line.at).is_some() {
                continue;
            }
            has_new = true;
            // A moment in the future must not keep us from all that comes before it.
            self.read_until = self.read_until.max(Some(line.at.min(now)));
            self.take(line, line.at >= contact_at);
        }
        if !complete && !has_new && self.is_behind {
            self.skip();
        }
        self.is_behind = !complete;
        self.forget();
    }

    /// From when on to ask at `now`.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        let reached = self.read_until.or(self.contact_at).map_or(now, |at| at.min(now));
        let overlap = if self.is_behind { SignedDuration::ZERO } else { OVERLAP };
        let earlier = |at: Timestamp, by| at.saturating_sub(by).unwrap_or(Timestamp::MIN);
        earlier(reached, overlap).max(earlier(now, BACK_MOST))
    }

    /// How many lines were heard since first contact: the number of the last one.
    pub const fn heard(&self) -> u64 {
        self.heard
    }

    /// The lines after the one with this number, in the order in which they were heard, and
    /// how many others came that are kept no more.
    pub fn after(&self, number: u64) -> (impl Iterator<Item = &Activity>, u64) {
        let wanted = self.heard.saturating_sub(number);
        let kept = usize::try_from(wanted).unwrap_or(usize::MAX).min(self.recent.len());
        let lines = self.recent.iter().skip(self.recent.len() - kept);
        (lines.map(|recent| &recent.activity), wanted - kept as u64)
    }

    /// Lines by type since first contact, as they may be shown.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        let shown = |count: &Count| if count.is_new { 0 } else { count.sum };
        self.counts.iter().map(move |(kind, count)| (kind.as_str(), shown(count)))
    }

    /// One more poll has passed.
    fn age(&mut self) {
        for count in self.counts.values_mut() {
            count.is_new = false;
        }
        for recent in &mut self.recent {
            recent.polls_left = recent.polls_left.saturating_sub(1);
        }
        while self.recent.front().is_some_and(|oldest| oldest.polls_left == 0) {
            self.recent.pop_front();
        }
    }

    /// A line that was not heard before. One from before the contact only shows its type.
    fn take(&mut self, line: &Activity, is_news: bool) {
        let activity = trimmed(line);
        let has_room = self.counts.len() < TYPES_MAX || self.counts.contains_key(&activity.kind);
        let kind = if has_room { activity.kind.clone() } else { OTHER_TYPES.to_owned() };
        let count = self.counts.entry(kind).or_insert(Count { sum: 0, is_new: true });
        if is_news {
            count.sum = count.sum.saturating_add(1);
            self.heard = self.heard.saturating_add(1);
            self.recent.push_back(Recent { polls_left: POLLS_KEPT, activity });
        }
    }

    /// One moment has more lines than an answer holds, and there is no way to ask for the
    /// rest of it: what comes after it counts more.
    fn skip(&mut self) {
        let next =
            self.read_until.and_then(|at| at.checked_add(SignedDuration::from_millis(1)).ok());
        self.read_until = next.or(self.read_until);
    }

    /// Lets go of what is beyond a bound, or cannot be asked for again.
    fn forget(&mut self) {
        let excess = self.recent.len().saturating_sub(RECENT_MAX);
        self.recent.drain(..excess);
        let late = self.read_until.and_then(|at| at.checked_sub(OVERLAP).ok());
        self.floor = self.floor.max(late);
        self.drop_known();
        if self.known.len() > KNOWN_MAX {
            let mut moments: Vec<Timestamp> = self.known.values().copied().collect();
            moments.sort_unstable();
            self.floor = self.floor.max(Some(moments[moments.len() - KNOWN_MAX]));
            self.drop_known();
        }
    }

    fn drop_known(&mut self) {
        if let Some(floor) = self.floor {
            self.known.retain(|_, at| *at >= floor);
        }
    }
}

/// The line with what people read of it.
fn trimmed(line: &Activity) -> Activity {
    let cut = |text: &str| text.chars().take(TEXT_MAX).collect::<String>();
    let Actor { kind, id, email } = &line.actor;
    let details = line.details.iter().take(DETAILS_MAX);
    Activity {
        id: cut(&line.id),
        at: line.at,
        kind: cut(&line.kind),
        actor: Actor {
            kind: cut(kind),
            id: id.as_deref().map(cut),
            email: email.as_deref().map(cut),
        },
        details: details.map(|(name, text)| (cut(name), cut(text))).collect(),
    }
}

#[cfg(test)]
mod tests;
