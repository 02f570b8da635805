//! News become notices: routed, grouped, and told when their group is due.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decide::case::Case;
use crate::decide::turn::Alerts;
use crate::notice::{Effect, Facts, LaneId, News, Notice, NoticeId, digest, fold};
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
/// takes are for nobody, but that something is over goes to whoever was told of it.
pub(super) fn route(case: &Case<'_>, alerts: &mut Alerts<'_>, news: Vec<News>) -> Routed {
    let mut groups = as_left(case);
    for piece in news {
        let lane = lane_of(case, &piece);
        if is_end_for_others_alone(&mut groups, lane.as_ref(), &piece) {
            continue;
        }
        if let Some(lane) = lane {
            wait(&mut groups, lane, piece, case.now);
        }
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

/// The groups as they were left. What waits goes where it belongs today: routes may have
/// changed since, and so may the clock, which must not hold anything up.
fn as_left(case: &Case<'_>) -> BTreeMap<LaneId, Group> {
    let emptied = |known: &Group| {
        let told_at = known.told_at.filter(|told| !is_past(case, *told));
        (known.lane.clone(), Group { told_at, ..Group::new(known.lane.clone()) })
    };
    let mut groups: BTreeMap<LaneId, Group> = case.snapshot.groups.iter().map(emptied).collect();
    for known in &case.snapshot.groups {
        let since = known.waiting_since.unwrap_or(case.now).min(case.now);
        for piece in &known.waiting {
            if let Some(lane) = lane_of(case, piece) {
                wait(&mut groups, lane, piece.clone(), since);
            }
        }
    }
    groups
}

/// Whether no route keeps a distance from a notice made then any more.
fn is_past(case: &Case<'_>, told_at: Timestamp) -> bool {
    let longest = case.rules.routes.routes.iter().map(|route| route.group_interval).max();
    case.is_apart(told_at, longest.unwrap_or_default())
}

fn wait(groups: &mut BTreeMap<LaneId, Group>, lane: LaneId, piece: News, since: Timestamp) {
    let group = groups.entry(lane.clone()).or_insert_with(|| Group::new(lane));
    group.waiting_since = Some(group.waiting_since.map_or(since, |known| known.min(since)));
    group.waiting.push(piece);
}

/// Where a piece belongs; `None` when it is for nobody.
fn lane_of(case: &Case<'_>, piece: &News) -> Option<LaneId> {
    let about = case.about(&piece.facts);
    match case.rules.routes.of(about) {
        Some((_, route)) if piece.period_end && !route.send_period_end => None,
        Some((place, route)) => Some(route.lane(place, about)),
        None if is_told(piece) && !piece.period_end => {
            Some(LaneId(format!("{}/told", case.snapshot.organization)))
        }
        None => None,
    }
}

/// Whether it is for people who were told before.
fn is_told(piece: &News) -> bool {
    piece.only.as_ref().is_some_and(|channels| !channels.is_empty())
}

/// Whether nobody was told of what has ended, and those who wait to hear of it do so in
/// other lanes: there it is told, with both times.
fn is_end_for_others_alone(
    groups: &mut BTreeMap<LaneId, Group>,
    own: Option<&LaneId>,
    piece: &News,
) -> bool {
    if piece.effect != Effect::Resolved || piece.period_end {
        return false;
    }
    let waits_here = own.and_then(|lane| groups.get(lane)).is_some_and(|group| {
        group.waiting.iter().any(|known| known.facts.episode == piece.facts.episode)
    });
    let others = groups.values_mut().filter(|group| Some(&group.lane) != own);
    let mut waits_there = false;
    for known in others.flat_map(|group| &mut group.waiting) {
        waits_there |= end(known, piece);
    }
    waits_there && !waits_here && !is_told(piece)
}

/// Makes what waits the end of its episode, under its own name and in its own lane.
fn end(known: &mut News, resolve: &News) -> bool {
    if known.facts.episode != resolve.facts.episode || known.effect == Effect::Resolved {
        return false;
    }
    let Facts { severity, names, root, .. } = known.facts.clone();
    known.facts = Facts { severity, names, root, ..resolve.facts.clone() };
    known.effect = Effect::Resolved;
    true
}

/// Makes the notices of a group that is due.
fn tell(case: &Case<'_>, alerts: &mut Alerts<'_>, group: &mut Group, routed: &mut Routed) {
    let Some(first) = group.waiting.first() else { return };
    let route = case.rules.routes.of(case.about(&first.facts)).map(|(_, route)| route);
    let due_at = route.and_then(|route| group.due_at(route)).unwrap_or(case.now);
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
    let keeps_distance = route.is_some_and(|route| !route.group_interval.is_zero());
    group.told_at = keeps_distance.then_some(case.now);
}

/// A resolve goes to those who were told; all else to those the route names.
fn by_channels(route: Option<&Route>, news: Vec<News>) -> Vec<(Vec<ChannelName>, Vec<News>)> {
    let mut apart: Vec<(Vec<ChannelName>, Vec<News>)> = Vec::new();
    for piece in news {
        let named = || route.map(|route| route.channels.clone()).unwrap_or_default();
        let channels = piece.only.clone().unwrap_or_else(named);
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
    let digest = digest(news.iter().flat_map(|piece| piece.id.0.bytes().chain([b'\n'])));
    NoticeId(format!("{first}:with{}:{digest:016x}", news.len() - 1))
}
