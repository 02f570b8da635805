//! Rate limits: the groups there are, what the tier allows, and who is held to what.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::Version;
use super::deed::{Deed, LimitDeed};
use super::hash::identifier;
use super::limits::Limits;
use super::refusal::Refusal;
use super::scene::{Draft, Scene};
use super::world::workspace as place;

/// One limiter and its value.
type Limit = (&'static str, u64);

pub(crate) struct Group {
    pub(crate) number: u64,
    pub(crate) kind: &'static str,
    name: Option<&'static str>,
    pub(crate) models: &'static [&'static str],
    limits: &'static [Limit],
}

/// The tier called Start, as documented for August 2026.
const START: &[Limit] = &[
    ("requests_per_minute", 1_000),
    ("input_tokens_per_minute_cache_aware", 2_000_000),
    ("output_tokens_per_minute", 400_000),
];

pub(crate) const GROUPS: &[Group] = &[
    model_group(1, "Claude Opus 5.x", &["claude-opus-5", "claude-opus-5-5"]),
    model_group(2, "Claude Sonnet 5.x", &["claude-sonnet-5", "claude-sonnet-5-5"]),
    model_group(3, "Claude Sonnet 4.x", &["claude-sonnet-4-5", "claude-sonnet-4-6"]),
    model_group(4, "Claude Haiku 4.5", &["claude-haiku-4-5"]),
    Group {
        number: 5,
        kind: "model_group",
        name: Some("Claude Fable and Mythos 5.x"),
        models: &[
            "claude-fable-5",
            "claude-fable-5-1",
            "claude-fable-5-2",
            "claude-mythos-preview",
        ],
        limits: &[
            ("requests_per_minute", 1_000),
            ("input_tokens_per_minute_cache_aware", 500_000),
            ("output_tokens_per_minute", 100_000),
        ],
    },
    other(6, "batch", &[("enqueued_batch_requests", 200_000)]),
    other(7, "web_search", &[("tool_uses_per_second", 30)]),
    // A group and a limiter that no documentation knows: both sets are open.
    other(8, "artifacts", &[("artifacts_per_day", 5_000)]),
];

const fn model_group(number: u64, name: &'static str, models: &'static [&'static str]) -> Group {
    Group { number, kind: "model_group", name: Some(name), models, limits: START }
}

const fn other(number: u64, kind: &'static str, limits: &'static [Limit]) -> Group {
    Group { number, kind, name: None, models: &[], limits }
}

pub(crate) const KINDS: [&str; 6] =
    ["model_group", "batch", "token_count", "files", "skills", "web_search"];

/// What workspaces are held to from the start: workspace, group, limiter.
pub(crate) const OVERRIDES: [((usize, u64, &str), u64); 2] = [
    ((place::INGEST, 2, "input_tokens_per_minute_cache_aware"), 800_000),
    ((place::RESEARCH, 1, "requests_per_minute"), 100),
];

impl Group {
    pub(crate) fn id(&self, seed: u64) -> String {
        identifier("rl_", seed, 6, self.number)
    }

    pub(crate) fn by_id(id: &str, seed: u64) -> Result<&'static Self, Refusal> {
        GROUPS
            .iter()
            .find(|group| group.id(seed) == id)
            .ok_or_else(|| Refusal::not_found("The rate limit was"))
    }

    /// The limiter of that name, if the group has it.
    pub(crate) fn limiter(&self, kind: &str) -> Result<&'static str, Refusal> {
        let found = self.limits.iter().find(|(limiter, _)| *limiter == kind);
        found.map(|(limiter, _)| *limiter).ok_or_else(|| {
            Refusal::invalid(format!("limits: this rate limit has no limiter `{kind}`"))
        })
    }

    /// What the organization is held to.
    fn of_organization(&self, limits: &Limits) -> impl Iterator<Item = Limit> {
        self.limits.iter().map(|&(kind, of_tier)| {
            let lowered = limits.of_organization.get(&(self.number, kind));
            (kind, lowered.copied().unwrap_or(of_tier))
        })
    }

    /// The older version says `group_type` at the top as well.
    fn labelled(&self, mut row: Value, version: Version) -> Value {
        // Groups are the same in every organization, so their ids know no seed.
        let mut group = json!({ "type": self.kind, "id": identifier("rlg_", 0, 5, self.number) });
        if let Some(name) = self.name {
            group["display_name"] = json!(name);
        }
        row["group"] = group;
        row["models"] = json!((!self.models.is_empty()).then_some(self.models));
        match version {
            Version::June2023 => row["group_type"] = json!(self.kind),
            Version::October2026 => {}
        }
        row
    }

    pub(crate) fn organization_row(&self, scene: &Scene, version: Version) -> Value {
        let limits: Vec<Value> = self
            .of_organization(&scene.limits)
            .map(|(kind, value)| json!({ "type": kind, "value": value }))
            .collect();
        let id = self.id(scene.traffic.seed);
        self.labelled(json!({ "type": "rate_limit", "id": id, "limits": limits }), version)
    }

    /// What a workspace is held to, and where that comes from. `None`: nothing of its own.
    pub(crate) fn workspace_row(
        &self,
        scene: &Scene,
        workspace: usize,
        version: Version,
        inherited: bool,
    ) -> Option<Value> {
        let limits: Vec<Value> = self
            .of_organization(&scene.limits)
            .filter_map(|(kind, of_organization)| {
                let own = scene.limits.of_workspaces.get(&(workspace, self.number, kind));
                let (value, source) = match own {
                    Some(value) => (*value, "workspace"),
                    None if inherited => (of_organization, "organization"),
                    None => return None,
                };
                Some(json!({
                    "type": kind, "value": value, "org_limit": of_organization,
                    "source": { "type": source },
                }))
            })
            .collect();
        let row = json!({
            "type": "workspace_rate_limit", "workspace_id": scene.world.workspaces[workspace].id,
            "rate_limit_id": self.id(scene.traffic.seed), "limits": limits,
        });
        (!limits.is_empty()).then(|| self.labelled(row, version))
    }
}

/// Every model there is, with the day it appeared here.
pub(crate) fn models(founded: Timestamp) -> impl Iterator<Item = (&'static str, Timestamp)> {
    let all = GROUPS.iter().flat_map(|group| group.models);
    (0..).zip(all).map(move |(number, model)| {
        (*model, founded + jiff::SignedDuration::from_hours(24 * 30 * number))
    })
}

impl Draft {
    /// Holds a workspace to something else than the organization, or no longer.
    pub(crate) fn set_workspace_rates(
        &mut self,
        workspace: usize,
        group: &Group,
        limits: &[(&'static str, Option<u64>)],
    ) {
        for &(kind, value) in limits {
            let place = (workspace, group.number, kind);
            match value {
                Some(value) => self.scene.limits.of_workspaces.insert(place, value),
                None => self.scene.limits.of_workspaces.remove(&place),
            };
        }
        self.tell(Deed::Limit(LimitDeed::WorkspaceRatesSet {
            workspace: self.scene.world.workspaces[workspace].id.clone(),
            limit: group.id(self.seed),
            limits: limits.to_vec(),
        }));
    }

    /// Holds the whole organization to something else than its tier.
    pub(crate) fn set_organization_rate(&mut self, group: &Group, kind: &'static str, value: u64) {
        self.scene.limits.of_organization.insert((group.number, kind), value);
        self.tell(Deed::Limit(LimitDeed::OrganizationRatesSet {
            limits: vec![(kind, Some(value))],
        }));
    }

    pub(crate) fn set_company_rates(&mut self, requests: Option<u64>, tokens: Option<u64>) {
        let company = &mut self.scene.limits.company;
        company.requests_per_minute = requests.unwrap_or(company.requests_per_minute);
        company.tokens_per_minute = tokens.unwrap_or(company.tokens_per_minute);
        let limits = [("requests_per_minute", requests), ("tokens_per_minute", tokens)];
        let limits = limits.into_iter().filter(|(_, value)| value.is_some()).collect();
        self.tell(Deed::Limit(LimitDeed::OrganizationRatesSet { limits }));
    }
}
