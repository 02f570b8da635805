//! `GET /v1/organizations/analytics/usage` and `…/cost`: where granted.
//!
//! Rows come by size, empty ones never, and a walk over pages keeps the data it
//! began with: the cursor pins the horizon.

mod ask;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use usagewarden_core::reading::TokenType;

use self::ask::{Ask, Kind, OrderBy};
use crate::simulator::access::Betas;
use crate::simulator::bill::{charges, days};
use crate::simulator::figures::Figures;
use crate::simulator::paging::token;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::scene::Scene;
use crate::simulator::simulation::{Shared, Simulation};
use crate::simulator::traffic::instant;
use crate::simulator::traits::{Group, Traits};
use crate::simulator::world::World;

type Answer = Result<Json<Value>, Refusal>;

/// One combination of values in one bucket.
type Cell<'a> = ((i64, i64), Group<'a>);

/// What belongs to one cell. The money is apart by cost and token type where that was asked for.
#[derive(Clone, Debug, Default)]
struct Sums<'a> {
    figures: Figures,
    money: BTreeMap<[Option<&'a str>; 2], Money>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Money {
    amount: Decimal,
    list: Decimal,
}

pub(super) async fn usage(State(simulation): State<Shared>, betas: Betas, query: Query) -> Answer {
    answer(&simulation, &betas, query, Kind::Usage)
}

pub(super) async fn cost(State(simulation): State<Shared>, betas: Betas, query: Query) -> Answer {
    answer(&simulation, &betas, query, Kind::Cost)
}

fn answer(simulation: &Simulation, betas: &Betas, mut query: Query, kind: Kind) -> Answer {
    if !simulation.controls().granted.analytics {
        return Err(Refusal::forbidden(
            "Missing scope: read:analytics is needed, the key carries none",
        ));
    }
    betas.need("analytics-usage-cost-2026-08-24")?;
    let ask = Ask::take(&mut query, simulation, kind)?;
    let bound = query.clone();
    query.finish()?;
    let scene = simulation.scene();
    let cells = sorted(collect(simulation, &scene, &ask), &ask);
    let end = cells.len().min(ask.offset + ask.limit);
    let page = cells.get(ask.offset..end).unwrap_or_default();
    let data: Vec<Value> =
        page.iter().flat_map(|(cell, sums)| rows(&scene.world, &ask, cell, sums)).collect();
    let next = (end < cells.len()).then(|| token(&bound, [end as i64, ask.horizon]));
    Ok(Json(json!({
        "data": data, "has_more": next.is_some(), "next_page": next,
        "data_refreshed_at": instant(ask.horizon),
    })))
}

fn collect<'a>(
    simulation: &Simulation,
    scene: &'a Scene,
    ask: &Ask,
) -> BTreeMap<Cell<'a>, Sums<'a>> {
    let mut cells: BTreeMap<Cell<'a>, Sums<'a>> = BTreeMap::new();
    for span in ask.spans() {
        for stream in scene.traffic.streams() {
            let traits = Traits::of(&scene.world, stream);
            let figures = ask.reach().figures(&scene.traffic, stream, span);
            if ask.filters.pass(&traits) && !figures.is_zero() {
                let cell = (span, traits.group(&ask.group_by));
                cells.entry(cell).or_default().figures += figures;
            }
        }
        if ask.kind == Kind::Cost {
            collect_money(simulation, scene, ask, span, &mut cells);
        }
    }
    if ask.kind == Kind::Cost {
        cells.retain(|_, sums| !sums.money.is_empty());
    }
    cells
}

fn collect_money<'a>(
    simulation: &Simulation,
    scene: &'a Scene,
    ask: &Ask,
    span: (i64, i64),
    cells: &mut BTreeMap<Cell<'a>, Sums<'a>>,
) {
    for day in days(span.0, span.1) {
        for charge in charges(&scene.traffic, &simulation.prices, day, ask.reach()) {
            let traits = Traits::of_charge(&scene.world, &charge);
            if !ask.filters.pass(&traits) {
                continue;
            }
            let fan = [("cost_type", ask.by_cost_type), ("token_type", ask.by_token_type)]
                .map(|(dimension, asked)| asked.then(|| traits.value(dimension)).flatten());
            let sums = cells.entry((span, traits.group(&ask.group_by))).or_default();
            let money = sums.money.entry(fan).or_default();
            money.amount += charge.amount();
            money.list += charge.list;
        }
    }
}

fn sorted<'a>(cells: BTreeMap<Cell<'a>, Sums<'a>>, ask: &Ask) -> Vec<(Cell<'a>, Sums<'a>)> {
    let mut cells: Vec<_> = cells.into_iter().collect();
    let size = |(((from, _), _), sums): &(Cell<'a>, Sums<'a>)| match ask.order_by {
        OrderBy::Time => Decimal::from(*from),
        OrderBy::TotalTokens => sums.figures.tokens().into(),
        OrderBy::OutputTokens => sums.figures.of(TokenType::Output).into(),
        OrderBy::UncachedInputTokens => sums.figures.of(TokenType::UncachedInput).into(),
        OrderBy::Requests => sums.figures.requests().into(),
        OrderBy::Amount => sums.money.values().map(|money| money.amount).sum(),
        OrderBy::ListAmount => sums.money.values().map(|money| money.list).sum(),
    };
    // Stable, so that equal sizes keep the order of time and group on every page.
    cells.sort_by_cached_key(size);
    if !ask.ascending {
        cells.reverse();
    }
    cells
}

fn rows(
    world: &World,
    ask: &Ask,
    ((from, until), group): &Cell<'_>,
    sums: &Sums<'_>,
) -> Vec<Value> {
    let row = |fan: [Option<&str>; 2]| {
        json!({
            "starting_at": instant(*from), "ending_at": instant(*until),
            "group": group_value(world, ask, group, fan),
        })
    };
    match ask.kind {
        Kind::Usage => {
            let mut row = row([None, None]);
            row["usage"] = usage_value(&sums.figures);
            vec![row]
        }
        Kind::Cost => sums
            .money
            .iter()
            .map(|(fan, money)| {
                let mut row = row(*fan);
                let fanned = ask.by_cost_type || ask.by_token_type;
                row["cost"] = json!({
                    "amount": money.amount.normalize().to_string(),
                    "list_amount": money.list.normalize().to_string(),
                    "currency": "USD",
                    "requests": (!fanned).then(|| sums.figures.requests()),
                });
                row
            })
            .collect(),
    }
}

/// Every dimension there is, null where it was not asked for.
fn group_value(
    world: &World,
    ask: &Ask,
    group: &Group<'_>,
    [cost_type, token_type]: [Option<&str>; 2],
) -> Value {
    let mut all: Map<String, Value> =
        ask::DIMENSIONS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    for (dimension, value) in ask.group_by.iter().zip(group) {
        let value = match dimension.as_str() {
            "actor" => value.map_or(Value::Null, |id| actor(world, id)),
            _ => json!(value),
        };
        all.insert(dimension.clone(), value);
    }
    if ask.kind == Kind::Cost {
        all.insert("cost_type".to_owned(), json!(cost_type));
        all.insert("token_type".to_owned(), json!(token_type));
    }
    Value::Object(all)
}

fn actor(world: &World, id: &str) -> Value {
    match world.members.iter().find(|member| member.id == id) {
        Some(member) => json!({
            "type": "user_actor", "user_id": id, "name": member.name,
            "email_address": member.email, "deleted": member.has_left,
        }),
        None => json!({ "type": "api_actor", "api_key_id": id }),
    }
}

fn usage_value(figures: &Figures) -> Value {
    json!({
        "uncached_input_tokens": figures.of(TokenType::UncachedInput),
        "output_tokens": figures.of(TokenType::Output),
        "cache_read_input_tokens": figures.of(TokenType::CacheRead),
        "cache_creation": {
            "ephemeral_5m_input_tokens": figures.of(TokenType::CacheWrite5m),
            "ephemeral_1h_input_tokens": figures.of(TokenType::CacheWrite1h),
        },
        "server_tool_use": { "web_search_requests": figures.searches() },
        "total_tokens": figures.tokens(),
        "requests": figures.requests(),
    })
}
