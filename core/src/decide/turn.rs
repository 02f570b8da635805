//! What one tick does to alerts: each judge answers with turns, and here they meet what
//! was there before.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::action::Order;
use crate::alert::{AlertRecord, AlertState, EpisodeId};
use crate::decide::{Rules, Standing};
use crate::decide::{acted, identity};
use crate::notice::{News, NoticeRef};
use crate::snapshot::Snapshot;
use crate::subject::{ChannelName, OrganizationName, RuleName, Subject};

/// What one rule came to for one subject.
#[derive(Debug)]
pub(super) struct Turn {
    /// As it stands now, moved or not.
    pub(super) alert: AlertRecord,
    pub(super) news: Vec<News>,
    /// What is done about it; each is announced by the news.
    pub(super) orders: Vec<Order>,
    /// `None`: there is nothing to show, as its subject is gone.
    pub(super) standing: Option<Standing>,
    /// When it is to be judged again, even if nothing is heard.
    pub(super) again_at: Option<Timestamp>,
}

/// Every alert of an organization, before and after.
#[derive(Debug)]
pub(super) struct Alerts<'a> {
    organization: &'a OrganizationName,
    before: BTreeMap<(&'a RuleName, &'a Subject), &'a AlertRecord>,
    moved: BTreeMap<(RuleName, Subject), AlertRecord>,
}

impl<'a> Alerts<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let keyed = |alert: &'a AlertRecord| ((&alert.rule, &alert.subject), alert);
        let before = snapshot.alerts.iter().map(keyed).collect();
        Self { organization: &snapshot.organization, before, moved: BTreeMap::new() }
    }

    /// Alerts whose rule was removed end without a word.
    pub(super) fn close_orphans(&mut self, rules: &Rules) {
        let is_judged = |name: &RuleName| {
            let is_built_in = identity::is_named(name) || acted::is_named(name);
            is_built_in || rules.of(self.organization).any(|rule| rule.name == *name)
        };
        for alert in self.before.values() {
            if !is_judged(&alert.rule) && !alert.is_blank() {
                let quiet = AlertRecord::quiet(alert.rule.clone(), alert.subject.clone());
                self.moved.insert((quiet.rule.clone(), quiet.subject.clone()), quiet);
            }
        }
    }

    pub(super) fn put(&mut self, alert: AlertRecord) {
        let same =
            self.before.get(&(&alert.rule, &alert.subject)).is_some_and(|old| **old == alert);
        let is_new_and_blank =
            !self.before.contains_key(&(&alert.rule, &alert.subject)) && alert.is_blank();
        if !same && !is_new_and_blank {
            self.moved.insert((alert.rule.clone(), alert.subject.clone()), alert);
        }
    }

    /// Notes in which notice an episode was told, and to whom.
    pub(super) fn told(&mut self, news: &News, notice: &NoticeRef, channels: &[ChannelName]) {
        let key = (news.facts.rule.clone(), news.facts.subject.clone());
        let before = self.before.get(&(&key.0, &key.1)).copied();
        let Some(mut alert) = self.moved.get(&key).or(before).cloned() else { return };
        note(&mut alert.state, &news.facts.episode, notice, channels);
        for ended in &mut alert.ended {
            note(&mut ended.state, &news.facts.episode, notice, channels);
        }
        self.put(alert);
    }

    pub(super) fn moved(self) -> Vec<AlertRecord> {
        self.moved.into_values().collect()
    }
}

fn note(state: &mut AlertState, id: &EpisodeId, notice: &NoticeRef, channels: &[ChannelName]) {
    let AlertState::Firing(episode) = state else { return };
    if episode.id != *id {
        return;
    }
    episode.root.get_or_insert_with(|| notice.clone());
    for channel in channels {
        if !episode.channels.contains(channel) {
            episode.channels.push(channel.clone());
        }
    }
}
