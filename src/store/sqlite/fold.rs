//! One reading and all that follows from it.
//!
//! What follows is the ledger's to say; here its rows are fetched and its answer is
//! written, inside the transaction that the fence was checked in.

use rusqlite::Connection;
use usagewarden_core::audit::AuditLog;
use usagewarden_core::ledger::{self, LedgerSettings};
use usagewarden_core::reading::{Findings, Reading};

use super::{baselines, organization, rows};
use crate::store::{Fence, StoreError};

pub(super) fn commit(
    connection: &Connection,
    fence: &Fence,
    settings: &LedgerSettings,
    reading: &Reading,
) -> Result<(), StoreError> {
    let id = organization::held(connection, fence)?;
    let keep = Keeper { connection, id, reading };
    let granted = match &reading.findings {
        Findings::Usage { .. } | Findings::Bill { .. } | Findings::Requests { .. } => {
            post(connection, id, settings, reading)?;
            true
        }
        Findings::Profile(profile) => keep.whole(profile)?,
        Findings::Quota(quota) => keep.whole(quota)?,
        Findings::RateLimits(limits) => keep.whole(limits)?,
        Findings::SpendLimits(limits) => keep.whole(limits)?,
        Findings::Keys { workspaces, keys } => keep.whole(&(workspaces, keys))?,
        Findings::Members { members, invites } => keep.whole(&(members, invites))?,
        Findings::Activities { complete, activities } => {
            let known: Option<AuditLog> = organization::inventory(connection, id, reading.report)?;
            let mut log = known.unwrap_or_default();
            log.absorb(activities, *complete, reading.heard_at);
            keep.whole(&log)?
        }
        // What was heard while it was offered stays, and is old; but as a source of
        // money the report is gone.
        Findings::NotGranted => {
            post(connection, id, settings, reading)?;
            false
        }
    };
    organization::hear(connection, id, reading.report, reading.heard_at, granted)?;
    organization::revise(connection, id)
}

fn post(
    connection: &Connection,
    id: i64,
    settings: &LedgerSettings,
    reading: &Reading,
) -> Result<(), StoreError> {
    let mut book = organization::book(connection, id)?;
    let needs = ledger::needs(&book, settings, reading);
    let found = rows::load(connection, id, &needs)?;
    let changes = ledger::post(&mut book, settings, reading, &found);
    rows::write(connection, id, &changes)?;
    baselines::note(connection, id, settings, &book, &reading.findings)?;
    organization::write_book(connection, id, &book)
}

/// Keeps an inventory under the report it came from.
struct Keeper<'a> {
    connection: &'a Connection,
    id: i64,
    reading: &'a Reading,
}

impl Keeper<'_> {
    fn whole<T: serde::Serialize>(&self, inventory: &T) -> Result<bool, StoreError> {
        organization::keep(self.connection, self.id, self.reading.report, inventory)?;
        Ok(true)
    }
}
