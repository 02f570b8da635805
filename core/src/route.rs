//! Where news go: which channels, together with what, and after which wait.
//!
//! The first route whose patterns all match takes a piece of news. News of one route
//! with equal labels form a group; what one tick decides for a group is one notice. A
//! group may wait for more of its kind before it is first told, and keeps a distance
//! between its notices; both waits are bounded by the operator and survive a restart.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::notice::{Facts, Kind, LaneId, News};
use crate::outbox::Destination;
use crate::rule::{Glob, Severity};
use crate::subject::{ChannelName, OrganizationName, RuleName};

/// What news are matched and grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    Organization,
    Company,
    Rule,
    Kind,
    Severity,
    Workspace,
}

impl Label {
    pub const ALL: [Self; 6] = [
        Self::Organization,
        Self::Company,
        Self::Rule,
        Self::Kind,
        Self::Severity,
        Self::Workspace,
    ];

    /// The word for it in configuration.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Company => "company",
            Self::Rule => "rule",
            Self::Kind => "kind",
            Self::Severity => "severity",
            Self::Workspace => "workspace",
        }
    }
}

/// One `[[route]]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Every label named must match one of its patterns; no label: everything matches.
    pub matches: BTreeMap<Label, Vec<Glob>>,
    /// Never empty.
    pub channels: Vec<ChannelName>,
    pub group_by: Vec<Label>,
    /// From the first news of a quiet group to its notice.
    pub group_wait: SignedDuration,
    /// The least time between two notices of a group.
    pub group_interval: SignedDuration,
    /// How often what still fires is told again; a step's own wins. `None`: never.
    pub remind_every: Option<SignedDuration>,
    /// Whether the end of a period is told.
    pub send_period_end: bool,
}

/// All routes, and who is reached by each channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// In the order they are tried.
    pub routes: Vec<Route>,
    pub destinations: BTreeMap<ChannelName, Vec<Destination>>,
}

/// Who news are about, in the words of routes.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub organization: &'a OrganizationName,
    /// The companies it belongs to; a company belongs to itself.
    pub companies: &'a [OrganizationName],
    pub facts: &'a Facts,
}

/// A group as it was left: one packed row of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub lane: LaneId,
    /// When its last notice was made.
    pub told_at: Option<Timestamp>,
    /// News that are not in a notice yet, oldest first, and since when the first waits.
    pub waiting: Vec<News>,
    pub waiting_since: Option<Timestamp>,
}

impl Routes {
    /// What there is when no route is written: every channel gets everything, one notice
    /// an organization and tick, at once.
    pub fn everything_to_everyone(destinations: BTreeMap<ChannelName, Vec<Destination>>) -> Self {
        let route = Route {
            matches: BTreeMap::new(),
            channels: destinations.keys().cloned().collect(),
            group_by: vec![Label::Organization],
            group_wait: SignedDuration::ZERO,
            group_interval: SignedDuration::ZERO,
            remind_every: None,
            send_period_end: false,
        };
        Self { routes: vec![route], destinations }
    }

    /// The first route that takes this, and its place.
    pub fn of(&self, about: About<'_>) -> Option<(usize, &Route)> {
        self.routes.iter().enumerate().find(|(_, route)| route.takes(about))
    }

    /// Everyone the channels reach, each once.
    pub fn reached<'a>(
        &'a self,
        channels: impl IntoIterator<Item = &'a ChannelName>,
    ) -> Vec<Destination> {
        let mut reached: Vec<Destination> = Vec::new();
        let all = channels.into_iter().filter_map(|name| self.destinations.get(name)).flatten();
        for destination in all {
            if !reached.contains(destination) {
                reached.push(destination.clone());
            }
        }
        reached
    }
}

impl Route {
    pub fn takes(&self, about: About<'_>) -> bool {
        self.matches.iter().all(|(label, globs)| any_matches(globs, &about.values(*label)))
    }

    /// Whether it can take news of a rule with this severity: what is known only when
    /// something happens, the workspace, is taken to match.
    pub fn may_take(
        &self,
        rule: &RuleName,
        kind: Kind,
        severity: Severity,
        organization: &OrganizationName,
        companies: &[OrganizationName],
    ) -> bool {
        self.matches.iter().all(|(label, globs)| {
            let values = match label {
                Label::Organization => vec![organization.to_string()],
                Label::Company => companies.iter().map(ToString::to_string).collect(),
                Label::Rule => vec![rule.to_string()],
                Label::Kind => vec![kind.label().to_owned()],
                Label::Severity => vec![severity.label().to_owned()],
                Label::Workspace => return true,
            };
            any_matches(globs, &values)
        })
    }

    /// The lane of the group that this belongs to. The severity does not tell lanes apart:
    /// a higher step must not overtake a lower one.
    pub fn lane(&self, place: usize, about: About<'_>) -> LaneId {
        let labels = self.group_by.iter().filter(|label| **label != Label::Severity);
        let values = labels.map(|label| match label {
            // Its name may become known, or change, between a fire and its resolve.
            Label::Workspace => {
                let id = about.facts.subject.workspace.as_ref();
                id.map(ToString::to_string).unwrap_or_default()
            }
            Label::Organization | Label::Company | Label::Rule | Label::Kind | Label::Severity => {
                about.values(*label).join(",")
            }
        });
        let parts = [about.organization.to_string(), place.to_string()].into_iter().chain(values);
        LaneId(parts.collect::<Vec<_>>().join("/"))
    }
}

fn any_matches(globs: &[Glob], values: &[String]) -> bool {
    values.iter().any(|value| globs.iter().any(|glob| glob.matches(value)))
}

impl About<'_> {
    /// What it is called by this label: names and ids alike.
    fn values(&self, label: Label) -> Vec<String> {
        let Facts { rule, kind, severity, subject, names, .. } = self.facts;
        match label {
            Label::Organization => vec![self.organization.to_string()],
            Label::Company => self.companies.iter().map(ToString::to_string).collect(),
            Label::Rule => vec![rule.to_string()],
            Label::Kind => vec![kind.label().to_owned()],
            Label::Severity => vec![severity.label().to_owned()],
            Label::Workspace => {
                let id = subject.workspace.as_ref().map(ToString::to_string);
                id.into_iter().chain(names.workspace.clone()).collect()
            }
        }
    }
}

impl Group {
    pub fn new(lane: LaneId) -> Self {
        Self { lane, told_at: None, waiting: Vec::new(), waiting_since: None }
    }

    /// When what waits is to be told; `None` when nothing waits.
    pub fn due_at(&self, route: &Route) -> Option<Timestamp> {
        let begun = self.waiting_since?;
        let waited = begun.saturating_add(route.group_wait).unwrap_or(begun);
        let apart = self
            .told_at
            .map(|told| told.saturating_add(route.group_interval).unwrap_or(told))
            // A clock that was set back since must not hold anything up.
            .filter(|apart| apart.duration_since(begun) <= route.group_interval);
        Some(apart.map_or(waited, |apart| apart.max(waited)))
    }
}
