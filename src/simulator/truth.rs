//! `GET /__truth?from&to&by`: what really happened, for tests to compare with.
//!
//! `true` counts everything until this instant, `visible` what the usage report
//! shows of it now, `billed` what the cost report charges now. Spend is exact
//! dollars as text, after the discount.

use std::collections::BTreeMap;
use std::ops::Range;

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
use super::scene::Scene;
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
    let scene = simulation.scene();
    let Tally { total, parts, .. } =
        Tally::of(&simulation, &scene, by.as_deref(), span, now.as_millisecond());
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

/// The sums of a span, and of its parts.
struct Tally<'a> {
    simulation: &'a Simulation,
    scene: &'a Scene,
    by: Option<&'a str>,
    total: Sums,
    parts: BTreeMap<String, Sums>,
}

impl<'a> Tally<'a> {
    fn of(
        simulation: &'a Simulation,
        scene: &'a Scene,
        by: Option<&'a str>,
        span: (i64, i64),
        now: i64,
    ) -> Self {
        let mut tally =
            Self { simulation, scene, by, total: Sums::default(), parts: BTreeMap::new() };
        let truth = Reach::Happened(now);
        let (visible, billed) = (simulation.reach(Source::Usage), simulation.reach(Source::Bill));
        for day in days(span.0, span.1) {
            if day.1 <= simulation.billed_until() {
                // Nothing of it is late any more: the three are one.
                tally.day(day, truth, 0..3);
            } else {
                tally.day(day, truth, 0..1);
                tally.day(day, visible, 1..2);
                tally.day(day, billed, 2..3);
            }
        }
        tally
    }

    fn day(&mut self, day: (i64, i64), reach: Reach, places: Range<usize>) {
        let Scene { world, traffic, .. } = self.scene;
        let prices = &self.simulation.prices;
        for stream in traffic.streams() {
            let figures = reach.figures(traffic, stream, day);
            let sum = Sum { figures, cents: Decimal::ZERO };
            self.add(day, &Traits::of(world, stream), sum, places.clone());
        }
        for charge in charges(traffic, prices, day, reach) {
            let sum = Sum { figures: Figures::default(), cents: charge.amount() };
            self.add(day, &Traits::of_charge(world, &charge), sum, places.clone());
        }
    }

    fn add(&mut self, day: (i64, i64), traits: &Traits<'_>, more: Sum, places: Range<usize>) {
        for place in places.clone() {
            self.total[place].add(more);
        }
        let empty = more.figures.is_zero() && more.cents.is_zero();
        if let Some(by) = self.by.filter(|_| !empty) {
            let sums = self.parts.entry(part(by, day.0, traits)).or_default();
            for place in places {
                sums[place].add(more);
            }
        }
    }
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
