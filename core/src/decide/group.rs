//! News become notices: routed, grouped, and told when their group is due.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decide::case::Case;
use crate::decide::turn::Alerts;
use crate::notice::{Effect, LaneId, News, Notice, NoticeId, fold};
use crate::outbox::Destination;
use crate::route::{Group, Route};
use crate::subject::ChannelName;

/// What became of a tick's news.
#[derive(Debug, Default)]
pub(super) struct Routed {
    /// Groups that moved.
    pub(super) groups: Vec<Group>,
    pub(super) notices: Vec<(Notice, Vec<Destination>)>,
    pub(super) again_at: Option<Timestamp>,
}

/// Puts `news` into their groups and tells the groups that are due. News that no route
/// takes are for nobody.
pub(super) fn route(case: &Case<'_>, alerts: &mut Alerts<'_>, news: Vec<News>) -> Routed {
    let mut groups: BTreeMap<LaneId, Group> =
        case.snapshot.groups.iter().map(|group| (group.lane.clone(), group.clone())).collect();
    for piece in news {
        let about = case.about(&piece.facts);
        let Some((place, route)) = case.rules.routes.of(about) else { continue };
        if piece.period_end && !route.send_period_end {
            continue;
        }
        let lane = route.lane(place, about);
        let group = groups.entry(lane.clone()).or_insert_with(|| Group::new(lane));
        group.waiting_since.get_or_insert(case.now);
        group.waiting.push(piece);
    }
    let mut routed = Routed::default();
    for (_, mut group) in groups {
        tell(case, alerts, &mut group, &mut routed);
        let known = case.snapshot.groups.iter().find(|known| known.lane == group.lane);
        let is_blank = group == Group::new(group.lane.clone());
        if known != Some(&group) && !(known.is_none() && is_blank) {
            routed.groups.push(group);
        }
    }
    routed
}

/// Makes the notices of a group that is due.
fn tell(case: &Case<'_>, alerts: &mut Alerts<'_>, group: &mut Group, routed: &mut Routed) {
    let Some(first) = group.waiting.first() else { return };
    let Some((_, route)) = case.rules.routes.of(case.about(&first.facts)) else {
        // The route it waited for was removed, and none takes its place.
        (group.waiting, group.waiting_since) = (Vec::new(), None);
        return;
    };
    let due_at = group.due_at(route).unwrap_or(case.now);
    if due_at > case.now {
        routed.again_at = Some(routed.again_at.map_or(due_at, |at| at.min(due_at)));
        return;
    }
    for (channels, news) in by_channels(route, fold(std::mem::take(&mut group.waiting))) {
        let notice = notice(case, &group.lane, news);
        for piece in &notice.news {
            if piece.effect != Effect::Resolved {
                alerts.told(piece, &notice.reference(), &channels);
            }
        }
        routed.notices.push((notice, case.rules.routes.reached(&channels)));
    }
    group.waiting_since = None;
    // Without a distance to keep there is nothing to remember.
    group.told_at = (!route.group_interval.is_zero()).then_some(case.now);
}

/// A resolve goes to those who were told; all else to those the route names.
fn by_channels(route: &Route, news: Vec<News>) -> Vec<(Vec<ChannelName>, Vec<News>)> {
    let mut apart: Vec<(Vec<ChannelName>, Vec<News>)> = Vec::new();
    for piece in news {
        let channels = piece.only.clone().unwrap_or_else(|| route.channels.clone());
        match apart.iter_mut().find(|(known, _)| *known == channels) {
            Some((_, together)) => together.push(piece),
            None => apart.push((channels, vec![piece])),
        }
    }
    apart
}

fn notice(case: &Case<'_>, lane: &LaneId, mut news: Vec<News>) -> Notice {
    let id = notice_id(&news);
    let mut notice = Notice {
        id,
        organization: case.snapshot.organization.clone(),
        decided_at: case.now,
        lane: lane.clone(),
        news: Vec::new(),
    };
    let own = notice.reference();
    for piece in &mut news {
        piece.facts.root.get_or_insert_with(|| own.clone());
    }
    notice.news = news;
    notice
}

/// Alone, news give their notice its name; together, a digest of all their names does.
fn notice_id(news: &[News]) -> NoticeId {
    let first = news.first().map(|piece| piece.id.0.clone()).unwrap_or_default();
    if news.len() <= 1 {
        return NoticeId(first);
    }
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in news.iter().flat_map(|piece| piece.id.0.bytes().chain([b'\n'])) {
        // FNV-1a: the same on every machine and in every version.
        digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    NoticeId(format!("{first}:with{}:{digest:016x}", news.len() - 1))
}
