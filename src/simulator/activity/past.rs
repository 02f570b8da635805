//! What was done before the start: made up, and always the same.
//!
//! About every seven hours something happened that left no other trace; keys were made and
//! people invited when they say so. From the start on only people's logging in goes on by
//! itself, which the company API alone tells.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::Entry;
use crate::simulator::actor::{Actor, ActorKind};
use crate::simulator::deed::{Deed, KeyDeed, LimitDeed, PersonDeed};
use crate::simulator::hash::{Draw, between, draw, identifier};
use crate::simulator::world::{Key, Member, World};

/// Seconds.
const SLOT: i64 = 7 * 3_600;

#[derive(Debug)]
pub(crate) struct Past {
    seed: u64,
    start: Timestamp,
    /// As it was at the start.
    world: World,
    before: OnceLock<Vec<Arc<Entry>>>,
}

impl Past {
    pub(crate) const fn new(seed: u64, start: Timestamp, world: World) -> Self {
        Self { seed, start, world, before: OnceLock::new() }
    }

    /// Everything until `now`, in no order.
    pub(crate) fn until(&self, now: Timestamp) -> Vec<Arc<Entry>> {
        let mut entries = self.before.get_or_init(|| self.before()).clone();
        let (start, now) = (self.start.as_second(), now.as_second());
        let since = (start / SLOT..=now / SLOT).map(|slot| self.logged_in(slot)).map(Arc::new);
        entries.extend(since.filter(|entry| (start..=now).contains(&entry.at.as_second())));
        entries
    }

    fn before(&self) -> Vec<Arc<Entry>> {
        let (founded, start) = (self.world.founded.as_second(), self.start.as_second());
        let slots = (founded / SLOT..=start / SLOT)
            .map(|slot| self.happened(slot))
            .filter(|entry| (founded..start).contains(&entry.at.as_second()));
        let keys = (1..).zip(&self.world.keys).map(|(number, key)| {
            let workspace = self.world.workspaces[key.workspace].id.clone();
            let (id, name) = (key.id.clone(), key.name.clone());
            let by = &self.world.members[key.created_by.unwrap_or(0)];
            let deed = Deed::Key { key: id, did: KeyDeed::Created { name, workspace } };
            self.entry(12, number, key.created_at, by, deed)
        });
        let invites = (1..).zip(&self.world.invites).map(|(number, invite)| {
            let (id, email, role) = (invite.id.clone(), invite.email.clone(), invite.role);
            let deed = Deed::Person(PersonDeed::Invited { invite: id, email, role });
            self.entry(13, number, invite.invited_at, &self.world.members[0], deed)
        });
        slots.chain(keys).chain(invites).map(Arc::new).collect()
    }

    fn entry(&self, kind: u64, number: u64, at: Timestamp, by: &Member, deed: Deed) -> Entry {
        let id = identifier("activity_", self.seed, kind, number);
        Entry { id, at, actor: person(by), deed }
    }

    fn logged_in(&self, slot: i64) -> Entry {
        let (at, bits) = self.drawn(slot);
        let members = &self.world.members;
        let by = &members[(bits >> 30) as usize % members.len()];
        self.entry(14, slot.unsigned_abs(), at, by, Deed::LoggedIn)
    }

    fn drawn(&self, slot: i64) -> (Timestamp, u64) {
        let bits = draw(self.seed, Draw::Audit, [slot.unsigned_abs(), 0]);
        let second = slot * SLOT + i64::try_from(between(bits, 0, 25_000)).unwrap_or(0);
        (Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH), bits)
    }

    fn happened(&self, slot: i64) -> Entry {
        let (at, bits) = self.drawn(slot);
        let pick = |shift: u32, length: usize| (bits >> shift) as usize % length.max(1);
        // Whoever and whatever was there by then.
        let World { members, keys, .. } = &self.world;
        let members: Vec<&Member> = members.iter().filter(|member| member.added_at <= at).collect();
        let keys: Vec<&Key> = keys.iter().filter(|key| key.created_at <= at).collect();
        let deed = match pick(20, 5) {
            1 => keys.get(pick(40, keys.len())).map(|key| renamed(key, pick(50, 9))),
            2 => members.get(pick(45, members.len())).and_then(|member| moved(member)),
            3 => Some(self.spend(pick(50, 50))),
            _ => None,
        };
        match deed {
            Some(deed) => self.entry(11, slot.unsigned_abs(), at, &self.world.members[0], deed),
            None => self.logged_in(slot),
        }
    }

    fn spend(&self, step: usize) -> Deed {
        let cents = 500_000 + 10_000 * step as u64;
        Deed::Limit(LimitDeed::SpendSet {
            limit: identifier("spl_", self.seed, 7, 3),
            workspace: None,
            is_new: false,
            before: Some(cents - 5_000),
            cents,
        })
    }
}

fn renamed(key: &Key, version: usize) -> Deed {
    let (key, after) = (key.id.clone(), key.name.clone());
    Deed::Key { key, did: KeyDeed::Renamed { before: format!("{after}-{version}"), after } }
}

/// Somebody came to have the role they have.
fn moved(member: &Member) -> Option<Deed> {
    let before = match member.role {
        "developer" => "user",
        "user" => "claude_code_user",
        _ => return None,
    };
    let (user, email) = (member.id.clone(), member.email.to_owned());
    Some(Deed::Person(PersonDeed::RoleUpdated { user, email, before, after: member.role }))
}

pub(crate) fn person(member: &Member) -> Actor {
    let (id, email) = (member.id.clone(), member.email.to_owned());
    Actor { kind: ActorKind::Person, id, email }
}
