//! Notices on their way.
//!
//! Order holds within a lane of a destination: only the oldest of its open entries is
//! ever due, however long that one has to wait. Between lanes the more severe goes
//! first, then the older. An entry that has ended stays as it ended. Times that
//! cannot be, since nothing waits that long, were told by a clock that was set back
//! since; they keep nobody waiting.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use usagewarden_core::notice::NoticeId;
use usagewarden_core::outbox::{Destination, Entry, EntryId, EntryState, Envelope};

use super::packed::unpack;
use super::query;
use crate::store::{EntryCount, Settled, StoreError};

/// The heads of all lanes; the index holds open entries alone, in the order of lanes.
macro_rules! heads {
    () => {
        "(SELECT min(id) AS id FROM entry INDEXED BY entry_open
            WHERE state < 2 GROUP BY channel, recipient, lane) AS head
         JOIN entry ON entry.id = head.id"
    };
}

macro_rules! columns {
    () => {
        "entry.id, organization.name, entry.notice, channel, recipient, queued_at, state,
         attempts, next_attempt_at, last_error"
    };
}

const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    ", notice.packed FROM ",
    heads!(),
    " JOIN organization ON organization.id = entry.organization
      JOIN notice ON notice.id = entry.notice
      WHERE state = 0 OR next_attempt_at NOT BETWEEN ?1 + 1 AND ?1 + ?3
      ORDER BY severity DESC, entry.id LIMIT ?2"
);

/// No attempt is ever put off further.
const WAIT_MOST: SignedDuration = SignedDuration::from_hours(24);

const NEXT_DUE: &str = concat!("SELECT min(next_attempt_at) FROM ", heads!());

const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entry JOIN organization ON organization.id = entry.organization
      ORDER BY state < 2 DESC, entry.id DESC LIMIT ?1"
);

/// The number a state is stored as; below 2 is open.
pub(super) const fn code(state: EntryState) -> i64 {
    match state {
        EntryState::Queued => 0,
        EntryState::Retrying => 1,
        EntryState::Refused => 2,
        EntryState::GivenUp => 3,
        EntryState::Accepted => 4,
    }
}

pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Envelope>, StoreError> {
    let failed = query("look for entries that are due");
    let mut statement = connection.prepare_cached(DUE).map_err(failed)?;
    let wait_most = i64::try_from(WAIT_MOST.as_micros()).unwrap_or(i64::MAX);
    let values = (now.as_microsecond(), bounded(limit), wait_most);
    let mut rows = statement.query(values).map_err(failed)?;
    let mut envelopes = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let entry = entry(row).map_err(failed)?;
        let packed: Vec<u8> = row.get(10).map_err(failed)?;
        envelopes.push(Envelope { entry, notice: unpack("notice", &packed)? });
    }
    Ok(envelopes)
}

pub(super) fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = connection
        .prepare_cached(NEXT_DUE)
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)).optional())
        .map_err(query("look for the next entry"))?
        .flatten();
    Ok(next.map(instant))
}

/// Two attempts may both have been under way; what came of the first stands.
pub(super) fn settle(connection: &Connection, settled: &Settled) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET state = ?2, attempts = ?3, next_attempt_at = ?4, last_error = ?5
        WHERE id = ?1 AND state < 2";
    let values = (
        settled.entry.0,
        code(settled.state),
        settled.attempts,
        settled.next_attempt_at.as_microsecond(),
        &settled.last_error,
    );
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("write down what came of an attempt"))
}

pub(super) fn entries(connection: &Connection, limit: usize) -> Result<Vec<Entry>, StoreError> {
    connection
        .prepare_cached(NEWEST)
        .and_then(|mut statement| {
            statement.query_map([bounded(limit)], entry).and_then(Iterator::collect)
        })
        .map_err(query("list the entries"))
}

pub(super) fn counts(connection: &Connection) -> Result<Vec<EntryCount>, StoreError> {
    let sql = "SELECT channel, state, count(*) FROM entry GROUP BY channel, state";
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let counted = statement.query_map([], |row| {
                let (channel, state) = (row.get_ref(0)?.as_str()?.into(), decoded(row.get(1)?)?);
                let entries: i64 = row.get(2)?;
                Ok(EntryCount { channel, state, entries: entries.unsigned_abs() })
            })?;
            counted.collect()
        })
        .map_err(query("count the entries"))
}

fn decoded(state: i64) -> rusqlite::Result<EntryState> {
    let known = EntryState::ALL.into_iter().find(|known| code(*known) == state);
    known.ok_or(rusqlite::Error::IntegralValueOutOfRange(6, state))
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: EntryId(row.get(0)?),
        organization: row.get_ref(1)?.as_str()?.into(),
        notice: NoticeId(row.get(2)?),
        destination: Destination {
            channel: row.get_ref(3)?.as_str()?.into(),
            recipient: row.get(4)?,
        },
        queued_at: instant(row.get(5)?),
        state: decoded(row.get(6)?)?,
        attempts: row.get(7)?,
        next_attempt_at: instant(row.get(8)?),
        last_error: row.get(9)?,
    })
}

fn instant(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MAX)
}
