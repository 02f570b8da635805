//! The rows of the ledger: loaded as it asks, written as it answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use usagewarden_core::ledger::{Changes, Needs, PeriodSum, Rows, Span, SumKey};
use usagewarden_core::reading::{Counts, Dimensions, UsageBucket};
use usagewarden_core::window::{Width, Window};

use super::dimensions::Interner;
use super::packed::{pack, unpack};
use super::{counts, query};
use crate::store::StoreError;

/// A table with one packed row for each start.
struct Table {
    what: &'static str,
    select: &'static str,
    upsert: &'static str,
}

/// An upsert of equal bytes touches no page, so an unchanged row costs no write.
macro_rules! table {
    ($what:literal, $name:literal) => {
        Table {
            what: $what,
            select: concat!(
                "SELECT start, packed FROM ",
                $name,
                " WHERE organization = ?1 AND start >= ?2 AND start < ?3"
            ),
            upsert: concat!(
                "INSERT INTO ",
                $name,
                " (organization, start, packed) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET packed = excluded.packed
                WHERE packed IS NOT excluded.packed"
            ),
        }
    };
}

const PAGES: Table = table!("page of a day", "page");
const HOUR_BILLS: Table = table!("bill of an hour", "hour_bill");
const HOUR_REQUESTS: Table = table!("count of requests", "hour_requests");

/// The number a width is stored as.
pub(super) const fn code(width: Width) -> i64 {
    match width {
        Width::Minute => 0,
        Width::Hour => 1,
        Width::Day => 2,
    }
}

/// Loads what was asked for, in the transaction of `connection`.
pub(super) fn load(
    connection: &Connection,
    organization: i64,
    needs: &Needs,
) -> Result<Rows, StoreError> {
    let at = Place { connection, organization };
    let mut names = Interner::new(connection, organization);
    Ok(Rows {
        minutes: at.usage(&mut names, Width::Minute, &needs.minutes)?,
        hours: at.usage(&mut names, Width::Hour, &needs.hours)?,
        days: at.timed(&PAGES, &needs.days)?,
        hour_bills: at.timed(&HOUR_BILLS, &needs.hour_bills)?,
        hour_requests: at.timed(&HOUR_REQUESTS, &needs.hour_requests)?,
        spans: at.spans(&mut names, &needs.spans)?,
        sums: at.sums(&needs.sums)?,
    })
}

/// The sums that exist of those that are named.
pub(super) fn sums(
    connection: &Connection,
    organization: i64,
    keys: &[SumKey],
) -> Result<BTreeMap<SumKey, PeriodSum>, StoreError> {
    Place { connection, organization }.sums(keys)
}

/// Writes what has changed.
pub(super) fn write(
    connection: &Connection,
    organization: i64,
    changes: &Changes,
) -> Result<(), StoreError> {
    let at = Place { connection, organization };
    let mut names = Interner::new(connection, organization);
    for bucket in &changes.usage {
        at.write_usage(&mut names, bucket)?;
    }
    for page in &changes.days {
        at.write_timed(&PAGES, page.day, page)?;
    }
    for bill in &changes.hour_bills {
        at.write_timed(&HOUR_BILLS, bill.from(), bill)?;
    }
    for requests in &changes.hour_requests {
        at.write_timed(&HOUR_REQUESTS, requests.from, requests)?;
    }
    for (key, sum) in &changes.sums {
        at.write_sum(key, sum)?;
    }
    Ok(())
}

/// Where the rows of one organization are.
#[derive(Clone, Copy)]
struct Place<'a> {
    connection: &'a Connection,
    organization: i64,
}

impl Place<'_> {
    fn usage(
        self,
        names: &mut Interner<'_>,
        width: Width,
        windows: &[Window],
    ) -> Result<BTreeMap<Timestamp, UsageBucket>, StoreError> {
        let mut buckets = BTreeMap::new();
        for (start, packed) in self.packed_usage(width, windows).map_err(query("load usage"))? {
            let mut rows = Vec::new();
            for (number, counts) in unpack_usage(&packed)? {
                rows.push((names.dimensions(number)?, counts));
            }
            buckets.insert(start, UsageBucket::new(width, start, rows));
        }
        Ok(buckets)
    }

    /// Adds up by number, and looks at names only once for a span.
    fn spans(
        self,
        names: &mut Interner<'_>,
        spans: &[Span],
    ) -> Result<BTreeMap<Span, Vec<(Dimensions, Counts)>>, StoreError> {
        let mut added = BTreeMap::new();
        for span in spans {
            let mut sums: BTreeMap<u64, Counts> = BTreeMap::new();
            let found = self.packed_usage(span.width, &[span.window]);
            for (_, packed) in found.map_err(query("load usage"))? {
                for (number, counts) in unpack_usage(&packed)? {
                    *sums.entry(number).or_default() += counts;
                }
            }
            let mut rows = Vec::with_capacity(sums.len());
            for (number, counts) in sums {
                rows.push((names.dimensions(number)?, counts));
            }
            rows.sort_by(|(one, _), (other, _)| one.cmp(other));
            added.insert(*span, rows);
        }
        Ok(added)
    }

    fn packed_usage(
        self,
        width: Width,
        windows: &[Window],
    ) -> rusqlite::Result<Vec<(Timestamp, Vec<u8>)>> {
        let sql = "SELECT start, packed FROM usage
            WHERE organization = ?1 AND width = ?2 AND start >= ?3 AND start < ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = Vec::new();
        for window in windows {
            let (from, until) = starts_in(window);
            let values = params![self.organization, code(width), from, until];
            for row in statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))? {
                let (start, packed): (i64, Vec<u8>) = row?;
                found.push((instant(start), packed));
            }
        }
        Ok(found)
    }

    fn write_usage(self, names: &mut Interner<'_>, bucket: &UsageBucket) -> Result<(), StoreError> {
        let key = (self.organization, code(bucket.width()), bucket.from().as_second());
        if bucket.rows().is_empty() {
            let sql = "DELETE FROM usage WHERE organization = ?1 AND width = ?2 AND start = ?3";
            return self.execute("delete an empty bucket", sql, key);
        }
        let mut rows = Vec::with_capacity(bucket.rows().len());
        for (dimensions, counts) in bucket.rows() {
            rows.push((names.number(dimensions)?, *counts));
        }
        let sql = "INSERT INTO usage (organization, width, start, packed) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET packed = excluded.packed
            WHERE packed IS NOT excluded.packed";
        self.execute("write usage", sql, (key.0, key.1, key.2, counts::pack(rows)))
    }

    fn timed<T: DeserializeOwned>(
        self,
        table: &Table,
        windows: &[Window],
    ) -> Result<BTreeMap<Timestamp, T>, StoreError> {
        let failed = query("load rows of the ledger");
        let mut statement = self.connection.prepare_cached(table.select).map_err(failed)?;
        let mut found = BTreeMap::new();
        for window in windows {
            let (from, until) = starts_in(window);
            let mut rows = statement.query((self.organization, from, until)).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let start = row.get(0).map_err(failed)?;
                let packed = row.get_ref(1).map_err(failed)?.as_blob().unwrap_or_default();
                found.insert(instant(start), unpack(table.what, packed)?);
            }
        }
        Ok(found)
    }

    fn write_timed<T: Serialize>(
        self,
        table: &Table,
        start: Timestamp,
        row: &T,
    ) -> Result<(), StoreError> {
        let packed = pack(table.what, row)?;
        let values = (self.organization, start.as_second(), packed);
        self.execute("write a row of the ledger", table.upsert, values)
    }

    fn sums(self, keys: &[SumKey]) -> Result<BTreeMap<SumKey, PeriodSum>, StoreError> {
        let failed = query("load the sums of a period");
        let sql = "SELECT packed FROM period_sum
            WHERE organization = ?1 AND calendar = ?2 AND kind = ?3 AND start = ?4";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut found = BTreeMap::new();
        for key in keys {
            let from = key.from.as_second();
            let values = (self.organization, &key.calendar, key.kind.label(), from);
            let packed: Option<Vec<u8>> =
                statement.query_row(values, |row| row.get(0)).optional().map_err(failed)?;
            if let Some(packed) = packed {
                found.insert(key.clone(), unpack("sum of a period", &packed)?);
            }
        }
        Ok(found)
    }

    fn write_sum(self, key: &SumKey, sum: &PeriodSum) -> Result<(), StoreError> {
        let sql = "INSERT INTO period_sum (organization, calendar, kind, start, packed)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET packed = excluded.packed
            WHERE packed IS NOT excluded.packed";
        let packed = pack("sum of a period", sum)?;
        let from = key.from.as_second();
        let values = (self.organization, &key.calendar, key.kind.label(), from, packed);
        self.execute("write the sum of a period", sql, values)
    }

    fn execute(
        self,
        doing: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map(drop)
            .map_err(query(doing))
    }
}

fn unpack_usage(packed: &[u8]) -> Result<Vec<(u64, Counts)>, StoreError> {
    let unreadable = |source| StoreError::Unreadable { what: "bucket of usage", source };
    counts::unpack(packed).map_err(unreadable)
}

/// The first and the first later second in which a bucket of `window` may start.
fn starts_in(window: &Window) -> (i64, i64) {
    let ceil = |at: Timestamp| at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    (ceil(window.from()), ceil(window.until()))
}

/// A stored start as an instant.
fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
