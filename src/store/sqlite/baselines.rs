//! What is usual, kept in the transaction that settles the hour.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use usagewarden_core::baseline::{Baseline, HourOfWeek, PastHour, Usual};
use usagewarden_core::ledger::{Book, LedgerSettings};
use usagewarden_core::price::Known;
use usagewarden_core::reading::{Findings, UsageBucket};
use usagewarden_core::window::Width;

use super::packed::{pack, unpack};
use super::query;
use crate::store::StoreError;

/// Notes every hour of an answer that has settled, quiet ones too.
pub(super) fn note(
    connection: &Connection,
    organization: i64,
    settings: &LedgerSettings,
    book: &Book,
    findings: &Findings,
) -> Result<(), StoreError> {
    let Findings::Usage { width: Width::Hour, window, buckets } = findings else { return Ok(()) };
    let Some(settled_until) = book.hours_settled_until else { return Ok(()) };
    let prices = Known::new(&book.prices, &settings.prices);
    let used: BTreeMap<Timestamp, &UsageBucket> =
        buckets.iter().map(|bucket| (bucket.from(), bucket)).collect();
    for hour in Width::Hour.buckets(*window).filter(|hour| hour.until() <= settled_until) {
        let past = used
            .get(&hour.from())
            .map_or_else(|| PastHour::quiet(hour.from()), |usage| PastHour::of(usage, &prices));
        let mut baseline = load(connection, organization, hour.from())?.unwrap_or_default();
        if baseline.note(past) {
            write(connection, organization, hour.from(), &baseline)?;
        }
    }
    Ok(())
}

/// What past weeks lead one to expect of the hour that holds `at`.
pub(super) fn usual(
    connection: &Connection,
    organization: i64,
    at: Timestamp,
) -> Result<Option<Usual>, StoreError> {
    let baseline = load(connection, organization, at)?;
    Ok(baseline.and_then(|baseline| baseline.usual(at)))
}

fn load(
    connection: &Connection,
    organization: i64,
    at: Timestamp,
) -> Result<Option<Baseline>, StoreError> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT packed FROM baseline WHERE organization = ?1 AND hour = ?2")
        .and_then(|mut statement| {
            let values = (organization, HourOfWeek::of(at).number());
            statement.query_row(values, |row| row.get(0)).optional()
        })
        .map_err(query("load what is usual for an hour"))?;
    packed.map(|packed| unpack("baseline", &packed)).transpose()
}

fn write(
    connection: &Connection,
    organization: i64,
    at: Timestamp,
    baseline: &Baseline,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO baseline (organization, hour, packed) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET packed = excluded.packed";
    let values = (organization, HourOfWeek::of(at).number(), pack("baseline", baseline)?);
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("write what is usual for an hour"))
}
