//! The organization that is simulated: its workspaces, keys and people.
//!
//! Made once from the seed and the start; what is done to it later is drawn on a copy.
//! Ids and secrets differ from seed to seed, names do not. People and keys that are gone
//! keep their place, since usage goes on to be theirs.

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::window::Width;

use super::hash::{Draw, draw, identifier, uuid};

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) uuid: String,
    /// The tagged id of the same organization: `org_…`.
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) founded: Timestamp,
    /// The first one is the default workspace.
    pub(crate) workspaces: Vec<Workspace>,
    pub(crate) keys: Vec<Key>,
    pub(crate) members: Vec<Member>,
    pub(crate) invites: Vec<Invite>,
}

#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) color: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) compartment: String,
    pub(crate) geo: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) workspace: usize,
    /// As somebody left it; see [`Key::status`].
    pub(crate) left: &'static str,
    pub(crate) secret: String,
    pub(crate) hint: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    /// Who made it, as a number of [`World::members`].
    pub(crate) created_by: Option<usize>,
    /// Deleted in the company API, where it is gone; the Admin API shows it as archived.
    pub(crate) is_deleted: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) email: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
    pub(crate) added_at: Timestamp,
    /// Usage stays attributed to whoever has left.
    pub(crate) has_left: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Invite {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) role: &'static str,
    /// As somebody left it; see [`Invite::status`].
    pub(crate) left: &'static str,
    pub(crate) invited_at: Timestamp,
    pub(crate) accepted_at: Option<Timestamp>,
}

/// Places in [`World::workspaces`].
pub(crate) mod workspace {
    pub(crate) const DEFAULT: usize = 0;
    pub(crate) const INGEST: usize = 1;
    pub(crate) const ASSISTANT: usize = 2;
    pub(crate) const RESEARCH: usize = 3;
    pub(crate) const PILOT: usize = 4;
}

/// Places in [`World::keys`].
pub(crate) mod key {
    pub(crate) const CI: usize = 0;
    pub(crate) const INGEST_EU: usize = 1;
    pub(crate) const INGEST_US: usize = 2;
    pub(crate) const BATCH: usize = 3;
    pub(crate) const WEB: usize = 4;
    pub(crate) const MOBILE: usize = 5;
    pub(crate) const NOTEBOOKS: usize = 6;
    pub(crate) const EVALS: usize = 7;
    pub(crate) const PILOT: usize = 8;
}

/// The secret of a key that every simulated organization has, by its name: `web`, `evals`, ….
///
/// It opens what an ordinary key may see, as long as the key is active.
pub fn key_secret(seed: u64, name: &str) -> Option<String> {
    let keys = Maker { seed, start: Timestamp::UNIX_EPOCH }.keys();
    keys.into_iter().find(|key| key.name == name).map(|key| key.secret)
}

impl World {
    /// Traffic reaches back this far before the start.
    pub(crate) const HISTORY_DAYS: i64 = 430;
    /// The archived workspace fell silent this long before the start.
    pub(crate) const PILOT_ENDED_DAYS: i64 = 120;

    pub(crate) fn new(seed: u64, start: Timestamp) -> Self {
        let made = Maker { seed, start };
        Self {
            uuid: uuid(seed),
            id: identifier("org_", seed, 0, 0),
            name: "Acme Corp",
            founded: made.days_ago(Self::HISTORY_DAYS + 20),
            workspaces: made.workspaces(),
            keys: made.keys(),
            members: made.members(),
            invites: made.invites(),
        }
    }

    /// When the first token was used: a midnight in UTC.
    pub(crate) fn history_begins(start: Timestamp) -> Timestamp {
        Width::Day.floor(start - SignedDuration::from_hours(24 * Self::HISTORY_DAYS))
    }
}

impl Key {
    /// A key that is active and never expires.
    pub(crate) fn new(
        seed: u64,
        number: u64,
        name: &str,
        workspace: usize,
        created_at: Timestamp,
    ) -> Self {
        let id = identifier("apikey_", seed, 2, number);
        let (head, tail) = (&id[9..12], &id[id.len() - 4..]);
        let middle = identifier("", seed, 10, number);
        Self {
            secret: format!("sk-ant-api03-{head}-{middle}-{tail}"),
            hint: format!("sk-ant-api03-{head}...{tail}"),
            name: name.to_owned(),
            workspace,
            left: "active",
            created_at,
            expires_at: None,
            created_by: None,
            is_deleted: false,
            id,
        }
    }

    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match self.left {
            "active" | "inactive" if self.expires_at.is_some_and(|at| at <= now) => "expired",
            left => left,
        }
    }
}

impl Member {
    pub(crate) fn company_role(&self) -> &'static str {
        company_role(self.role)
    }
}

/// A role of the Admin API in the words of the company API.
pub(crate) fn company_role(role: &'static str) -> &'static str {
    match role {
        "user" | "developer" | "claude_code_user" => "member",
        other => other,
    }
}

impl Invite {
    pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(21 * 24);

    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match self.left {
            "pending" if self.invited_at + Self::LIFETIME <= now => "expired",
            left => left,
        }
    }
}

/// Name, workspace, status, days old, days until it expires, who made it.
type KeyRow = (&'static str, usize, &'static str, i64, Option<i64>, Option<usize>);

struct Maker {
    seed: u64,
    start: Timestamp,
}

impl Maker {
    fn days_ago(&self, days: i64) -> Timestamp {
        let jitter = draw(self.seed, Draw::Identifier, [u64::MAX - 1, days.unsigned_abs()]);
        let second = i64::try_from(jitter % 36_000).unwrap_or(0) + 25_200;
        Width::Day.floor(self.start) - SignedDuration::from_hours(24 * days)
            + SignedDuration::from_secs(second)
    }

    fn workspaces(&self) -> Vec<Workspace> {
        const ROWS: [(&str, &str, i64, Option<i64>, &str); 5] = [
            ("Default", "#6C5BB9", 450, None, "us"),
            ("ingest-prod", "#2F7F9E", 440, None, "us"),
            ("assistant", "#B9745B", 433, None, "us"),
            ("research", "#5BB97A", 432, None, "us"),
            ("legacy-pilot", "#8A8A8A", 431, Some(World::PILOT_ENDED_DAYS - 1), "us"),
        ];
        (1..)
            .zip(ROWS)
            .map(|(number, (name, color, created, archived, geo))| Workspace {
                id: identifier("wrkspc_", self.seed, 1, number),
                name,
                color,
                created_at: self.days_ago(created),
                archived_at: archived.map(|days| self.days_ago(days)),
                compartment: uuid(self.seed.wrapping_add(number)),
                geo,
            })
            .collect()
    }

    fn keys(&self) -> Vec<Key> {
        use workspace::{ASSISTANT, DEFAULT, INGEST, PILOT, RESEARCH};
        const ROWS: [KeyRow; 12] = [
            ("ci", DEFAULT, "active", 445, None, Some(0)),
            ("ingest-eu", INGEST, "active", 438, None, Some(1)),
            ("ingest-us", INGEST, "active", 437, Some(200), Some(1)),
            ("batch-worker", INGEST, "active", 436, None, None),
            ("web", ASSISTANT, "active", 432, Some(45), Some(2)),
            ("mobile", ASSISTANT, "active", 432, Some(9), Some(2)),
            ("notebooks", RESEARCH, "active", 431, None, Some(3)),
            ("evals", RESEARCH, "active", 80, None, Some(3)),
            ("pilot", PILOT, "archived", 431, None, Some(0)),
            ("old-cron", DEFAULT, "inactive", 400, None, Some(0)),
            ("trial", RESEARCH, "expired", 60, Some(-30), Some(3)),
            // A status that no documentation knows: the versioning policy allows it.
            ("leak-check", ASSISTANT, "quarantined", 20, None, None),
        ];
        (1..)
            .zip(ROWS)
            .map(|(number, (name, workspace, status, age, expires, created_by))| {
                let key = Key::new(self.seed, number, name, workspace, self.days_ago(age));
                let expires_at = expires.map(|days| self.days_ago(-days));
                Key { left: status, expires_at, created_by, ..key }
            })
            .collect()
    }

    fn members(&self) -> Vec<Member> {
        const ROWS: [(&str, &str, &str, i64); 6] = [
            ("rin@example.test", "Rin Example", "admin", 448),
            ("ada@example.test", "Ada Example", "developer", 440),
            ("noor@example.test", "Noor Example", "developer", 300),
            ("kai@example.test", "Kai Example", "user", 200),
            ("bea@example.test", "Bea Example", "billing", 448),
            // A role that no documentation knows.
            ("uma@example.test", "Uma Example", "auditor", 10),
        ];
        (1..)
            .zip(ROWS)
            .map(|(number, (email, name, role, added))| Member {
                id: identifier("user_", self.seed, 3, number),
                email,
                name,
                role,
                added_at: self.days_ago(added),
                has_left: false,
            })
            .collect()
    }

    fn invites(&self) -> Vec<Invite> {
        const ROWS: [(&str, &str, &str, i64, Option<i64>); 4] = [
            ("lee@example.test", "developer", "pending", 12, None),
            ("sam@example.test", "user", "pending", 2, None),
            ("kai@example.test", "user", "accepted", 201, Some(200)),
            ("zoe@example.test", "user", "expired", 90, None),
        ];
        (1..)
            .zip(ROWS)
            .map(|(number, (email, role, status, invited, accepted))| Invite {
                id: identifier("invite_", self.seed, 4, number),
                email: email.to_owned(),
                role,
                left: status,
                invited_at: self.days_ago(invited),
                accepted_at: accepted.map(|days| self.days_ago(days)),
            })
            .collect()
    }
}
