//! What came of an attempt, and what follows: other tries, other channels, other people.
//!
//! An entry that has ended stays as it ended, until people ask for another try. What was
//! folded into an entry stands as that one does. A fallback is queued in the transaction
//! that makes it needed, for each notice and destination once, so that chains and circles
//! of channels come to an end.

use jiff::Timestamp;
use rusqlite::{Connection, Params};
use usagewarden_core::notice::Notice;
use usagewarden_core::outbox::{Again, Destination, EntryId, EntryState, Onward, Standing, Taken};
use usagewarden_core::subject::ChannelName;

use super::outbox::{code, instant};
use super::packed::pack;
use super::plan::weight;
use super::query;
use crate::store::{FallBack, Settled, StoreError};

/// Two attempts may both have been under way; what came of the first stands.
pub(super) fn settle(connection: &Connection, settled: &Settled) -> Result<(), StoreError> {
    let Settled { entry, standing, onward } = settled;
    if write(connection, *entry, standing)? == 0 {
        return Ok(());
    }
    let is_over = match standing.state {
        EntryState::Refused | EntryState::GivenUp => true,
        EntryState::Queued | EntryState::Retrying | EntryState::Accepted => false,
    };
    if is_over { follow(connection, *entry, onward, standing) } else { Ok(()) }
}

fn write(
    connection: &Connection,
    entry: EntryId,
    standing: &Standing,
) -> Result<usize, StoreError> {
    let sql = "UPDATE entry SET state = ?2, attempts = ?3, patient_since = ?4,
            next_attempt_at = ?5, last_error = ?6, waits_for_server = ?8,
            offered = CASE offered WHEN 2 THEN 2 ELSE ?7 END
        WHERE id = ?1 AND state < 2";
    // A later attempt that was certainly not taken says nothing of an earlier one.
    let offered = match standing.taken {
        Taken::No => 0,
        Taken::Perhaps | Taken::Yes => 2,
    };
    let values = (
        entry.0,
        code(standing.state),
        standing.attempts,
        standing.patient_since.as_microsecond(),
        standing.next_attempt_at.as_microsecond(),
        &standing.last_error,
        offered,
        standing.waits_for_server,
    );
    let doing = "write down what came of an attempt";
    let written = execute(connection, doing, sql, values)?;
    let sql = "UPDATE entry SET (state, attempts, next_attempt_at, last_error) =
            (SELECT state, attempts, next_attempt_at, last_error FROM entry WHERE id = ?1)
        WHERE folded_into = ?1";
    execute(connection, doing, sql, [entry.0])?;
    Ok(written)
}

/// An entry that will not be delivered goes to its fallback; where that has failed as well,
/// or there is none, others are told.
fn follow(
    connection: &Connection,
    entry: EntryId,
    onward: &Onward,
    standing: &Standing,
) -> Result<(), StoreError> {
    let now = standing.next_attempt_at;
    for destination in &onward.fallback {
        queue_also(connection, entry, destination, now)?;
    }
    mark_fallen(connection, entry)?;
    let Some((notice, told)) = &onward.report else { return Ok(()) };
    if is_on_its_way(connection, entry, &onward.fallback)? {
        return Ok(());
    }
    report(connection, entry, notice, told)
}

/// Queues the notice of an entry, and those that were folded into it, for somebody else.
/// They are folded anew on their way there, together with what waits there already; but not
/// under a name that somebody may have got: the fallback may lead to the same people, and
/// their mail programs drop what comes twice under one name.
fn queue_also(
    connection: &Connection,
    entry: EntryId,
    destination: &Destination,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let sql = "INSERT INTO entry (organization, notice, channel, recipient, lane, severity,
            queued_at, patient_since, state, attempts, next_attempt_at, offered)
        SELECT organization, notice, ?2, ?3, lane, severity, ?4, ?4, 0, 0, ?4,
            CASE offered WHEN 0 THEN 0 ELSE 2 END
        FROM entry WHERE id = ?1 OR folded_into = ?1 ORDER BY id ON CONFLICT DO NOTHING";
    let to = (entry.0, destination.channel.as_str(), &destination.recipient, now.as_microsecond());
    execute(connection, "queue a notice for the fallback", sql, to)
}

fn mark_fallen(connection: &Connection, entry: EntryId) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET fallen_back = 1 WHERE id = ?1 OR folded_into = ?1";
    execute(connection, "note a fallback", sql, [entry.0]).map(drop)
}

/// Whether the notice of an entry has arrived at one of `destinations`, or may yet.
fn is_on_its_way(
    connection: &Connection,
    entry: EntryId,
    destinations: &[Destination],
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE channel = ?2 AND recipient = ?3
        AND notice = (SELECT notice FROM entry WHERE id = ?1) AND state NOT IN (2, 3))";
    let failed = query("look for the fallback of an entry");
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    for to in destinations {
        let values = (entry.0, to.channel.as_str(), &to.recipient);
        if statement.query_row(values, |row| row.get(0)).map_err(failed)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells `told` that an entry will not be delivered; the same report only once.
fn report(
    connection: &Connection,
    entry: EntryId,
    notice: &Notice,
    told: &[Destination],
) -> Result<(), StoreError> {
    let doing = "report an entry that was not delivered";
    let decided_at = notice.decided_at.as_microsecond();
    let sql = "INSERT INTO notice (id, organization, decided_at, packed)
        SELECT ?2, organization, ?3, ?4 FROM entry WHERE id = ?1 ON CONFLICT DO NOTHING";
    let values = (entry.0, &notice.id.0, decided_at, pack("notice", notice)?);
    execute(connection, doing, sql, values)?;
    let sql = "INSERT INTO entry (organization, notice, channel, recipient, lane, severity,
            queued_at, patient_since, state, attempts, next_attempt_at)
        SELECT organization, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, 0, ?7 FROM entry WHERE id = ?1
        ON CONFLICT DO NOTHING";
    for to in told {
        let (channel, lane) = (to.channel.as_str(), &notice.lane.0);
        let weight = weight(notice.severity());
        let values = (entry.0, &notice.id.0, channel, &to.recipient, lane, weight, decided_at);
        execute(connection, doing, sql, values)?;
    }
    Ok(())
}

pub(super) fn hasten(
    connection: &Connection,
    channel: &ChannelName,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE entry INDEXED BY entry_open SET next_attempt_at = ?2
        WHERE state < 2 AND folded_into IS NULL AND channel = ?1 AND waits_for_server = 1";
    let values = (channel.as_str(), now.as_microsecond());
    execute(connection, "hasten a channel", sql, values).map(drop)
}

/// Entries that go to their fallback in one transaction; the rest follow at the next look.
const FALL_MAX: i64 = 500;

/// Those that wait behind one that failed have failed with it.
pub(super) fn fall_back(
    connection: &Connection,
    step_in: &FallBack,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let FallBack { channel, destinations, before, is_broken } = step_in;
    let sql = "SELECT id FROM entry AS late WHERE channel = ?1 AND patient_since <= ?2
        AND state < 2 AND fallen_back = 0
        AND (?3 OR EXISTS (SELECT 1 FROM entry WHERE channel = late.channel
            AND recipient = late.recipient AND lane = late.lane AND state = 1
            AND folded_into IS NULL))
        ORDER BY id LIMIT ?4";
    let failed = query("look for entries that failed for long");
    let values = (channel.as_str(), before.as_microsecond(), *is_broken, FALL_MAX);
    let late: Vec<i64> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_map(values, |row| row.get(0)).and_then(Iterator::collect)
        })
        .map_err(failed)?;
    for id in late.into_iter().map(EntryId) {
        for destination in destinations {
            queue_also(connection, id, destination, now)?;
        }
        mark_fallen(connection, id)?;
    }
    let sql = "SELECT min(patient_since) FROM entry
        WHERE channel = ?1 AND state < 2 AND fallen_back = 0";
    let oldest: Option<i64> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([channel.as_str()], |row| row.get(0)))
        .map_err(failed)?;
    Ok(oldest.map(instant))
}

macro_rules! again {
    ($which:literal) => {
        concat!(
            "UPDATE entry SET state = iif(state = 1, 1, 0),
                attempts = iif(state = 1, attempts, 0),
                patient_since = iif(state = 1, patient_since, ?1),
                next_attempt_at = ?1, waits_for_server = 0,
                folded_into = (SELECT id FROM entry AS head WHERE head.id = entry.folded_into)
            WHERE (state IN (2, 3) OR (state = 1 AND next_attempt_at > ?1)) AND ",
            $which
        )
    };
}

/// What waits for its next attempt has it now, and keeps its patience; what had ended
/// begins anew. What was folded is tried again as one: somebody may have got it so. What is older than
/// its head's retention allows stands alone again.
pub(super) fn retry(
    connection: &Connection,
    again: &Again,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let (doing, now) = ("try entries again", now.as_microsecond());
    let retried = match again {
        Again::Entry(id) => {
            let sql = again!(
                "(id = ?2 OR folded_into = ?2
                OR ifnull(folded_into, id) = (SELECT folded_into FROM entry WHERE id = ?2))"
            );
            execute(connection, doing, sql, (now, id.0))
        }
        Again::Channel(channel) => {
            execute(connection, doing, again!("channel = ?2"), (now, channel.as_str()))
        }
        Again::All => execute(connection, doing, again!("true"), [now]),
        Again::Refused => execute(connection, doing, again!("state = 2"), [now]),
    }?;
    Ok(u64::try_from(retried).unwrap_or(u64::MAX))
}

fn execute(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    values: impl Params,
) -> Result<usize, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map_err(query(doing))
}
