//! Organizations: who may write for them, how often they were written, what they said.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;
use usagewarden_core::ledger::Book;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::packed::{pack, unpack};
use super::query;
use crate::store::{Fence, StoreError};

/// Hands out the next token; whoever held an earlier one is fenced off.
pub(super) fn acquire(
    connection: &Connection,
    organization: OrganizationName,
) -> Result<Fence, StoreError> {
    let sql = "INSERT INTO organization (name, fence, revision) VALUES (?1, 1, 0)
        ON CONFLICT (name) DO UPDATE SET fence = fence + 1 RETURNING fence";
    let token: i64 = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([organization.as_str()], |row| row.get(0)))
        .map_err(query("take over an organization"))?;
    Ok(Fence { organization, token: token.cast_unsigned() })
}

/// The number of an organization, for whoever still holds it.
pub(super) fn held(connection: &Connection, fence: &Fence) -> Result<i64, StoreError> {
    let found = find(connection, &fence.organization)?;
    if found.fence != fence.token {
        return Err(StoreError::Fenced { organization: fence.organization.clone() });
    }
    Ok(found.id)
}

/// An organization as the store knows it.
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) revision: u64,
    fence: u64,
}

pub(super) fn find(
    connection: &Connection,
    organization: &OrganizationName,
) -> Result<Found, StoreError> {
    connection
        .prepare_cached("SELECT id, revision, fence FROM organization WHERE name = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([organization.as_str()], |row| {
                    let [id, revision, fence] = [row.get(0)?, row.get(1)?, row.get(2)?];
                    Ok(Found {
                        id,
                        revision: i64::cast_unsigned(revision),
                        fence: i64::cast_unsigned(fence),
                    })
                })
                .optional()
        })
        .map_err(query("look up an organization"))?
        .ok_or_else(|| StoreError::Unknown { organization: organization.clone() })
}

/// Notes that something of the organization was written.
pub(super) fn revise(connection: &Connection, organization: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE organization SET revision = revision + 1 WHERE id = ?1")
        .and_then(|mut statement| statement.execute([organization]))
        .map(drop)
        .map_err(query("count a commit"))
}

pub(super) fn book(connection: &Connection, organization: i64) -> Result<Book, StoreError> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT packed FROM book WHERE organization = ?1")
        .and_then(|mut statement| statement.query_row([organization], |row| row.get(0)).optional())
        .map_err(query("load the book"))?;
    packed.map_or_else(|| Ok(Book::default()), |packed| unpack("book", &packed))
}

pub(super) fn write_book(
    connection: &Connection,
    organization: i64,
    book: &Book,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO book (organization, packed) VALUES (?1, ?2)
        ON CONFLICT DO UPDATE SET packed = excluded.packed
        WHERE packed IS NOT excluded.packed";
    let packed = pack("book", book)?;
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute((organization, packed)))
        .map(drop)
        .map_err(query("write the book"))
}

/// Remembers that a report answered, and whether it is offered at all.
pub(super) fn hear(
    connection: &Connection,
    organization: i64,
    report: Report,
    heard_at: Timestamp,
    granted: bool,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO heard (organization, report, heard_at, granted)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at, granted = excluded.granted";
    let values = (organization, report.label(), heard_at.as_microsecond(), granted);
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("note that a report was heard"))
}

/// Keeps an inventory as it was last heard; an unchanged one is not written again.
pub(super) fn keep<T: Serialize>(
    connection: &Connection,
    organization: i64,
    report: Report,
    inventory: &T,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO roster (organization, report, packed) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET packed = excluded.packed
        WHERE packed IS NOT excluded.packed";
    let packed = pack("inventory", inventory)?;
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute((organization, report.label(), packed)))
        .map(drop)
        .map_err(query("write an inventory"))
}

/// An inventory as it was last heard.
pub(super) fn inventory<T: DeserializeOwned>(
    connection: &Connection,
    organization: i64,
    report: Report,
) -> Result<Option<T>, StoreError> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT packed FROM roster WHERE organization = ?1 AND report = ?2")
        .and_then(|mut statement| {
            statement.query_row((organization, report.label()), |row| row.get(0)).optional()
        })
        .map_err(query("load an inventory"))?;
    packed.map(|packed| unpack("inventory", &packed)).transpose()
}
