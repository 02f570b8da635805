//! What was used and what it cost, by whole days, in dollars.

use axum::Json;
use axum::extract::{Path, State};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usagewarden_core::reading::TokenType;

use super::{Answer, own};
use crate::simulator::bill::{Charge, charges, days};
use crate::simulator::figures::Figures;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Shared, Simulation, Source};
use crate::simulator::world::World;

/// Both dates are inclusive, and UTC.
pub(super) async fn usage(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    mut query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    let (first, last) = (date(&mut query, "start_date")?, date(&mut query, "end_date")?);
    query.finish()?;
    if last < first {
        return Err(Refusal::invalid("end_date: must not be before start_date"));
    }
    let midnight = |date: Date| {
        let zoned = date.to_zoned(TimeZone::UTC);
        zoned.map(|zoned| zoned.timestamp().as_millisecond())
    };
    let (Ok(from), Ok(until)) = (midnight(first), midnight(last.saturating_add(1.day()))) else {
        return Err(Refusal::invalid("start_date: out of range"));
    };
    let now = simulation.horizon(Source::Company);
    let from = from.max(World::history_begins(simulation.start).as_millisecond());
    Ok(Json(spent(&simulation, (from, until.min(now)))))
}

fn date(query: &mut Query, name: &str) -> Result<Date, Refusal> {
    let text = query.one(name)?.ok_or_else(|| Refusal::invalid(format!("{name}: required")))?;
    text.parse().map_err(|_| Refusal::invalid(format!("{name}: should look like 2026-11-20")))
}

fn spent(simulation: &Simulation, (from, until): (i64, i64)) -> Value {
    let mut figures = Figures::default();
    let mut cents = Decimal::ZERO;
    let reach = simulation.reach(Source::Company);
    let scene = simulation.scene();
    for stream in scene.traffic.streams() {
        figures += reach.figures(&scene.traffic, stream, (from, until));
    }
    for day in days(from, until) {
        let lines = charges(&scene.traffic, &simulation.prices, day, reach);
        cents += lines.iter().map(Charge::amount).sum::<Decimal>();
    }
    let output = figures.of(TokenType::Output);
    // This API sends dollars as a number; whole cents survive that.
    let dollars = (cents / Decimal::ONE_HUNDRED).round_dp(2).to_f64();
    json!({
        "total_tokens": figures.tokens(), "input_tokens": figures.tokens() - output,
        "output_tokens": output, "estimated_cost": dollars,
    })
}
