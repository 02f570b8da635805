//! `GET /v1/organizations/cost_report`: what was billed, by day, in cents.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use usagewarden_core::window::Width;

use super::buckets::Buckets;
use super::usage::not_default;
use crate::simulator::access::Caller;
use crate::simulator::bill::{Charge, Charged, charges};
use crate::simulator::deed::Viewed;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Shared, Simulation, Source};
use crate::simulator::traffic::instant;

/// What the lines of one row have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line<'a> {
    workspace: Option<usize>,
    described: Option<Described<'a>>,
}

/// A description, in its parts. Only tokens have a model, a context, a tier and a geography.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Described<'a> {
    charged: Charged,
    tokens: Option<OfTokens<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OfTokens<'a> {
    model: &'a str,
    context: &'a str,
    tier: &'a str,
    geo: &'a str,
}

pub(super) async fn report(
    State(simulation): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let group_by = query.words("group_by", &["workspace_id", "description"])?;
    let by = |word: &str| group_by.iter().any(|asked| asked == word);
    let (by_workspace, by_description) = (by("workspace_id"), by("description"));
    let Buckets { spans, next_page } = Buckets::take(&mut query, &simulation, &[Width::Day])?;
    query.finish()?;
    simulation.viewed(caller, Viewed::CostReport);
    let (scene, reach) = (simulation.scene(), simulation.reach(Source::Bill));
    let data: Vec<Value> = spans
        .into_iter()
        .map(|span| {
            let mut sums: BTreeMap<Line<'_>, Decimal> = BTreeMap::new();
            for charge in charges(&scene.traffic, &simulation.prices, span, reach) {
                let workspace = by_workspace.then_some(charge.workspace);
                let described = by_description.then(|| describe(&charge));
                *sums.entry(Line { workspace, described }).or_default() += charge.amount();
            }
            bucket(&simulation, span, &sums)
        })
        .collect();
    Ok(Json(json!({ "data": data, "has_more": next_page.is_some(), "next_page": next_page })))
}

fn describe<'a>(charge: &Charge<'a>) -> Described<'a> {
    let tokens = charge.stream.filter(|_| charge.charged.token_type().is_some());
    Described {
        charged: charge.charged,
        tokens: tokens.map(|stream| OfTokens {
            model: stream.model,
            context: stream.context,
            tier: stream.tier,
            geo: stream.geo,
        }),
    }
}

fn bucket(
    simulation: &Simulation,
    (from, until): (i64, i64),
    sums: &BTreeMap<Line<'_>, Decimal>,
) -> Value {
    let results: Vec<Value> =
        sums.iter().map(|(line, cents)| row(simulation, line, *cents)).collect();
    json!({ "starting_at": instant(from), "ending_at": instant(until), "results": results })
}

fn row(simulation: &Simulation, line: &Line<'_>, cents: Decimal) -> Value {
    let id = line.workspace.map(|place| &*simulation.world.workspaces[place].id);
    let described = line.described;
    let tokens = described.and_then(|described| described.tokens);
    json!({
        "amount": cents.normalize().to_string(),
        "currency": "USD",
        "workspace_id": not_default(&simulation.world, id),
        "description": described.map(|described| described.text()),
        "cost_type": described.map(|described| described.charged.cost_type()),
        "token_type": described.and_then(|described| described.charged.token_type()),
        "model": tokens.map(|tokens| tokens.model),
        "context_window": tokens.map(|tokens| tokens.context),
        "service_tier": tokens.map(|tokens| tokens.tier),
        "inference_geo": tokens.map(|tokens| tokens.geo),
    })
}

impl Described<'_> {
    fn text(&self) -> String {
        let Some(tokens) = self.tokens else {
            return match self.charged {
                Charged::WebSearch => "Web Search Usage",
                Charged::CodeExecution => "Code Execution Usage",
                Charged::Undocumented => "Artifact Storage Usage",
                Charged::Tokens(_) => "Token Usage",
            }
            .to_owned();
        };
        let kind = self.charged.token_type().unwrap_or("tokens");
        let kind = kind.trim_start_matches("cache_creation.").replace('_', " ");
        let mut text = format!("{} Usage - {}", title(tokens.model), title(&kind));
        for (value, usual) in [(tokens.tier, "standard"), (tokens.context, "0-200k")] {
            if value != usual {
                text.push_str(&format!(" ({value})"));
            }
        }
        if tokens.geo == "us" {
            text.push_str(" (US inference)");
        }
        text
    }
}

/// `claude-sonnet-5-5` reads Claude Sonnet 5.5.
fn title(id: &str) -> String {
    let mut text = String::new();
    for word in id.split(['-', ' ']) {
        let number = word.starts_with(|first: char| first.is_ascii_digit());
        if number && text.ends_with(|last: char| last.is_ascii_digit()) {
            text.push('.');
        } else if !text.is_empty() {
            text.push(' ');
        }
        let (first, rest) = word.split_at(word.len().min(1));
        text.push_str(&first.to_uppercase());
        text.push_str(rest);
    }
    text
}
