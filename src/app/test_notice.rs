//! A test message through the real channels, without daemon and store.

use std::sync::Arc;

use jiff::Timestamp;
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::{Attempt, Destination, Entry, EntryId, EntryState, Envelope};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::{ChannelName, OrganizationName};

use super::{channels, translate};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::deliver::channel::Channel;

/// What came of the message to one recipient.
#[derive(Clone, Debug)]
pub struct Tested {
    pub recipient: String,
    pub attempt: Attempt,
}

/// Sends a test message to every recipient of a channel, once each, at the same time.
/// `None` when there is no such channel.
pub async fn send_test_notice(
    config: &Config,
    channel: &ChannelName,
    organization: &OrganizationName,
    clock: SharedClock,
) -> Option<Vec<Tested>> {
    let reach = translate::reach(config);
    let destinations = reach.destinations.get(channel)?;
    let sender = channels::all(config, &clock).into_iter().find(|one| one.name() == channel)?;
    let notice = notice(organization, channel, clock.now());
    let sent = destinations.iter().map(|to| send(Arc::clone(&sender), &notice, to.clone()));
    Some(futures_util::future::join_all(sent).await)
}

async fn send(channel: Arc<dyn Channel>, notice: &Notice, destination: Destination) -> Tested {
    let recipient = destination.recipient.clone();
    let envelope =
        Envelope { entry: entry(notice, destination), notice: notice.clone(), folded: 0 };
    Tested { recipient, attempt: channel.attempt(&envelope).await }
}

fn notice(organization: &OrganizationName, channel: &ChannelName, now: Timestamp) -> Notice {
    let name = format!("test:{channel}:{now}");
    let episode = EpisodeId(name.clone());
    let facts = Facts::bare(episode, "test".into(), Kind::Test, Severity::Info, Matter::Test, now);
    let news = News {
        id: NewsId(name.clone()),
        effect: Effect::Test,
        facts,
        period_end: false,
        only: None,
    };
    Notice {
        id: NoticeId(name.clone()),
        organization: organization.clone(),
        decided_at: now,
        lane: LaneId(name),
        news: vec![news],
    }
}

/// As the outbox would hold it, had it been queued.
pub(super) fn entry(notice: &Notice, destination: Destination) -> Entry {
    Entry {
        id: EntryId(0),
        organization: notice.organization.clone(),
        notice: notice.id.clone(),
        destination,
        lane: notice.lane.clone(),
        queued_at: notice.decided_at,
        patient_since: notice.decided_at,
        state: EntryState::Queued,
        attempts: 0,
        next_attempt_at: notice.decided_at,
        last_error: None,
        folded_into: None,
    }
}
