//! Notices on their way: who is due.
//!
//! Order holds within a lane of a destination: only the oldest of its open entries is
//! ever due, however long that one has to wait. Between lanes the one that holds the more
//! severe goes first, then the older. Times that cannot be, since nothing waits that
//! long, were told by a clock that was set back since; they keep nobody waiting.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row};
use usagewarden_core::notice::{LaneId, Notice, NoticeId};
use usagewarden_core::outbox::{Destination, Entry, EntryId, EntryState};
use usagewarden_core::subject::ChannelName;

use super::packed::unpack;
use super::query;
use crate::store::{EntryCount, Listing, Look, StoreError};

/// The heads of all lanes but those of some channels; the index holds open entries alone,
/// in the order of lanes.
macro_rules! heads {
    () => {
        "(SELECT min(id) AS id, max(severity) AS severity FROM entry INDEXED BY entry_open
            WHERE state < 2 AND folded_into IS NULL
            AND channel NOT IN (SELECT value FROM json_each(?1))
            GROUP BY channel, recipient, lane) AS head
         JOIN entry ON entry.id = head.id"
    };
}

macro_rules! columns {
    () => {
        "entry.id, organization.name, entry.notice, channel, recipient, lane, queued_at,
         patient_since, state, attempts, next_attempt_at, last_error, folded_into"
    };
}

const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM (SELECT head.id, head.severity,
        row_number() OVER (PARTITION BY channel ORDER BY head.severity DESC, head.id) AS place
        FROM ",
    heads!(),
    " WHERE state = 0 OR next_attempt_at NOT BETWEEN ?2 + 1 AND ?2 + ?4) AS ready
      JOIN entry ON entry.id = ready.id
      JOIN organization ON organization.id = entry.organization
      WHERE place <= ?3 ORDER BY ready.severity DESC, entry.id"
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

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entry JOIN organization ON organization.id = entry.organization WHERE entry.id = ?1"
);

/// The states are bits of the first parameter.
const LISTED: &str = concat!(
    "SELECT ",
    columns!(),
    ", notice.packed FROM entry JOIN organization ON organization.id = entry.organization
      JOIN notice ON notice.id = entry.notice
      WHERE (?1 >> state) & 1 AND channel = coalesce(?2, channel)
      ORDER BY state < 2 DESC, entry.id DESC LIMIT ?3"
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
    look: &Look,
) -> Result<Vec<Entry>, StoreError> {
    let wait_most = i64::try_from(WAIT_MOST.as_micros()).unwrap_or(i64::MAX);
    let values = (array(&look.but), now.as_microsecond(), bounded(look.each), wait_most);
    connection
        .prepare_cached(DUE)
        .and_then(|mut statement| statement.query_map(values, entry).and_then(Iterator::collect))
        .map_err(query("look for entries that are due"))
}

pub(super) fn next_due(
    connection: &Connection,
    but: &[ChannelName],
) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = connection
        .prepare_cached(NEXT_DUE)
        .and_then(|mut statement| statement.query_row([array(but)], |row| row.get(0)))
        .map_err(query("look for the next entry"))?;
    Ok(next.map(instant))
}

/// One entry, as it stands.
pub(super) fn one(connection: &Connection, id: EntryId) -> Result<Option<Entry>, StoreError> {
    use rusqlite::OptionalExtension;

    connection
        .prepare_cached(ONE)
        .and_then(|mut statement| statement.query_row([id.0], entry).optional())
        .map_err(query("look up an entry"))
}

/// Names as SQLite takes a list.
fn array(names: &[ChannelName]) -> String {
    let names: Vec<&str> = names.iter().map(ChannelName::as_str).collect();
    serde_json::Value::from(names).to_string()
}

pub(super) fn entries(connection: &Connection, limit: usize) -> Result<Vec<Entry>, StoreError> {
    connection
        .prepare_cached(NEWEST)
        .and_then(|mut statement| {
            statement.query_map([bounded(limit)], entry).and_then(Iterator::collect)
        })
        .map_err(query("list the entries"))
}

pub(super) fn listed(
    connection: &Connection,
    listing: &Listing,
) -> Result<Vec<(Entry, Notice)>, StoreError> {
    let failed = query("list entries");
    let wanted = listing.states.iter().fold(0_i64, |bits, state| bits | (1 << code(*state)));
    let wanted = if listing.states.is_empty() { !0 } else { wanted };
    let channel = listing.channel.as_ref().map(ChannelName::as_str);
    let mut statement = connection.prepare_cached(LISTED).map_err(failed)?;
    let mut rows = statement.query((wanted, channel, bounded(listing.limit))).map_err(failed)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let packed: Vec<u8> = row.get("packed").map_err(failed)?;
        entries.push((entry(row).map_err(failed)?, unpack("notice", &packed)?));
    }
    Ok(entries)
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
    known.ok_or(rusqlite::Error::IntegralValueOutOfRange(8, state))
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
        lane: LaneId(row.get(5)?),
        queued_at: instant(row.get(6)?),
        patient_since: instant(row.get(7)?),
        state: decoded(row.get(8)?)?,
        attempts: row.get(9)?,
        next_attempt_at: instant(row.get(10)?),
        last_error: row.get(11)?,
        folded_into: row.get::<_, Option<i64>>(12)?.map(EntryId),
    })
}

pub(super) fn instant(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MAX)
}
