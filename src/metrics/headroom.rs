//! How much of each rate limit the last closed minutes used.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden_core::headroom::Used;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::window::Width;

use super::cap::Room;
use super::family::Family;
use super::fragment::Sheet;
use super::limits;

/// Minutes that ended longer ago say nothing about now. Usage settles within five.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Writes the mean use of the closed minutes as a share of each limit that it can be compared with.
pub(super) fn write(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    let Some(limits) = &snapshot.roster.rate_limits else { return };
    let Some(used) = used(snapshot) else { return };
    let mut highest: BTreeMap<[&str; 3], Decimal> = BTreeMap::new();
    for limit in limits.iter().filter(|limit| !limit.inherited) {
        if let Some(ratio) = used.ratio(limit) {
            let most = highest.entry(limits::labels(limit)).or_insert(ratio);
            *most = (*most).max(ratio);
        }
    }
    for (labels, ratio) in highest {
        if room.take(1) {
            limits::write(sheet, Family::RateLimitUsed, labels, ratio.round_dp(6).normalize());
        }
    }
}

/// `None` when there are no minutes, or none that still mean something.
fn used(snapshot: &Snapshot) -> Option<Used<'_>> {
    let ended_at = Width::Minute.bucket(snapshot.minutes.last()?.from).until();
    if snapshot.at.duration_since(ended_at) > STALE_AFTER {
        return None;
    }
    Used::of(&snapshot.minutes)
}
