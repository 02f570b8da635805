//! One alert, with the fields that a payload has of it.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::alert::{AlertState, Episode, EpisodeId};
use usagewarden_core::decide::{Judged, Standing};
use usagewarden_core::notice::{Contributor, Effect, Facts, News, NewsId};
use usagewarden_core::rule::Severity;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ChannelName, OrganizationName};
use usagewarden_core::words;

use super::super::figures::{Figures, share};

#[derive(Debug, Serialize)]
pub(in crate::web) struct AlertShown {
    /// Of the episode; none before it fires.
    id: Option<EpisodeId>,
    pub(in crate::web) severity: &'static str,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) organization: OrganizationName,
    pub(in crate::web) since: Timestamp,
    #[serde(flatten)]
    pub(in crate::web) figures: Figures,
    contributors: Vec<ContributorShown>,
    pub(in crate::web) summary: String,
    pub(in crate::web) next_step: String,
    /// What is done about it without anybody, a sentence each; for people.
    #[serde(skip)]
    pub(in crate::web) actions: Vec<String>,
    pub(in crate::web) told: Vec<ChannelName>,
    /// For the order.
    #[serde(skip)]
    pub(super) gravity: Severity,
}

#[derive(Debug, Serialize)]
struct ContributorShown {
    workspace: String,
    model: Option<String>,
    api_key: String,
    value: String,
    share: Option<f64>,
    change: Option<f64>,
}

/// The alerts of one organization that are pending or firing, in the order of the rules.
pub(in crate::web) fn alerts_of(judged: &Judged) -> impl Iterator<Item = AlertShown> {
    let snapshot = &judged.snapshot;
    judged.standings.iter().filter_map(|standing| AlertShown::of(snapshot, standing))
}

impl AlertShown {
    fn of(snapshot: &Snapshot, standing: &Standing) -> Option<Self> {
        let (severity, since, episode) = match &standing.state {
            AlertState::Quiet => return None,
            AlertState::Pending { since } => (standing.facts.severity, *since, None),
            AlertState::Firing(episode) => (episode.severity, episode.since, Some(episode)),
        };
        let facts = Facts { severity, since, ..standing.facts.clone() };
        let organization = snapshot.organization.clone();
        let (next_step, figures) = (words::next_step(&facts), Figures::of(&facts));
        let contributors = facts.contributors.iter().map(ContributorShown::of).collect();
        let actions = facts.actions.iter().map(words::announced).collect();
        Some(Self {
            id: episode.map(|episode| episode.id.clone()),
            severity: severity.label(),
            state: standing.state.label()?,
            since,
            figures,
            contributors,
            summary: words::summary(&organization, &news(facts)),
            next_step,
            actions,
            told: episode.map(|episode| told(snapshot, standing, episode)).unwrap_or_default(),
            organization,
            gravity: severity,
        })
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.id.as_ref().is_some_and(|own| own.0 == id)
    }

    pub(in crate::web) fn is_firing(&self) -> bool {
        self.id.is_some()
    }
}

/// What would be told of these facts now.
fn news(facts: Facts) -> News {
    let id = NewsId(facts.episode.0.clone());
    News { id, effect: Effect::Fired, facts, period_end: false, only: None }
}

/// The route says who is told after the rules were judged, so it stands in the record.
fn told(snapshot: &Snapshot, standing: &Standing, episode: &Episode) -> Vec<ChannelName> {
    let is_own = |record: &&usagewarden_core::alert::AlertRecord| {
        record.rule == standing.facts.rule && record.subject == standing.facts.subject
    };
    let recorded = snapshot.alerts.iter().find(is_own).and_then(|record| record.state.episode());
    let recorded = recorded.filter(|recorded| recorded.id == episode.id);
    recorded.unwrap_or(episode).channels.clone()
}

impl ContributorShown {
    fn of(contributor: &Contributor) -> Self {
        let Contributor { workspace, model, api_key, value, share: part, change } = contributor;
        Self {
            workspace: workspace.clone(),
            model: model.clone(),
            api_key: api_key.clone(),
            value: value.plain(),
            share: share(*part),
            change: change.and_then(share),
        }
    }
}
