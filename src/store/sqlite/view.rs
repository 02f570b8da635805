//! Reading: one organization as it stands, and what was spent in the past.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use usagewarden_core::ledger::{self, Book, LedgerSettings};
use usagewarden_core::polling::Polling;
use usagewarden_core::reading::Report;
use usagewarden_core::roster::{ApiKey, Invite, Member, Workspace};
use usagewarden_core::snapshot::{Heard, HourSpend, Roster, Snapshot};
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::{Width, Window};

use super::organization::{book, find, inventory};
use super::{action, baselines, plan, query, rows};
use crate::store::{DaySpend, Kept, StoreError};

/// What one answer may hold; older days are asked for apart.
const DAYS_MAX: SignedDuration = SignedDuration::from_hours(800 * 24);

pub(super) fn snapshot(
    connection: &Connection,
    organization: OrganizationName,
    settings: &LedgerSettings,
    at: Timestamp,
) -> Result<Snapshot, StoreError> {
    let found = find(connection, &organization)?;
    let book = book(connection, found.id)?;
    let sums = rows::sums(connection, found.id, &ledger::sum_keys(settings, at))?;
    let needs = ledger::outlook(&book, settings, &sums, at);
    let mut loaded = rows::load(connection, found.id, &needs)?;
    loaded.sums.extend(sums);
    let figures = ledger::spends(&book, settings, &loaded, at);
    let hour = figures.hour.map(|(hour, used)| {
        let usual = baselines::usual(connection, found.id, hour.from())?;
        Ok(HourSpend { hour, used, usual })
    });
    let heard = heard(connection, found.id, &book, settings)?;
    Ok(Snapshot {
        organization,
        revision: found.revision,
        at,
        roster: roster(connection, found.id, &heard)?,
        first_heard_at: book.first_heard_at,
        heard,
        spends: figures.spends,
        price_discount: book.prices.discount,
        price_error: book.prices.error,
        unpriced: figures.unpriced,
        minutes: figures.minutes,
        hour: hour.transpose()?,
        windows: figures.windows,
        alerts: plan::alerts(connection, found.id)?,
        groups: plan::groups(connection, found.id)?,
        actions: action::of(connection, found.id)?,
        polling: Polling::default(),
        coverage: book.coverage,
        counters: book.counters,
    })
}

pub(super) fn kept(
    connection: &Connection,
    organization: &OrganizationName,
) -> Result<Kept, StoreError> {
    let found = find(connection, organization)?;
    Ok(Kept {
        revision: found.revision,
        alerts: plan::alerts(connection, found.id)?,
        groups: plan::groups(connection, found.id)?,
    })
}

pub(super) fn spend(
    connection: &Connection,
    organization: &OrganizationName,
    settings: &LedgerSettings,
    window: Window,
) -> Result<Vec<DaySpend>, StoreError> {
    let id = find(connection, organization)?.id;
    let book = book(connection, id)?;
    let from = window.from().max(window.until().saturating_sub(DAYS_MAX).unwrap_or(Timestamp::MIN));
    let Some(window) = Window::new(from, window.until()) else { return Ok(Vec::new()) };
    let loaded = rows::load(connection, id, &ledger::history(&book, window))?;
    let parts = Width::Day.buckets(window).filter_map(|day| day.overlap(&window));
    Ok(parts
        .map(|part| {
            let value = ledger::value(&book, settings, &loaded, part);
            DaySpend { window: part, charges: value.charges, tokens: value.tokens }
        })
        .collect())
}

/// Inventories as they were last heard. Caps that are no longer told are not known any
/// more: one that was lifted since would be shown for ever.
fn roster(
    connection: &Connection,
    id: i64,
    heard: &BTreeMap<Report, Heard>,
) -> Result<Roster, StoreError> {
    let caps_are_told = heard.get(&Report::SpendLimits).is_some_and(|heard| heard.granted);
    let keys: Option<(Vec<Workspace>, Vec<ApiKey>)> = inventory(connection, id, Report::Keys)?;
    let (workspaces, keys) = keys.unzip();
    let people: Option<(Vec<Member>, Vec<Invite>)> = inventory(connection, id, Report::Members)?;
    let (members, invites) = people.unzip();
    Ok(Roster {
        profile: inventory(connection, id, Report::Company)?.map(Arc::new),
        quota: inventory(connection, id, Report::Quota)?.map(Arc::new),
        rate_limits: inventory(connection, id, Report::RateLimits)?.map(Arc::new),
        spend_limits: inventory(connection, id, Report::SpendLimits)?
            .filter(|_| caps_are_told)
            .map(Arc::new),
        workspaces: workspaces.map(Arc::new),
        keys: keys.map(Arc::new),
        members: members.map(Arc::new),
        invites: invites.map(Arc::new),
        audit: inventory(connection, id, Report::Audit)?.map(Arc::new),
    })
}

fn heard(
    connection: &Connection,
    id: i64,
    book: &Book,
    settings: &LedgerSettings,
) -> Result<BTreeMap<Report, Heard>, StoreError> {
    let failed = query("load when the reports were heard");
    let sql = "SELECT report, heard_at, granted FROM heard WHERE organization = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut found = statement.query([id]).map_err(failed)?;
    let mut heard = BTreeMap::new();
    while let Some(row) = found.next().map_err(failed)? {
        let (label, at, granted): (String, i64, bool) =
            row.get(0).and_then(|label| Ok((label, row.get(1)?, row.get(2)?))).map_err(failed)?;
        let Some(report) = Report::named(&label) else { continue };
        let heard_at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::MIN);
        let data_until = data_until(report, heard_at, granted, book, settings);
        heard.insert(report, Heard { heard_at, data_until, granted });
    }
    Ok(heard)
}

/// How long after its end a bucket of usage still grows.
const USAGE_SETTLES: SignedDuration = SignedDuration::from_mins(5);
/// How long after its end a day of the cost report still grows.
const COST_SETTLES: SignedDuration = SignedDuration::from_hours(6);

/// The newest closed data of a report. For an inventory, when it was heard: a refusal
/// is not hearing it.
fn data_until(
    report: Report,
    heard_at: Timestamp,
    granted: bool,
    book: &Book,
    settings: &LedgerSettings,
) -> Option<Timestamp> {
    match report {
        Report::Usage => closed(book, report, settings.finest, USAGE_SETTLES),
        Report::Cost => closed(book, report, Width::Day, COST_SETTLES),
        Report::Analytics => {
            let coverage = book.coverage.get(&(report, Width::Hour))?;
            coverage.refreshed_at.map(|refreshed| refreshed.min(coverage.read.until()))
        }
        Report::Company
        | Report::Quota
        | Report::RateLimits
        | Report::SpendLimits
        | Report::Keys
        | Report::Members
        | Report::Audit => granted.then_some(heard_at),
    }
}

fn closed(book: &Book, report: Report, width: Width, settles: SignedDuration) -> Option<Timestamp> {
    let coverage = book.coverage.get(&(report, width))?;
    let settled = coverage.heard_at.saturating_sub(settles).unwrap_or(Timestamp::MIN);
    Some(width.floor(settled).min(coverage.read.until()))
}
