//! Forgetting: what is older than it is kept for, a little at a time.
//!
//! Each sweep deletes a bounded number of rows in a transaction of its own, so that a
//! first cleaning after a long pause holds up nobody. Space is given back to the file
//! system in the same small steps, but for some slack that the next hours will fill.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Params};
use usagewarden_core::window::Width;

use super::{query, rows};
use crate::store::{Keep, StoreError};

/// Organizations of one sweep, and rows of one kind of one of them: together a few
/// milliseconds of the writer's time, or a few hundred after a long pause.
pub(super) const ORGANIZATIONS_MAX: usize = 50;
const ROWS_MAX: i64 = 200;

/// Pages of one sweep that go back to the file system, and those that stay free: 4 MiB.
const PAGES_MAX: i64 = 500;
const PAGES_SLACK: i64 = 1_000;

/// How long an accepted entry can still be shown.
const ACCEPTED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long one that never arrived can be shown, and sent again.
const FAILED_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long an action that has ended can be shown, and undone.
const ACTIONS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Sums are asked for the current and the previous period, at most two months.
const SUMS_KEPT: SignedDuration = SignedDuration::from_hours(100 * 24);

/// Where each kind of row begins to be too old.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutoffs {
    minutes: i64,
    hours: i64,
    days: i64,
    sums: i64,
    accepted: i64,
    failed: i64,
    actions: i64,
}

impl Cutoffs {
    pub(super) fn new(keep: Keep, now: Timestamp) -> Self {
        let before = |kept| now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
        Self {
            minutes: before(keep.minutes).as_second(),
            hours: before(keep.hours).as_second(),
            days: before(keep.days).as_second(),
            sums: before(SUMS_KEPT).as_second(),
            accepted: before(ACCEPTED_KEPT).as_microsecond(),
            failed: before(FAILED_KEPT).as_microsecond(),
            actions: before(ACTIONS_KEPT).as_microsecond(),
        }
    }
}

pub(super) fn organizations(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    connection
        .prepare_cached("SELECT id FROM organization ORDER BY id")
        .and_then(|mut statement| {
            statement.query_map([], |row| row.get(0)).and_then(Iterator::collect)
        })
        .map_err(query("list the organizations"))
}

/// Deletes old readings of some organizations. Says whether there may be more.
pub(super) fn readings(
    connection: &Connection,
    organizations: &[i64],
    cut: Cutoffs,
) -> Result<bool, StoreError> {
    let mut more = false;
    for &id in organizations {
        for (width, before) in [(Width::Minute, cut.minutes), (Width::Hour, cut.hours)] {
            let sql = "DELETE FROM usage WHERE organization = ?1 AND width = ?2 AND start IN
                (SELECT start FROM usage
                 WHERE organization = ?1 AND width = ?2 AND start < ?3 LIMIT ?4)";
            more |= delete(connection, sql, (id, rows::code(width), before, ROWS_MAX))?;
        }
        for (sql, before) in [(PAGES, cut.days), (HOUR_BILLS, cut.hours), (REQUESTS, cut.hours)] {
            more |= delete(connection, sql, (id, before, ROWS_MAX))?;
        }
        // A rolling period has one sum, which begins with time and is made anew each day.
        let sql = "DELETE FROM period_sum WHERE organization = ?1 AND start < ?2 AND start <> 0";
        delete(connection, sql, (id, cut.sums))?;
    }
    Ok(more)
}

macro_rules! older {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE organization = ?1 AND start IN (SELECT start FROM ",
            $table,
            " WHERE organization = ?1 AND start < ?2 LIMIT ?3)"
        )
    };
}

const PAGES: &str = older!("page");
const HOUR_BILLS: &str = older!("hour_bill");
const REQUESTS: &str = older!("hour_requests");

/// Deletes entries that ended long ago, and notices that no entry speaks of any more.
pub(super) fn outbox(connection: &Connection, cut: Cutoffs) -> Result<bool, StoreError> {
    let accepted = "DELETE FROM entry WHERE id IN (SELECT id FROM entry
        WHERE state >= 2 AND state = 4 AND queued_at < ?1 LIMIT ?2)";
    let failed = "DELETE FROM entry WHERE id IN (SELECT id FROM entry
        WHERE state >= 2 AND state IN (2, 3) AND queued_at < ?1 LIMIT ?2)";
    let orphans = "DELETE FROM notice WHERE id IN (SELECT id FROM notice
        WHERE decided_at < ?1 AND id NOT IN (SELECT notice FROM entry) LIMIT ?2)";
    let more = delete(connection, accepted, (cut.accepted, ROWS_MAX))?
        | delete(connection, failed, (cut.failed, ROWS_MAX))?;
    Ok(more | delete(connection, orphans, (cut.accepted, ROWS_MAX))?)
}

/// Deletes actions that ended long ago; one that somebody has to carry on stays.
pub(super) fn actions(connection: &Connection, cut: Cutoffs) -> Result<bool, StoreError> {
    let sql = "DELETE FROM action WHERE id IN (SELECT id FROM action
        WHERE decided_at < ?1 AND open = 0 AND (undo_asked_at IS NULL OR undone = 1) LIMIT ?2)";
    delete(connection, sql, (cut.actions, ROWS_MAX))
}

/// Gives free pages back to the file system. Says whether there are more.
pub(super) fn shrink(connection: &Connection) -> Result<bool, StoreError> {
    let failed = query("give space back");
    let free = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let spare = free("freelist_count").map_err(failed)? - PAGES_SLACK;
    if spare <= 0 {
        return Ok(false);
    }
    // Each step of the statement gives back one page.
    let sql = format!("PRAGMA incremental_vacuum({})", spare.min(PAGES_MAX));
    let mut statement = connection.prepare(&sql).map_err(failed)?;
    let mut pages = statement.query([]).map_err(failed)?;
    while pages.next().map_err(failed)?.is_some() {}
    Ok(spare > PAGES_MAX)
}

/// Whether as many rows went as one sweep may take.
fn delete(connection: &Connection, sql: &str, values: impl Params) -> Result<bool, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(|deleted| i64::try_from(deleted).is_ok_and(|deleted| deleted >= ROWS_MAX))
        .map_err(query("delete old rows"))
}
