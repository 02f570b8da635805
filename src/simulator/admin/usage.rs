//! `GET /v1/organizations/usage_report/messages`: tokens by minute, hour or day.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::reading::TokenType;
use usagewarden_core::window::Width;

use super::buckets::Buckets;
use crate::simulator::access::{Betas, Caller};
use crate::simulator::bill::Reach;
use crate::simulator::deed::Viewed;
use crate::simulator::figures::Figures;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::scene::Scene;
use crate::simulator::simulation::{Shared, Source};
use crate::simulator::traffic::instant;
use crate::simulator::traits::{Filters, Groups};
use crate::simulator::world::{World, workspace};

pub(crate) const CONTEXTS: [&str; 2] = ["0-200k", "200k-1M"];
pub(crate) const GEOS: [&str; 3] = ["global", "us", "not_available"];
pub(crate) const TIERS: [&str; 6] =
    ["standard", "batch", "priority", "priority_on_demand", "flex", "flex_discount"];
pub(crate) const SPEEDS: [&str; 2] = ["fast", "standard"];
const DIMENSIONS: [&str; 9] = [
    "account_id",
    "api_key_id",
    "context_window",
    "inference_geo",
    "model",
    "service_account_id",
    "service_tier",
    "speed",
    "workspace_id",
];

#[derive(Serialize)]
struct Page<'a> {
    data: Vec<Bucket<'a>>,
    has_more: bool,
    next_page: Option<String>,
}

#[derive(Serialize)]
struct Bucket<'a> {
    starting_at: Timestamp,
    ending_at: Timestamp,
    results: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    uncached_input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation: CacheCreation,
    server_tool_use: ServerToolUse,
    account_id: Option<&'a str>,
    api_key_id: Option<&'a str>,
    context_window: Option<&'a str>,
    inference_geo: Option<&'a str>,
    model: Option<&'a str>,
    service_account_id: Option<&'a str>,
    service_tier: Option<&'a str>,
    workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<&'a str>,
}

#[derive(Serialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
    /// A field that no documentation knows: the versioning policy allows it.
    ephemeral_24h_input_tokens: u64,
}

#[derive(Serialize)]
struct ServerToolUse {
    web_search_requests: u64,
    web_fetch_requests: u64,
}

pub(super) async fn messages(
    State(simulation): State<Shared>,
    caller: Caller,
    betas: Betas,
    mut query: Query,
) -> Result<Response, Refusal> {
    let dimensions = query.words("group_by", &DIMENSIONS)?;
    let filters = Filters::take(
        &mut query,
        &[
            ("account_ids", "account_id", &[]),
            ("api_key_ids", "api_key_id", &[]),
            ("service_account_ids", "service_account_id", &[]),
            ("workspace_ids", "workspace_id", &[]),
            ("models", "model", &[]),
            ("context_window", "context_window", &CONTEXTS),
            ("inference_geos", "inference_geo", &GEOS),
            ("service_tiers", "service_tier", &TIERS),
            ("speeds", "speed", &SPEEDS),
        ],
    )?;
    if dimensions.iter().any(|dimension| dimension == "speed") || filters.by("speed") {
        betas.need("fast-mode-2026-02-01")?;
    }
    let Buckets { spans, next_page } =
        Buckets::take(&mut query, &simulation, &[Width::Minute, Width::Hour, Width::Day])?;
    query.finish()?;
    simulation.viewed(caller, Viewed::UsageReport);
    let scene = simulation.scene();
    let groups = Groups::of(&scene.world, scene.traffic.streams(), &dimensions, &filters);
    let reach = simulation.reach(Source::Usage);
    let asked = Asked { scene: &scene, reach, dimensions: &dimensions, groups: &groups };
    let data = spans.into_iter().map(|span| asked.bucket(span)).collect();
    Ok(Json(Page { data, has_more: next_page.is_some(), next_page }).into_response())
}

struct Asked<'a> {
    scene: &'a Scene,
    reach: Reach,
    dimensions: &'a [String],
    groups: &'a Groups<'a>,
}

impl<'a> Asked<'a> {
    fn bucket(&self, (from, until): (i64, i64)) -> Bucket<'a> {
        let mut sums = vec![Figures::default(); self.groups.list.len()];
        for &(stream, place) in &self.groups.members {
            sums[place] += self.reach.figures(&self.scene.traffic, stream, (from, until));
        }
        let results = self
            .groups
            .list
            .iter()
            .zip(&sums)
            .filter(|(_, sum)| !sum.is_zero())
            .map(|(group, sum)| self.row(group, sum))
            .collect();
        Bucket { starting_at: instant(from), ending_at: instant(until), results }
    }

    fn row(&self, group: &[Option<&'a str>], sum: &Figures) -> Row<'a> {
        let value = |dimension: &str| {
            let place = self.dimensions.iter().position(|asked| asked == dimension)?;
            group[place]
        };
        Row {
            uncached_input_tokens: sum.of(TokenType::UncachedInput),
            output_tokens: sum.of(TokenType::Output),
            cache_read_input_tokens: sum.of(TokenType::CacheRead),
            cache_creation: CacheCreation {
                ephemeral_5m_input_tokens: sum.of(TokenType::CacheWrite5m),
                ephemeral_1h_input_tokens: sum.of(TokenType::CacheWrite1h),
                ephemeral_24h_input_tokens: 0,
            },
            server_tool_use: ServerToolUse {
                web_search_requests: sum.searches(),
                web_fetch_requests: 0,
            },
            account_id: value("account_id"),
            api_key_id: value("api_key_id"),
            context_window: value("context_window"),
            inference_geo: value("inference_geo"),
            model: value("model"),
            service_account_id: value("service_account_id"),
            service_tier: value("service_tier"),
            workspace_id: not_default(&self.scene.world, value("workspace_id")),
            speed: value("speed"),
        }
    }
}

/// The legacy reports have no id for the default workspace.
pub(super) fn not_default<'a>(world: &World, id: Option<&'a str>) -> Option<&'a str> {
    id.filter(|id| *id != world.workspaces[workspace::DEFAULT].id)
}
