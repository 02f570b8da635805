//! `[[route]]`: who hears of what, together with what, and when.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::notice::Kind;
use usagewarden_core::route::{Label, Route};
use usagewarden_core::rule::{Glob, Rule, Severity};
use usagewarden_core::subject::{ChannelName, OrganizationName, RuleName};

use super::nearest::nearest;
use super::problem::{Complaint, Notes};
use super::rule::defaults::DefaultRule;
use super::table::{At, Table};
use super::value::{self, Bounds};

/// What waits too long is no warning any more.
const GROUP_WAIT: Bounds = Bounds {
    least: SignedDuration::ZERO,
    most: SignedDuration::from_hours(1),
    why: "an alert that waits for longer comes too late to act on",
};
const GROUP_INTERVAL: Bounds = Bounds {
    least: SignedDuration::ZERO,
    most: SignedDuration::from_hours(24),
    why: "a group that is told less than daily is forgotten between two notices",
};
const GROUP_INTERVAL_DEFAULT: SignedDuration = SignedDuration::from_mins(1);
const REMIND_EVERY: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(30 * 24),
    why: "more often nobody reads them; leave the key out for no reminders",
};

/// The routes, in the order they are tried; empty when none is written.
pub(super) fn read(root: &Table<'_>, channels: &[ChannelName]) -> Vec<Route> {
    root.tables("route").iter().filter_map(|table| read_route(table, channels)).collect()
}

fn read_route(table: &Table<'_>, channels: &[ChannelName]) -> Option<Route> {
    let matches = read_matches(table);
    let channels = read_channels(table, channels);
    let group_by = read_labels(table);
    let duration = |key, bounds| {
        table.optional(key, |value| value::duration(value, bounds)).map(|at| at.value)
    };
    let group_wait = duration("group_wait", GROUP_WAIT);
    let group_interval = duration("group_interval", GROUP_INTERVAL);
    let remind_every = duration("remind_every", REMIND_EVERY);
    let send_period_end = table.optional("send_period_end", value::boolean);
    Some(Route {
        matches,
        channels: channels?,
        group_by,
        group_wait: group_wait.unwrap_or(SignedDuration::ZERO),
        group_interval: group_interval.unwrap_or(GROUP_INTERVAL_DEFAULT),
        remind_every,
        send_period_end: send_period_end.is_some_and(|at| at.value),
    })
}

fn read_matches(table: &Table<'_>) -> BTreeMap<Label, Vec<Glob>> {
    let Some(written) = table.table("match") else { return BTreeMap::new() };
    let mut matches = BTreeMap::new();
    for label in Label::ALL {
        let Some(globs) = written.list(label.label(), value::glob) else { continue };
        if globs.value.is_empty() {
            let message = format!("`{}` matches nothing", label.label());
            let hint = "leave it out to mean all, or write patterns, as in [\"acme-*\"]";
            written.notes.error(globs.position, Complaint::new(message).hint(hint));
        }
        for At { value: glob, position } in &globs.value {
            if let Some(known) = words_of(label).filter(|known| !is_any(glob, known)) {
                let hint = match nearest(glob.as_str(), &known) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                let message = format!("no {} is called \"{}\"", label.label(), glob.as_str());
                written.notes.error(*position, Complaint::new(message).hint(hint));
            }
        }
        matches.insert(label, globs.value.into_iter().map(|glob| glob.value).collect());
    }
    matches
}

/// Every value a label can have, where that is known.
fn words_of(label: Label) -> Option<Vec<&'static str>> {
    match label {
        Label::Kind => Some(Kind::ALL.map(Kind::label).to_vec()),
        Label::Severity => Some(Severity::ALL.map(Severity::label).to_vec()),
        Label::Organization | Label::Company | Label::Rule | Label::Workspace => None,
    }
}

fn is_any(glob: &Glob, known: &[&str]) -> bool {
    known.iter().any(|word| glob.matches(word))
}

fn read_channels(table: &Table<'_>, known: &[ChannelName]) -> Option<Vec<ChannelName>> {
    if !table.has("channels") {
        table.missing("channels", "[\"finops\"]");
    }
    let written = table.list("channels", value::name)?;
    if written.value.is_empty() {
        let hint = "name one, or remove the route: without any route every channel gets everything";
        table.notes.error(written.position, Complaint::new("`channels` names none").hint(hint));
        return None;
    }
    let mut channels: Vec<ChannelName> = Vec::with_capacity(written.value.len());
    for At { value: name, position } in written.value {
        let channel = ChannelName::new(name);
        if !known.contains(&channel) {
            let names: Vec<&str> = known.iter().map(ChannelName::as_str).collect();
            let hint = match nearest(channel.as_str(), &names) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None if names.is_empty() => {
                    "there is none yet: add [channel.email.NAME]".to_owned()
                }
                None => format!("there are {}", names.join(", ")),
            };
            let message = format!("there is no channel \"{channel}\"");
            table.notes.error(position, Complaint::new(message).hint(hint));
        } else if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    Some(channels)
}

fn read_labels(table: &Table<'_>) -> Vec<Label> {
    let words = Label::ALL.map(|label| (label.label(), label));
    let Some(written) = table.list("group_by", |value| value::word(value, &words)) else {
        return vec![Label::Organization];
    };
    let mut labels: Vec<Label> = written.value.into_iter().map(|label| label.value).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// Who the rules are judged for, and the companies each of them belongs to.
pub(super) type Judged = Vec<(OrganizationName, Vec<OrganizationName>)>;

/// What can speak, whom it is about, and how severe it can be.
struct Speaker<'a> {
    name: &'a RuleName,
    kind: Kind,
    severities: Vec<Severity>,
    judged: Vec<&'a (OrganizationName, Vec<OrganizationName>)>,
}

/// What of a speaker no route takes anywhere.
enum Unheard {
    All,
    /// In words that end a sentence.
    Part(String),
}

impl<'a> Speaker<'a> {
    fn of(rule: &'a Rule, judged: &'a Judged) -> Self {
        let own = |(name, companies): &&(_, Vec<_>)| rule.is_judged_for(name, companies);
        let judged = judged.iter().filter(own).collect();
        Self { name: &rule.name, kind: rule.kind(), severities: rule.severities(), judged }
    }

    fn is_heard(
        &self,
        routes: &[Route],
        severity: Severity,
        (name, companies): &(OrganizationName, Vec<OrganizationName>),
    ) -> bool {
        let mut routes = routes.iter();
        routes.any(|route| route.may_take(self.name, self.kind, severity, name, companies))
    }

    fn unheard(&self, routes: &[Route]) -> Option<Unheard> {
        if routes.is_empty() || self.judged.is_empty() {
            return None;
        }
        let severities = self.severities.iter().copied().filter(|severity| {
            !self.judged.iter().any(|judged| self.is_heard(routes, *severity, judged))
        });
        let severities: Vec<&str> = severities.map(Severity::label).collect();
        if severities.len() == self.severities.len() {
            return Some(Unheard::All);
        }
        let judged = self.judged.iter().filter(|judged| {
            !self.severities.iter().any(|severity| self.is_heard(routes, *severity, judged))
        });
        let names: Vec<&str> = judged.map(|(name, _)| name.as_str()).collect();
        match (&severities[..], &names[..]) {
            ([], []) => None,
            ([], names) => Some(Unheard::Part(format!("for {}", names.join(" or ")))),
            (severities, _) => {
                Some(Unheard::Part(format!("when it is {}", severities.join(" or "))))
            }
        }
    }
}

/// Refuses rules that no route can take anywhere.
pub(super) fn refuse_unheard(
    routes: &[Route],
    rules: &[At<'_, Rule>],
    judged: &Judged,
    notes: &Notes,
) {
    for At { value: rule, position } in rules {
        let name = &rule.name;
        match Speaker::of(rule, judged).unheard(routes) {
            None => {}
            Some(Unheard::All) => {
                let complaint = Complaint::new(format!("the rule `{name}` reaches no channel"))
                    .hint(
                    "no [[route]] takes it; add one, or a last one without `match` for all the rest",
                );
                notes.error(*position, complaint);
            }
            Some(Unheard::Part(part)) => {
                let message = format!("nobody hears of `{name}` {part}");
                let hint = "no [[route]] takes that; a last one without `match` takes all the rest";
                notes.warning(Some(*position), Complaint::new(message).hint(hint));
            }
        }
    }
}

/// Warns of what nobody wrote and no route can take: default rules, and what is built in. `acts`:
/// there are actions.
pub(super) fn warn_unheard(
    routes: &[Route],
    defaults: &[DefaultRule],
    judged: &Judged,
    acts: bool,
    notes: &Notes,
) {
    // Companies are not polled, so nobody can answer in their place, and they take no action.
    let polled: Vec<_> =
        judged.iter().filter(|(name, companies)| !companies.contains(name)).collect();
    let (identity, action) = (RuleName::new("identity"), RuleName::new("action"));
    let built_in = |name, kind| {
        let severities = vec![Severity::Critical];
        Speaker { name, kind, severities, judged: polled.clone() }
    };
    let identity = built_in(&identity, Kind::Identity);
    let action = acts.then(|| built_in(&action, Kind::Action));
    let defaults = defaults.iter().map(|default| Speaker::of(&default.rule, judged));
    for speaker in defaults.chain([identity]).chain(action) {
        let part = match speaker.unheard(routes) {
            None => continue,
            Some(Unheard::All) => String::new(),
            Some(Unheard::Part(part)) => format!(" {part}"),
        };
        let message = format!("nobody hears of the built-in rule `{}`{part}", speaker.name);
        let hint = "no [[route]] takes that; a last one without `match` takes all the rest";
        notes.warning(None, Complaint::new(message).hint(hint));
    }
}
