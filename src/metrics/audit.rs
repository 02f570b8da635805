//! What the audit log has said since first contact, by type.

use usagewarden_core::snapshot::Snapshot;

use super::cap::{Named, OTHER, Room};
use super::family::Family;
use super::fragment::Sheet;

/// Beyond the cap, types are `other`; one that had a series keeps it.
pub(super) fn write(sheet: &mut Sheet, room: &mut Room, named: &mut Named, snapshot: &Snapshot) {
    let Some(log) = &snapshot.roster.audit else { return };
    let mut counts: Vec<(&str, u64)> = log.counts().collect();
    if !room.has(counts.len()) {
        counts.sort_by_key(|(kind, lines)| (!named.has_type(kind), std::cmp::Reverse(*lines)));
    }
    let mut other: Option<u64> = None;
    for (kind, lines) in counts {
        // The log has a type of this name, too, for what is beyond its own bound.
        if kind != OTHER && room.take(1) {
            named.keep_type(kind);
            sheet.line(Family::AuditEvents, &[("type", kind)], lines);
        } else {
            other = Some(other.unwrap_or(0).saturating_add(lines));
        }
    }
    if let Some(lines) = other {
        sheet.line(Family::AuditEvents, &[("type", OTHER)], lines);
    }
}
