//! What the organization may use: rate limits, and spend limits where granted.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::simulator::access::{Betas, Version};
use crate::simulator::hash::identifier;
use crate::simulator::paging::bare;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Shared, Simulation};
use crate::simulator::world::workspace as place;

type Answer = Result<Json<Value>, Refusal>;

/// One limiter and its value.
type Limit = (&'static str, u64);

struct Limits {
    number: u64,
    kind: &'static str,
    name: Option<&'static str>,
    models: &'static [&'static str],
    limits: &'static [Limit],
}

/// The tier called Start, as documented for August 2026.
const START: &[Limit] = &[
    ("requests_per_minute", 1_000),
    ("input_tokens_per_minute_cache_aware", 2_000_000),
    ("output_tokens_per_minute", 400_000),
];

const GROUPS: &[Limits] = &[
    model_group(1, "Claude Opus 5.x", &["claude-opus-5", "claude-opus-5-5"]),
    model_group(2, "Claude Sonnet 5.x", &["claude-sonnet-5", "claude-sonnet-5-5"]),
    model_group(3, "Claude Sonnet 4.x", &["claude-sonnet-4-5", "claude-sonnet-4-6"]),
    model_group(4, "Claude Haiku 4.5", &["claude-haiku-4-5"]),
    Limits {
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

const fn model_group(number: u64, name: &'static str, models: &'static [&'static str]) -> Limits {
    Limits { number, kind: "model_group", name: Some(name), models, limits: START }
}

const fn other(number: u64, kind: &'static str, limits: &'static [Limit]) -> Limits {
    Limits { number, kind, name: None, models: &[], limits }
}

const KINDS: [&str; 6] = ["model_group", "batch", "token_count", "files", "skills", "web_search"];

impl Limits {
    fn models(&self) -> Option<&'static [&'static str]> {
        (!self.models.is_empty()).then_some(self.models)
    }

    /// The older version says `group_type` at the top as well.
    fn labelled(&self, mut row: Value, version: Version) -> Value {
        // Groups are the same in every organization, so their ids know no seed.
        let mut group = json!({ "type": self.kind, "id": identifier("rlg_", 0, 5, self.number) });
        if let Some(name) = self.name {
            group["display_name"] = json!(name);
        }
        row["group"] = group;
        row["models"] = json!(self.models());
        match version {
            Version::June2023 => row["group_type"] = json!(self.kind),
            Version::October2026 => {}
        }
        row
    }
}

pub(super) async fn of_organization(
    State(simulation): State<Shared>,
    version: Version,
    mut query: Query,
) -> Answer {
    let kind = query.word("group_type", &KINDS)?;
    let model = query.one("model")?;
    let rows: Vec<Value> = GROUPS
        .iter()
        .filter(|group| kind.as_deref().is_none_or(|kind| kind == group.kind))
        .filter(|group| model.as_deref().is_none_or(|model| group.models.contains(&model)))
        .map(|group| organization_row(&simulation, group, version))
        .collect();
    if model.is_some() && rows.is_empty() {
        return Err(Refusal::not_found("The model was"));
    }
    let page = bare(&mut query, &rows, None)?;
    query.finish()?;
    Ok(Json(page))
}

fn organization_row(simulation: &Simulation, group: &Limits, version: Version) -> Value {
    let limits: Vec<Value> =
        group.limits.iter().map(|(kind, value)| json!({ "type": kind, "value": value })).collect();
    let id = identifier("rl_", simulation.traffic.seed, 6, group.number);
    group.labelled(json!({ "type": "rate_limit", "id": id, "limits": limits }), version)
}

/// What one workspace is held to below the organization.
const OVERRIDES: [(usize, u64, Limit); 2] = [
    (place::INGEST, 2, ("input_tokens_per_minute_cache_aware", 800_000)),
    (place::RESEARCH, 1, ("requests_per_minute", 100)),
];

pub(super) async fn of_workspace(
    State(simulation): State<Shared>,
    version: Version,
    Path(id): Path<String>,
    mut query: Query,
) -> Answer {
    let kind = query.word("group_type", &KINDS)?;
    let inherited = query.flag("include_inherited")?;
    let workspaces = &simulation.world.workspaces;
    let number = workspaces
        .iter()
        .position(|workspace| workspace.id == id)
        .ok_or_else(|| Refusal::not_found("The workspace was"))?;
    let rows: Vec<Value> = GROUPS
        .iter()
        .filter(|_| number != place::DEFAULT)
        .filter(|group| kind.as_deref().is_none_or(|kind| kind == group.kind))
        .filter_map(|group| workspace_row(&simulation, number, group, version, inherited))
        .collect();
    let page = bare(&mut query, &rows, None)?;
    query.finish()?;
    Ok(Json(page))
}

fn workspace_row(
    simulation: &Simulation,
    workspace: usize,
    group: &Limits,
    version: Version,
    inherited: bool,
) -> Option<Value> {
    let limits: Vec<Value> = group
        .limits
        .iter()
        .filter_map(|&(kind, of_organization)| {
            let own = OVERRIDES.iter().find(|(place, number, (limiter, _))| {
                *place == workspace && *number == group.number && *limiter == kind
            });
            let (value, source) = match own {
                Some((_, _, (_, value))) => (*value, "workspace"),
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
        "type": "workspace_rate_limit", "workspace_id": simulation.world.workspaces[workspace].id,
        "rate_limit_id": identifier("rl_", simulation.traffic.seed, 6, group.number), "limits": limits,
    });
    (!limits.is_empty()).then(|| group.labelled(row, version))
}

/// Scope, workspace, cents, days old, days since the last change.
type SpendRow = (&'static str, Option<usize>, Option<&'static str>, i64, i64);

const SPEND: [SpendRow; 4] = [
    ("workspace", Some(place::RESEARCH), Some("120000"), 30, 30),
    ("workspace", Some(place::INGEST), Some("600000"), 50, 22),
    ("organization", None, Some("900000"), 200, 40),
    ("usage_tier", None, Some("20000000"), 0, 0),
];
/// A scope that no documentation knows: the set is open.
const UNDOCUMENTED_SCOPE: &str = "project";

pub(super) async fn spend(
    State(simulation): State<Shared>,
    betas: Betas,
    mut query: Query,
) -> Answer {
    if !simulation.controls().granted.spend_limits {
        return Err(Refusal::forbidden("Spend limits are not enabled for this organization"));
    }
    betas.need("spend-limit-reads-2026-09-26")?;
    let scopes = query.words("scope_type", &["organization", "workspace", "usage_tier"])?;
    let workspace = query.one("workspace_id")?;
    let mut rows: Vec<Value> =
        (1..).zip(SPEND).map(|(number, row)| spend_row(&simulation, number, row)).collect();
    rows.push(undocumented_row(&simulation));
    rows.retain(|row| {
        let scope = &row["scope"];
        (scopes.is_empty() || scopes.iter().any(|kind| scope["type"] == **kind))
            && workspace.as_ref().is_none_or(|id| scope["workspace_id"] == **id)
    });
    let page = bare(&mut query, &rows, Some(20))?;
    query.finish()?;
    Ok(Json(page))
}

fn spend_row(
    simulation: &Simulation,
    number: u64,
    (kind, workspace, cents, created, updated): SpendRow,
) -> Value {
    let ago = |days: i64| match days {
        0 => simulation.world.founded,
        days => simulation.start - jiff::SignedDuration::from_hours(24 * days),
    };
    let mut scope = json!({ "type": kind });
    if let Some(workspace) = workspace {
        scope["workspace_id"] = json!(simulation.world.workspaces[workspace].id);
    }
    json!({
        "type": "spend_limit", "id": identifier("spl_", simulation.traffic.seed, 7, number),
        "scope": scope, "amount": cents, "currency": "USD", "period": "monthly",
        "is_enabled": true, "created_at": ago(created), "updated_at": ago(updated),
    })
}

fn undocumented_row(simulation: &Simulation) -> Value {
    let mut row = spend_row(simulation, 99, ("organization", None, None, 0, 0));
    row["scope"] = json!({ "type": UNDOCUMENTED_SCOPE, "project_id": "proj_simulated" });
    row
}
