//! One notice on its way to one receiver, as people may see it.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::notice::{Notice, NoticeId};
use usagewarden_core::outbox::{Entry, EntryId, EntryState};
use usagewarden_core::subject::{ChannelName, OrganizationName};
use usagewarden_core::words;

use crate::store::EntryCount;

#[derive(Debug, Serialize)]
pub(in crate::web) struct DeliveryShown {
    id: EntryId,
    organization: OrganizationName,
    notice: NoticeId,
    pub(in crate::web) title: String,
    pub(in crate::web) channel: ChannelName,
    /// Whom, without saying it in full.
    pub(in crate::web) recipient: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) attempts: u32,
    pub(in crate::web) queued_at: Timestamp,
    /// Only of those that are on their way.
    pub(in crate::web) next_attempt_at: Option<Timestamp>,
    pub(in crate::web) last_error: Option<String>,
}

/// How many entries the outbox holds, by state.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(in crate::web) struct DeliveryCounts {
    queued: u64,
    retrying: u64,
    refused: u64,
    given_up: u64,
    accepted: u64,
}

impl DeliveryShown {
    pub(super) fn of(entry: &Entry, notice: &Notice) -> Self {
        Self {
            id: entry.id,
            organization: entry.organization.clone(),
            notice: entry.notice.clone(),
            title: title(notice),
            channel: entry.destination.channel.clone(),
            recipient: entry.destination.masked(),
            state: entry.state.label(),
            attempts: entry.attempts,
            queued_at: entry.queued_at,
            next_attempt_at: entry.state.is_open().then_some(entry.next_attempt_at),
            last_error: entry.last_error.clone(),
        }
    }
}

/// What the most urgent news are about, and how many others there are.
fn title(notice: &Notice) -> String {
    let first = notice.first().map(|news| words::title(&notice.organization, news));
    let first = first.unwrap_or_default();
    match notice.news.len() {
        0 | 1 => first,
        2 => format!("{first}, and one more"),
        more => format!("{first}, and {} more", more - 1),
    }
}

impl DeliveryCounts {
    pub(super) fn of(counts: &[EntryCount]) -> Self {
        let mut sums = Self::default();
        for EntryCount { state, entries, .. } in counts {
            let sum = match state {
                EntryState::Queued => &mut sums.queued,
                EntryState::Retrying => &mut sums.retrying,
                EntryState::Refused => &mut sums.refused,
                EntryState::GivenUp => &mut sums.given_up,
                EntryState::Accepted => &mut sums.accepted,
            };
            *sum = sum.saturating_add(*entries);
        }
        sums
    }
}
