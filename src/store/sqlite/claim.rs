//! Taking an entry to be sent: what it says is settled here, before anybody is offered it.
//!
//! What waits behind a head of which no attempt can have been accepted is folded into it,
//! and the fold is written down together with the mark that the message was offered. A
//! crash at any instant later finds the mark, and sends the same message again.

use rusqlite::Connection;
use usagewarden_core::notice::{Notice, merge};
use usagewarden_core::outbox::{Entry, EntryId, Envelope};

use super::packed::{pack, unpack};
use super::plan::weight;
use super::{outbox, query};
use crate::store::StoreError;

/// Entries behind a head that are looked at: more than a message has room for.
const BEHIND_MAX: i64 = 64;

pub(super) fn claim(
    connection: &Connection,
    entries: &[EntryId],
) -> Result<Vec<Envelope>, StoreError> {
    let mut taken = Vec::with_capacity(entries.len());
    for id in entries {
        let Some(entry) = outbox::one(connection, *id)?.filter(|entry| entry.state.is_open())
        else {
            continue;
        };
        let lane = lane(connection, &entry)?;
        if lane.first().is_some_and(|head| head.id == *id) {
            let (notice, folded) = settled(connection, lane)?;
            offer(connection, *id)?;
            taken.push(Envelope { entry, notice, folded });
        }
    }
    Ok(taken)
}

/// An open entry of a lane.
struct Waiting {
    id: EntryId,
    is_offered: bool,
    message: Notice,
}

/// The open entries of the lane of `entry`, the oldest first.
fn lane(connection: &Connection, entry: &Entry) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT entry.id, offered, coalesce(entry.packed, notice.packed)
        FROM entry INDEXED BY entry_open JOIN notice ON notice.id = entry.notice
        WHERE state < 2 AND folded_into IS NULL AND channel = ?1 AND recipient = ?2 AND lane = ?3
        ORDER BY entry.id LIMIT ?4";
    let failed = query("read a lane");
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let destination = &entry.destination;
    let of = (destination.channel.as_str(), &destination.recipient, &entry.lane.0, BEHIND_MAX);
    let mut rows = statement.query(of).map_err(failed)?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let packed = row.get_ref(2).and_then(|cell| Ok(cell.as_blob()?)).map_err(failed)?;
        waiting.push(Waiting {
            id: EntryId(row.get(0).map_err(failed)?),
            is_offered: row.get(1).map_err(failed)?,
            message: unpack("notice", packed)?,
        });
    }
    Ok(waiting)
}

/// What the head of a lane says, and how many entries were folded into it just now.
fn settled(connection: &Connection, mut lane: Vec<Waiting>) -> Result<(Notice, usize), StoreError> {
    let is_sealed = |waiting: &Waiting| waiting.is_offered;
    let foldable = lane.iter().position(is_sealed).unwrap_or(lane.len()).max(1);
    lane.truncate(foldable);
    let ids: Vec<EntryId> = lane.iter().map(|waiting| waiting.id).collect();
    let messages = lane.into_iter().map(|waiting| waiting.message).collect();
    let defect = StoreError::Defect { doing: "fold a lane" };
    let (message, spoken_for) = merge(messages).ok_or(defect)?;
    if let [head, behind @ ..] = &ids[..spoken_for]
        && !behind.is_empty()
    {
        fold(connection, *head, behind, &message)?;
    }
    Ok((message, spoken_for - 1))
}

fn fold(
    connection: &Connection,
    head: EntryId,
    behind: &[EntryId],
    message: &Notice,
) -> Result<(), StoreError> {
    let failed = query("fold entries into one");
    let sql = "UPDATE entry SET packed = ?2, severity = max(severity, ?3) WHERE id = ?1";
    let values = (head.0, pack("notice", message)?, weight(message.severity()));
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.execute(values).map_err(failed)?;
    // What was folded into a follower stands as the head does from now on.
    let sql = "UPDATE entry SET folded_into = ?1, packed = NULL,
            (state, attempts, next_attempt_at, last_error) =
            (SELECT state, attempts, next_attempt_at, last_error FROM entry WHERE id = ?1)
        WHERE id = ?2 OR folded_into = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    for follower in behind {
        statement.execute((head.0, follower.0)).map_err(failed)?;
    }
    Ok(())
}

/// Offered before, and nothing was written down of it: then a crash came between, and the
/// doubt stays for good.
fn offer(connection: &Connection, id: EntryId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE entry SET offered = offered + 1 WHERE id = ?1 AND offered < 2")
        .and_then(|mut statement| statement.execute([id.0]))
        .map(drop)
        .map_err(query("note that an entry is offered"))
}
