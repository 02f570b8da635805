//! Bringing a store to the format this version knows.
//!
//! Every step is a numbered SQL file, runs once, and is one transaction together
//! with the number it leaves behind; a step that fails leaves the store at the one
//! before. There is no way down: an older program refuses a newer store, because it
//! would write rows that the newer one has stopped reading.
//!
//! A new version of a packed encoding is a new step too, even where the tables stay
//! as they are, so that the number alone tells whether a program can read a store.

use rusqlite::Connection;

use super::query;
use crate::store::StoreError;

const STEPS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// The format this version writes.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

/// Which format the store has; 0 when it has no tables yet.
pub(super) fn found(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs the steps that the store has not seen.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let failed = query("bring the store to the format of this version");
    let seen = usize::try_from(found(connection).map_err(failed)?).unwrap_or(0);
    for (step, sql) in STEPS.iter().enumerate().skip(seen) {
        run(connection, step + 1, sql).map_err(failed)?;
    }
    Ok(())
}

fn run(connection: &mut Connection, number: usize, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number as i64)?;
    transaction.commit()
}
