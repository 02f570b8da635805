//! `GET /__truth?from&to&by`: what really happened, for tests to compare with.
//!
//! `true` counts everything until this instant, `visible` what the usage report
//! shows of it now, `billed` what the cost report charges now. Spend is exact
//! dollars as text, after the discount.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use usagewarden_core::reading::TokenType;

use super::bill::{Reach, charges, days};
use super::figures::Figures;
use super::query::Query;
use super::refusal::Refusal;
use super::simulation::{Shared, Simulation, Source};
use super::traffic::{MINUTE, instant};
use super::traits::Traits;
use super::world::World;

const BY: [&str; 4] = ["day", "workspace", "model", "key"];

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    figures: Figures,
    cents: Decimal,
}

/// True, visible, billed.
type Sums = [Sum; 3];
const SHOWN: [&str; 3] = ["true", "visible", "billed"];

pub(crate) async fn truth(
    State(simulation): State<Shared>,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let now = simulation.now();
    let begins = World::history_begins(simulation.start);
    let from = query.timestamp("from")?.unwrap_or(begins).max(begins);
    let until = query.timestamp("to")?.unwrap_or(now).min(now);
    let by = query.word("by", &BY)?;
    query.finish()?;
    let whole = |at: Timestamp| at == now || at.as_millisecond().rem_euclid(MINUTE) == 0;
    if !whole(from) || !whole(until) {
        return Err(Refusal::invalid("from, to: whole minutes, or `to` in the future for now"));
    }
    let span = (from.as_millisecond(), until.as_millisecond());
    let (total, parts) = tally(&simulation, span, now, by.as_deref());
    let rows: Vec<Value> =
        parts.iter().map(|(part, sums)| row(by.as_deref(), part, sums)).collect();
    Ok(Json(json!({
        "now": now, "from": from, "to": until, "start": simulation.start,
        "total": shown(&total), "data": rows,
        "visible_until": instant(simulation.horizon(Source::Usage)),
        "bill_computed_until": instant(simulation.horizon(Source::Bill)),
        "billed_until": instant(simulation.billed_until()),
    })))
}

fn tally(
    simulation: &Simulation,
    (from, until): (i64, i64),
    now: Timestamp,
    by: Option<&str>,
) -> (Sums, BTreeMap<String, Sums>) {
    let reaches = [
        Reach::Happened(now.as_millisecond()),
        simulation.reach(Source::Usage),
        simulation.reach(Source::Bill),
    ];
    let (mut total, mut parts) = (Sums::default(), BTreeMap::<String, Sums>::new());
    for day in days(from, until) {
        for (place, reach) in reaches.into_iter().enumerate() {
            let mut add = |part: Option<String>, more: Sum| {
                total[place].add(more);
                if let Some(part) = part {
                    parts.entry(part).or_default()[place].add(more);
                }
            };
            for stream in simulation.traffic.streams() {
                let figures = reach.figures(&simulation.traffic, stream, day);
                if !figures.is_zero() {
                    let part = by.map(|by| part(by, day.0, &Traits::of(&simulation.world, stream)));
                    add(part, Sum { figures, cents: Decimal::ZERO });
                }
            }
            for charge in charges(&simulation.traffic, &simulation.prices, day, reach) {
                let part =
                    by.map(|by| part(by, day.0, &Traits::of_charge(&simulation.world, &charge)));
                add(part, Sum { figures: Figures::default(), cents: charge.amount() });
            }
        }
    }
    (total, parts)
}

impl Sum {
    fn add(&mut self, more: Self) {
        self.figures += more.figures;
        self.cents += more.cents;
    }
}

/// What has no model or key, as searches and code execution have none, is of `none`.
fn part(by: &str, day: i64, traits: &Traits<'_>) -> String {
    match by {
        "workspace" => traits.value("workspace_id").unwrap_or("none").to_owned(),
        "key" => traits.value("api_key_id").unwrap_or("none").to_owned(),
        "model" => traits.value("model").unwrap_or("none").to_owned(),
        _ => instant(day).to_zoned(TimeZone::UTC).date().to_string(),
    }
}

fn row(by: Option<&str>, part: &str, sums: &Sums) -> Value {
    let mut row = shown(sums);
    if let Some(by) = by {
        row[by] = json!(part);
    }
    row
}

fn shown(sums: &Sums) -> Value {
    let all: Map<String, Value> =
        SHOWN.iter().zip(sums).map(|(name, sum)| ((*name).to_owned(), sum.shown())).collect();
    Value::Object(all)
}

impl Sum {
    fn shown(&self) -> Value {
        let mut tokens: Map<String, Value> = TokenType::ALL
            .iter()
            .map(|kind| (kind.label().to_owned(), json!(self.figures.of(*kind))))
            .collect();
        tokens.insert("total".to_owned(), json!(self.figures.tokens()));
        json!({
            "tokens": tokens,
            "web_searches": self.figures.searches(),
            "requests": self.figures.requests(),
            "spend": (self.cents / Decimal::ONE_HUNDRED).normalize().to_string(),
        })
    }
}
