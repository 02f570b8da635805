//! What the organization is held to, as it stands now: spend limits and rate limits.
//!
//! One limit of spending for the organization serves both APIs: cents as text in the one,
//! dollars as a number in the other.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::deed::{Deed, LimitDeed};
use super::hash::identifier;
use super::refusal::Refusal;
use super::scene::Draft;
use super::world::{World, workspace};

#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Newest first.
    pub(crate) spend: Vec<SpendLimit>,
    /// What a workspace is held to below, or in vain above, the organization.
    pub(crate) of_workspaces: BTreeMap<(usize, u64, &'static str), u64>,
    /// Where the organization is held to something else than its tier.
    pub(crate) of_organization: BTreeMap<(u64, &'static str), u64>,
    pub(crate) company: CompanyLimits,
}

/// The rate limits that the company API speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompanyLimits {
    pub(crate) requests_per_minute: u64,
    pub(crate) tokens_per_minute: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct SpendLimit {
    pub(crate) id: String,
    pub(crate) scope: Scope,
    pub(crate) cents: Option<u64>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Organization,
    /// A place in [`World::workspaces`].
    Workspace(usize),
    /// Set by the other side; read-only.
    UsageTier,
    /// A scope that no documentation knows: the set is open.
    Undocumented,
}

impl Scope {
    pub(crate) fn workspace(self) -> Option<usize> {
        match self {
            Self::Workspace(place) => Some(place),
            Self::Organization | Self::UsageTier | Self::Undocumented => None,
        }
    }

    fn shown(self, world: &World) -> Value {
        match self {
            Self::Organization => json!({ "type": "organization" }),
            Self::Workspace(place) => {
                json!({ "type": "workspace", "workspace_id": world.workspaces[place].id })
            }
            Self::UsageTier => json!({ "type": "usage_tier" }),
            Self::Undocumented => json!({ "type": "project", "project_id": "proj_simulated" }),
        }
    }
}

impl SpendLimit {
    pub(crate) fn shown(&self, world: &World) -> Value {
        json!({
            "type": "spend_limit", "id": self.id, "scope": self.scope.shown(world),
            "amount": self.cents.map(|cents| cents.to_string()), "currency": "USD",
            "period": "monthly", "is_enabled": true,
            "created_at": self.created_at, "updated_at": self.updated_at,
        })
    }
}

/// Scope, cents, days old, days since the last change; no days: as old as the organization.
type SpendRow = (Scope, Option<u64>, i64, i64);

const SPEND: [SpendRow; 5] = [
    (Scope::Workspace(workspace::RESEARCH), Some(120_000), 30, 30),
    (Scope::Workspace(workspace::INGEST), Some(600_000), 50, 22),
    (Scope::Organization, Some(900_000), 200, 40),
    (Scope::UsageTier, Some(20_000_000), 0, 0),
    (Scope::Undocumented, None, 0, 0),
];

impl Limits {
    pub(crate) fn new(seed: u64, start: Timestamp, world: &World) -> Self {
        let ago = |days: i64| match days {
            0 => world.founded,
            days => start - SignedDuration::from_hours(24 * days),
        };
        let spend = (1..).zip(SPEND).map(|(number, (scope, cents, created, updated))| SpendLimit {
            id: identifier("spl_", seed, 7, number),
            scope,
            cents,
            created_at: ago(created),
            updated_at: ago(updated),
        });
        Self {
            spend: spend.collect(),
            of_workspaces: super::rates::OVERRIDES.into_iter().collect(),
            of_organization: BTreeMap::new(),
            company: CompanyLimits { requests_per_minute: 4_000, tokens_per_minute: 2_000_000 },
        }
    }
}

/// The place of a workspace that can be limited: the default one and archived ones cannot.
pub(crate) fn limitable(world: &World, id: &str) -> Result<usize, Refusal> {
    let place = world
        .workspaces
        .iter()
        .position(|workspace| workspace.id == id || workspace.name == id)
        .ok_or_else(|| Refusal::not_found("The workspace was"))?;
    if place == workspace::DEFAULT {
        return Err(Refusal::invalid("The default workspace cannot be limited"));
    }
    if world.workspaces[place].archived_at.is_some() {
        return Err(Refusal::invalid("The workspace is archived"));
    }
    Ok(place)
}

impl Draft {
    /// Sets the limit of a scope, which has at most one, and answers with its place.
    pub(crate) fn set_spend_limit(&mut self, scope: Scope, cents: u64) -> usize {
        let now = self.now;
        let spend = &mut self.scene.limits.spend;
        let known = spend.iter().position(|limit| limit.scope == scope);
        let before = known.and_then(|place| spend[place].cents);
        let place = known.unwrap_or_else(|| {
            // Ids are not used twice, however many limits come and go.
            let number = now.as_millisecond().unsigned_abs() & 0xFFFF_FFFF;
            let scoped = scope.workspace().map_or(0, |place| 1 + place as u64);
            let id = identifier("spl_", self.seed ^ number, 70, scoped);
            let limit = SpendLimit { id, scope, cents: None, created_at: now, updated_at: now };
            spend.insert(0, limit);
            0
        });
        spend[place].cents = Some(cents);
        spend[place].updated_at = now;
        let limit = spend[place].id.clone();
        let workspace =
            scope.workspace().map(|place| self.scene.world.workspaces[place].id.clone());
        let is_new = known.is_none();
        self.tell(Deed::Limit(LimitDeed::SpendSet { limit, workspace, is_new, before, cents }));
        place
    }

    pub(crate) fn remove_spend_limit(&mut self, id: &str) -> Result<(), Refusal> {
        let spend = &mut self.scene.limits.spend;
        let place = spend
            .iter()
            .position(|limit| limit.id == id)
            .ok_or_else(|| Refusal::not_found("The spend limit was"))?;
        match spend[place].scope {
            Scope::Organization | Scope::Workspace(_) => {}
            Scope::UsageTier | Scope::Undocumented => {
                return Err(Refusal::invalid("This spend limit is not yours to delete"));
            }
        }
        let limit = spend.remove(place);
        let workspace =
            limit.scope.workspace().map(|place| self.scene.world.workspaces[place].id.clone());
        let (limit, before) = (limit.id, limit.cents);
        self.tell(Deed::Limit(LimitDeed::SpendDeleted { limit, workspace, before }));
        Ok(())
    }
}
