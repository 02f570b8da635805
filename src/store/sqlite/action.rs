//! Actions: orders, how far they are, and who wants them undone.
//!
//! An order is written once, with the step that takes it; one that is there already stays
//! as it is. Who carries it out writes the whole record as it then is; that an undo was asked
//! for stands beside it, so that neither overwrites the other.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use usagewarden_core::action::course::WAIT_MOST;
use usagewarden_core::action::{ActionId, ActionRecord, Order};

use super::packed::{pack, unpack};
use super::query;
use crate::store::StoreError;

/// What a snapshot shows of them; older ones are listed on request.
const SHOWN_MAX: usize = 200;

/// Waits for somebody: it is open itself, or done and to be undone.
macro_rules! waits {
    () => {
        "(open = 1 OR (undo_asked_at IS NOT NULL AND undone = 0))"
    };
}

/// Orders that were not known before.
pub(super) fn order(connection: &Connection, id: i64, order: &Order) -> Result<(), StoreError> {
    let record = ActionRecord::new(order.clone());
    let sql =
        "INSERT INTO action (id, organization, decided_at, open, undone, next_attempt_at, packed)
        VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6) ON CONFLICT DO NOTHING";
    let values = (
        &order.id.0,
        id,
        order.decided_at.as_microsecond(),
        record.state.is_open(),
        record.next_attempt_at.as_microsecond(),
        pack("action", &record)?,
    );
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("write an action"))
}

/// Writes a record as it stands now, but for whether an undo was asked for. An undo of which
/// the record does not know yet is due when it was asked for, whatever the record says.
pub(super) fn keep(connection: &Connection, record: &ActionRecord) -> Result<(), StoreError> {
    let sql = "UPDATE action SET open = ?2, undone = ?3, packed = ?5, next_attempt_at =
        CASE WHEN undo_asked_at IS ?6 THEN ?4 ELSE coalesce(undo_asked_at, ?4) END WHERE id = ?1";
    let failed = query("write what came of an action");
    let values = (
        &record.order.id.0,
        record.state.is_open(),
        record.is_undone(),
        record.next_attempt_at.as_microsecond(),
        pack("action", record)?,
        record.undo_asked_at.map(Timestamp::as_microsecond),
    );
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map_err(failed)?;
    let organization = "SELECT organization FROM action WHERE id = ?1";
    let id: Option<i64> = connection
        .prepare_cached(organization)
        .and_then(|mut statement| {
            statement.query_row([&record.order.id.0], |row| row.get(0)).optional()
        })
        .map_err(failed)?;
    id.map_or(Ok(()), |id| super::organization::revise(connection, id))
}

/// Notes that somebody wants it undone; asked twice, the first counts. What is undone stays so,
/// and an undo that failed for good is tried once more.
pub(super) fn undo(
    connection: &Connection,
    id: &ActionId,
    now: Timestamp,
) -> Result<Option<ActionRecord>, StoreError> {
    let Some(mut record) = one(connection, id)? else { return Ok(None) };
    let asked_before = record.undo_asked_at;
    record.ask_undo(now);
    if record.undo_asked_at == asked_before {
        return Ok(Some(record));
    }
    let sql = "UPDATE action SET undo_asked_at = ?2 WHERE id = ?1";
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute((&id.0, record.undo_asked_at.map(Timestamp::as_microsecond)))
        })
        .map_err(query("note that an action is to be undone"))?;
    keep(connection, &record)?;
    Ok(Some(record))
}

/// The one of this name.
pub(super) fn one(
    connection: &Connection,
    id: &ActionId,
) -> Result<Option<ActionRecord>, StoreError> {
    let failed = query("load an action");
    let sql = "SELECT packed, undo_asked_at FROM action WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let found = statement.query_row([&id.0], columns).optional().map_err(failed)?;
    found.map(record).transpose()
}

/// Those whose time has come, the oldest first. What a clock that was ahead put off is due.
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<ActionRecord>, StoreError> {
    let sql = concat!(
        "SELECT packed, undo_asked_at FROM action WHERE ",
        waits!(),
        " AND next_attempt_at NOT BETWEEN ?1 + 1 AND ?1 + ?2 ORDER BY decided_at, id"
    );
    let wait_most = i64::try_from(WAIT_MOST.as_micros()).unwrap_or(i64::MAX);
    records(connection, sql, [now.as_microsecond(), wait_most])
}

pub(super) fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let failed = query("look for the next action");
    let sql = concat!("SELECT min(next_attempt_at) FROM action WHERE ", waits!());
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let at: Option<i64> = statement.query_row([], |row| row.get(0)).map_err(failed)?;
    Ok(at.map(instant))
}

/// The newest, of all organizations.
pub(super) fn newest(
    connection: &Connection,
    limit: usize,
) -> Result<Vec<ActionRecord>, StoreError> {
    let sql = "SELECT packed, undo_asked_at FROM action ORDER BY decided_at DESC, id LIMIT ?1";
    records(connection, sql, [i64::try_from(limit).unwrap_or(i64::MAX)])
}

/// The newest of one organization, as a snapshot shows them.
pub(super) fn of(connection: &Connection, id: i64) -> Result<Vec<ActionRecord>, StoreError> {
    let sql = "SELECT packed, undo_asked_at FROM action WHERE organization = ?1
        ORDER BY decided_at DESC, id LIMIT ?2";
    records(connection, sql, [id, i64::try_from(SHOWN_MAX).unwrap_or(i64::MAX)])
}

fn records<const N: usize>(
    connection: &Connection,
    sql: &str,
    parameters: [i64; N],
) -> Result<Vec<ActionRecord>, StoreError> {
    let failed = query("load the actions");
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows: Vec<(Vec<u8>, Option<i64>)> = statement
        .query_map(rusqlite::params_from_iter(parameters), columns)
        .and_then(Iterator::collect)
        .map_err(failed)?;
    rows.into_iter().map(record).collect()
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(Vec<u8>, Option<i64>)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn record((packed, undo_asked_at): (Vec<u8>, Option<i64>)) -> Result<ActionRecord, StoreError> {
    let record: ActionRecord = unpack("action", &packed)?;
    Ok(ActionRecord { undo_asked_at: undo_asked_at.map(instant), ..record })
}

fn instant(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
