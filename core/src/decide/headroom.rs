//! Judges the rule `rate_limit`: closed minutes against every limit there is.
//!
//! An alert is of one limiter of one group, for the organization or a workspace. While the
//! organization's own fires, those of its workspaces wait: they would say the same again.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::alert::{AlertRecord, AlertState};
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding, advance};
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::headroom::{Used, newest_closed};
use crate::notice::{Kind, Matter};
use crate::quantity::{Quantity, Unit};
use crate::roster::RateLimit;
use crate::rule::{Headroom, Rule};
use crate::subject::{Subject, WorkspaceId};

/// Names a limit: whose, of which group, by which limiter.
type Name<'a> = (Option<&'a WorkspaceId>, &'a str, &'a str);

/// A limit, and what of it is used.
#[derive(Clone, Copy, Debug)]
struct Use<'a> {
    limit: &'a RateLimit,
    per_minute: Decimal,
    ratio: Decimal,
}

pub(super) fn judge(case: &Case<'_>, rule: &Rule, headroom: &Headroom) -> Vec<Turn> {
    let judging = Judging { case, rule, headroom };
    let Some(limits) = &case.snapshot.roster.rate_limits else {
        return judging.unknown(Unknown::NoLimit);
    };
    let minutes = newest_closed(&case.snapshot.minutes, headroom.over, case.now);
    let Some(used) = minutes.and_then(Used::of) else {
        return judging.unknown(Unknown::NotCovered);
    };
    let uses = judging.uses(limits, &used);
    if uses.is_empty() {
        return judging.unknown(Unknown::NoLimit);
    }
    judging.turns(&uses)
}

struct Judging<'a> {
    case: &'a Case<'a>,
    rule: &'a Rule,
    headroom: &'a Headroom,
}

impl<'a> Judging<'a> {
    /// Of several limits with one name the fullest counts: it is the one that is felt first.
    /// The organization's come before those of workspaces.
    fn uses<'l>(&self, limits: &'l [RateLimit], used: &Used<'_>) -> BTreeMap<Name<'l>, Use<'l>> {
        let mut uses: BTreeMap<Name<'_>, Use<'_>> = BTreeMap::new();
        for limit in limits.iter().filter(|limit| !limit.inherited) {
            if !self.is_meant(limit, limits) {
                continue;
            }
            let (Some(per_minute), Some(ratio)) = (used.per_minute(limit), used.ratio(limit))
            else {
                continue;
            };
            let known = uses.entry(name(limit)).or_insert(Use { limit, per_minute, ratio });
            if ratio > known.ratio {
                *known = Use { limit, per_minute, ratio };
            }
        }
        uses
    }

    /// A scope means the limits that its workspaces stand under: their own, and where they
    /// have none, the organization's.
    fn is_meant(&self, limit: &RateLimit, limits: &[RateLimit]) -> bool {
        let (scope, roster) = (&self.headroom.scope, &self.case.snapshot.roster);
        if !scope.model.is_empty() && !limit.models.iter().any(|model| scope.holds_model(model)) {
            return false;
        }
        if scope.workspace.is_empty() {
            return true;
        }
        let Some(own) = &limit.workspace else {
            let all = roster.workspaces.iter().flat_map(|all| all.iter());
            let has_own = |id: &WorkspaceId| {
                let same = (Some(id), limit.group.as_str(), limit.limiter.as_str());
                limits.iter().any(|other| !other.inherited && name(other) == same)
            };
            return all
                .filter(|workspace| scope.holds_workspace(&workspace.id, roster))
                .any(|workspace| !has_own(&workspace.id));
        };
        scope.holds_workspace(own, roster)
    }

    /// Advances what breaches, what stands somewhere, and the fullest, which the page shows.
    fn turns(&self, uses: &BTreeMap<Name<'_>, Use<'_>>) -> Vec<Turn> {
        let known: Vec<&AlertRecord> = self.standing().collect();
        let fullest = uses.iter().max_by_key(|(_, used)| used.ratio).map(|(name, _)| *name);
        let (mut turns, mut firing) = (Vec::new(), Vec::new());
        for (name, used) in uses {
            let is_over = used.ratio >= self.headroom.at.ratio();
            let is_known = known.iter().any(|alert| is_of(alert, *name));
            if !is_over && !is_known && fullest != Some(*name) {
                continue;
            }
            let (whose, group, limiter) = *name;
            let spoken_for = whose.is_some() && firing.contains(&(group, limiter));
            let turn = self.advance(Finding { spoken_for, ..self.finding(used, is_over) });
            if whose.is_none() && matches!(turn.alert.state, AlertState::Firing(_)) {
                firing.push((group, limiter));
            }
            turns.push(turn);
        }
        let gone = known.iter().filter(|alert| !uses.keys().any(|name| is_of(alert, *name)));
        turns.extend(gone.map(|alert| self.advance(self.gone(alert, Verdict::Clear))));
        turns
    }

    /// Alerts that do not rest.
    fn standing(&self) -> impl Iterator<Item = &'a AlertRecord> {
        self.case.alerts_of(&self.rule.name).filter(|alert| alert.state != AlertState::Quiet)
    }

    /// Nothing can be said of any limit.
    fn unknown(&self, unknown: Unknown) -> Vec<Turn> {
        let verdict = Verdict::Unknown(unknown);
        let known = self.standing().map(|alert| self.advance(self.gone(alert, verdict)));
        let mut turns: Vec<Turn> = known.collect();
        if turns.is_empty() {
            let nothing = self.matter(String::new(), String::new());
            let severity = self.headroom.severity;
            turns.push(self.advance(Finding::new(
                Subject::ORGANIZATION,
                verdict,
                severity,
                nothing,
            )));
        }
        turns
    }

    fn advance(&self, finding: Finding) -> Turn {
        let finder =
            Finder { rule: &self.rule.name, kind: Kind::RateLimit, hold: self.headroom.hold };
        advance(self.case, finder, finding)
    }

    fn finding(&self, used: &Use<'_>, is_over: bool) -> Finding {
        let RateLimit { workspace, group, limiter, value, .. } = used.limit;
        let subject = Subject {
            workspace: workspace.clone(),
            ..Subject::detail(format!("{group}/{limiter}"))
        };
        let verdict = if is_over { Verdict::Breach } else { Verdict::Clear };
        let matter = self.matter(group.clone(), limiter.clone());
        let a_minute = |tokens| Quantity::new(tokens, Unit::TokensPerMinute);
        Finding {
            value: Some(a_minute(used.per_minute)),
            limit: value.map(|allowed| a_minute(allowed.into())),
            data_until: self.data_until(),
            ..Finding::new(subject, verdict, self.headroom.severity, matter)
        }
    }

    /// Of an alert whose limit has no figure.
    fn gone(&self, alert: &AlertRecord, verdict: Verdict) -> Finding {
        let detail = alert.subject.detail.as_deref().unwrap_or_default();
        let (group, limiter) = detail.rsplit_once('/').unwrap_or((detail, ""));
        let matter = self.matter(group.to_owned(), limiter.to_owned());
        Finding::new(alert.subject.clone(), verdict, self.headroom.severity, matter)
    }

    fn matter(&self, group: String, limiter: String) -> Matter {
        Matter::RateLimit { group, limiter, over: self.headroom.over }
    }

    fn data_until(&self) -> Option<jiff::Timestamp> {
        let last = self.case.snapshot.minutes.last()?;
        Some(crate::window::Width::Minute.bucket(last.from).until())
    }
}

fn name(limit: &RateLimit) -> Name<'_> {
    (limit.workspace.as_ref(), &limit.group, &limit.limiter)
}

/// Compares without making the text of the subject.
fn is_of(alert: &AlertRecord, (whose, group, limiter): Name<'_>) -> bool {
    let detail = alert.subject.detail.as_deref().unwrap_or_default();
    let rest = detail.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
    alert.subject.workspace.as_ref() == whose && rest == Some(limiter)
}
