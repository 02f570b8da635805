//! What a tick decided: alerts and the notices that their moves cause, together.

use rusqlite::Connection;
use usagewarden_core::alert::AlertRecord;
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::Notice;
use usagewarden_core::outbox::{Destination, EntryState};
use usagewarden_core::route::Group;
use usagewarden_core::rule::Severity;

use super::packed::{pack, unpack};
use super::{action, organization, query};
use crate::store::{Fence, StoreError};

pub(super) fn commit(
    connection: &Connection,
    fence: &Fence,
    plan: &Plan,
) -> Result<(), StoreError> {
    let id = organization::held(connection, fence)?;
    if plan.is_empty() {
        return Ok(());
    }
    for alert in &plan.alerts {
        write_alert(connection, id, alert)?;
    }
    for group in &plan.groups {
        write_group(connection, id, group)?;
    }
    for (notice, destinations) in &plan.notices {
        write_notice(connection, id, notice)?;
        for destination in destinations {
            queue(connection, id, notice, destination)?;
        }
    }
    for order in &plan.orders {
        action::order(connection, id, order)?;
    }
    organization::revise(connection, id)
}

/// Writes an alert as it stands; one that remembers nothing is not kept.
fn write_alert(connection: &Connection, id: i64, alert: &AlertRecord) -> Result<(), StoreError> {
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let subject = &alert.subject;
    let key = (
        id,
        alert.rule.as_str(),
        part(subject.workspace.as_ref().map(|id| id.as_str())),
        part(subject.model.as_ref().map(|id| id.as_str())),
        part(subject.key.as_ref().map(|id| id.as_str())),
        part(subject.detail.as_deref()),
    );
    if alert.is_blank() {
        let sql = "DELETE FROM alert WHERE organization = ?1 AND rule = ?2 AND workspace = ?3
            AND model = ?4 AND key = ?5 AND detail = ?6";
        return connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(key))
            .map(drop)
            .map_err(query("forget an alert"));
    }
    let sql = "INSERT INTO alert (organization, rule, workspace, model, key, detail, packed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT DO UPDATE SET packed = excluded.packed
        WHERE packed IS NOT excluded.packed";
    let (id, rule, workspace, model, api_key, detail) = key;
    let values = (id, rule, workspace, model, api_key, detail, pack("alert", alert)?);
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("write an alert"))
}

/// Writes a group as it was left; one that nothing waits in and that keeps no distance is
/// not kept.
fn write_group(connection: &Connection, id: i64, group: &Group) -> Result<(), StoreError> {
    let failed = query("write a group");
    if *group == Group::new(group.lane.clone()) {
        let sql = "DELETE FROM grouping WHERE organization = ?1 AND lane = ?2";
        return connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute((id, &group.lane.0)))
            .map(drop)
            .map_err(failed);
    }
    let sql = "INSERT INTO grouping (organization, lane, packed) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET packed = excluded.packed";
    let values = (id, &group.lane.0, pack("group", group)?);
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(failed)
}

/// A notice is frozen when it is decided: one that is there already stays as it is.
fn write_notice(connection: &Connection, id: i64, notice: &Notice) -> Result<(), StoreError> {
    let sql = "INSERT INTO notice (id, organization, decided_at, packed)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let decided_at = notice.decided_at.as_microsecond();
    let values = (&notice.id.0, id, decided_at, pack("notice", notice)?);
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("write a notice"))
}

fn queue(
    connection: &Connection,
    id: i64,
    notice: &Notice,
    destination: &Destination,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO entry (organization, notice, channel, recipient, lane, severity,
            queued_at, patient_since, state, attempts, next_attempt_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 0, ?7) ON CONFLICT DO NOTHING";
    let values = (
        id,
        &notice.id.0,
        destination.channel.as_str(),
        &destination.recipient,
        &notice.lane.0,
        weight(notice.severity()),
        notice.decided_at.as_microsecond(),
        super::outbox::code(EntryState::Queued),
    );
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(query("queue a notice"))
}

/// The more it hurts, the sooner it is sent.
pub(super) const fn weight(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

/// Every alert of an organization, as it stands.
pub(super) fn alerts(connection: &Connection, id: i64) -> Result<Vec<AlertRecord>, StoreError> {
    let failed = query("load the alerts");
    let sql = "SELECT packed FROM alert WHERE organization = ?1
        ORDER BY rule, workspace, model, key, detail";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let packed: Vec<Vec<u8>> =
        statement.query_map([id], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    packed.iter().map(|packed| unpack("alert", packed)).collect()
}

/// Every group of an organization, as it was left.
pub(super) fn groups(connection: &Connection, id: i64) -> Result<Vec<Group>, StoreError> {
    let failed = query("load the groups");
    let sql = "SELECT packed FROM grouping WHERE organization = ?1 ORDER BY lane";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let packed: Vec<Vec<u8>> =
        statement.query_map([id], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    packed.iter().map(|packed| unpack("group", packed)).collect()
}
