//! The company API of the two guides: everything of it that reads.
//!
//! It answers at once and without late data, in dollars and whole months, and
//! knows one organization.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usagewarden_core::reading::TokenType;

use super::bill::{charges, days};
use super::figures::Figures;
use super::hash::{Draw, between, draw};
use super::profile::Profile;
use super::query::Query;
use super::quota::{month, used};
use super::refusal::Refusal;
use super::simulation::{Shared, Simulation, Source};
use super::traffic::{MINUTE, instant};
use super::world::{Key, World};

type Answer = Result<Json<Value>, Refusal>;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/me", get(me))
        .route("/v1/organizations", get(organizations))
        .route("/v1/organizations/company", get(company))
        .route("/v1/organizations/company/usage", get(quota))
        .route("/v1/organizations/company/api_keys", get(company_keys))
        .route("/v1/organizations/{organization}/usage", get(usage))
        .route("/v1/organizations/{organization}/users", get(users))
        .route("/v1/organizations/{organization}/api_keys", get(api_keys))
        .route("/v1/organizations/{organization}/audit_logs", get(audit_logs))
}

async fn me(State(simulation): State<Shared>) -> Json<Value> {
    Json(json!({ "role": "admin", "organization": { "name": simulation.profile().name } }))
}

async fn organizations(State(simulation): State<Shared>) -> Json<Value> {
    let World { id, founded, .. } = &simulation.world;
    let Profile { name, .. } = simulation.profile();
    Json(json!({ "data": [{ "id": id, "name": name, "role": "admin", "created_at": founded }] }))
}

async fn company(State(simulation): State<Shared>) -> Json<Value> {
    let World { id, founded, .. } = &simulation.world;
    let Profile { name, plan, features } = simulation.profile();
    Json(json!({
        "id": id, "name": name, "plan": plan, "created_at": founded,
        "settings": {
            "rate_limits": { "requests_per_minute": 4_000, "tokens_per_minute": 2_000_000 },
            "features": features,
        },
    }))
}

/// Tokens of this month against the quota. It has no late data.
async fn quota(State(simulation): State<Shared>) -> Json<Value> {
    let now = instant(simulation.horizon(Source::Company));
    let (first, next) = month(now);
    let tokens_used = used(&simulation.traffic, first, now);
    Json(json!({
        "tokens_used": tokens_used,
        "tokens_remaining": simulation.quota.saturating_sub(tokens_used),
        "tokens_limit": simulation.quota,
        "reset_date": next.to_zoned(TimeZone::UTC).date(),
    }))
}

async fn company_keys(State(simulation): State<Shared>) -> Json<Value> {
    let rows: Vec<Value> = simulation
        .world
        .keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id, "status": key.status, "created_at": key.created_at,
                "last_used_at": last_used(&simulation, key),
            })
        })
        .collect();
    Json(json!({ "data": rows }))
}

/// This minute for a key whose streams still run, else when the last of them ended.
fn last_used(simulation: &Simulation, key: &Key) -> Option<Timestamp> {
    let now = simulation.horizon(Source::Company);
    let last = simulation
        .traffic
        .streams()
        .iter()
        .filter(|stream| {
            stream.key.is_some_and(|number| simulation.world.keys[number].id == key.id)
        })
        .map(|stream| stream.until.min(now))
        .max()?;
    Some(instant(last - last.rem_euclid(MINUTE)))
}

fn own(simulation: &Simulation, organization: &str) -> Result<(), Refusal> {
    if organization == simulation.world.id {
        Ok(())
    } else {
        Err(Refusal::not_found("The organization was"))
    }
}

/// Both dates are inclusive, and UTC.
async fn usage(
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
    for stream in simulation.traffic.streams() {
        figures += reach.figures(&simulation.traffic, stream, (from, until));
    }
    for day in days(from, until) {
        let lines = charges(&simulation.traffic, &simulation.prices, day, reach);
        cents += lines.iter().map(super::bill::Charge::amount).sum::<Decimal>();
    }
    let output = figures.of(TokenType::Output);
    // This API sends dollars as a number; whole cents survive that.
    let dollars = (cents / Decimal::ONE_HUNDRED).round_dp(2).to_f64();
    json!({
        "total_tokens": figures.tokens(), "input_tokens": figures.tokens() - output,
        "output_tokens": output, "estimated_cost": dollars,
    })
}

async fn users(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let rows: Vec<Value> = (1..)
        .zip(&simulation.world.members)
        .map(|(number, member)| {
            let ago = SignedDuration::from_mins(97 * number * number);
            json!({
                "id": member.id, "email": member.email, "role": member.company_role,
                "status": "active", "last_active_at": (number % 4 != 0).then(|| simulation.start - ago),
            })
        })
        .collect();
    Ok(Json(json!({ "data": rows })))
}

async fn api_keys(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    query.finish()?;
    let rows: Vec<Value> = simulation
        .world
        .keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id, "name": key.name, "created_at": key.created_at,
                "last_used_at": last_used(&simulation, key),
            })
        })
        .collect();
    Ok(Json(json!({ "data": rows })))
}

/// Something happens about every seven hours. Newest first.
async fn audit_logs(
    State(simulation): State<Shared>,
    Path(organization): Path<String>,
    mut query: Query,
) -> Answer {
    own(&simulation, &organization)?;
    let limit = query.limit(50, 1_000)?;
    query.finish()?;
    let now = simulation.now().as_second();
    let rows: Vec<Value> = (0..=now / SLOT)
        .rev()
        .map(|slot| entry(&simulation, slot))
        .filter(|(second, _)| *second <= now)
        .take(limit)
        .take_while(|(second, _)| *second > simulation.world.founded.as_second())
        .map(|(_, row)| row)
        .collect();
    Ok(Json(json!({ "data": rows })))
}

const SLOT: i64 = 7 * 3_600;

fn entry(simulation: &Simulation, slot: i64) -> (i64, Value) {
    const ACTIONS: [&str; 5] = [
        "user.logged_in",
        "api_key.created",
        "api_key.renamed",
        "user.role_updated",
        "spending_limit.updated",
    ];
    let bits = draw(simulation.traffic.seed, Draw::Audit, [slot.unsigned_abs(), 0]);
    let second = slot * SLOT + i64::try_from(between(bits, 0, 25_000)).unwrap_or(0);
    let pick = |shift: u32, length: usize| (bits >> shift) as usize % length;
    let World { members, keys, .. } = &simulation.world;
    let row = json!({
        "timestamp": Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH),
        "action": ACTIONS[pick(20, ACTIONS.len())],
        "actor": { "email": members[pick(30, members.len())].email },
        "details": { "api_key_id": keys[pick(40, keys.len())].id },
    });
    (second, row)
}
