//! What every judge looks at: the rules, one organization as it stands, and the time.

use jiff::{SignedDuration, Timestamp};

use crate::alert::AlertRecord;
use crate::decide::Rules;
use crate::decide::sums::Ledger;
use crate::notice::{Facts, Names};
use crate::reading::Report;
use crate::route::{About, Route};
use crate::snapshot::Snapshot;
use crate::subject::{RuleName, Subject};

/// One organization at one instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) rules: &'a Rules,
    pub(super) snapshot: &'a Snapshot,
    pub(super) now: Timestamp,
    /// Who spent what, added up once for all rules.
    pub(super) ledger: &'a Ledger<'a>,
}

impl<'a> Case<'a> {
    /// The alert of one rule and subject, or one that nothing is known of yet.
    pub(super) fn alert(&self, rule: &RuleName, subject: &Subject) -> AlertRecord {
        let mut known = self.alerts_of(rule);
        known
            .find(|alert| alert.subject == *subject)
            .cloned()
            .unwrap_or_else(|| AlertRecord::quiet(rule.clone(), subject.clone()))
    }

    /// Every alert of one rule: what was judged before, and may be gone today.
    pub(super) fn alerts_of(&self, rule: &RuleName) -> impl Iterator<Item = &'a AlertRecord> {
        let rule = rule.clone();
        self.snapshot.alerts.iter().filter(move |alert| alert.rule == rule)
    }

    /// When a report was last told; `None` while it is not, or not for this organization.
    pub(super) fn told_at(&self, report: Report) -> Option<Timestamp> {
        let heard = self.snapshot.heard.get(&report).filter(|heard| heard.granted);
        heard.map(|heard| heard.heard_at)
    }

    /// Since when usage has been read.
    pub(super) fn usage_read_from(&self) -> Option<Timestamp> {
        let coverage = self.snapshot.coverage.iter();
        let usage = coverage.filter(|((report, _), _)| *report == Report::Usage);
        usage.map(|(_, known)| known.read.from()).min()
    }

    /// What the ids of a subject are called.
    pub(super) fn names(&self, subject: &Subject) -> Names {
        let roster = &self.snapshot.roster;
        let workspace = subject.workspace.as_ref().and_then(|id| roster.workspace_name(id));
        let api_key = subject.key.as_ref().and_then(|id| roster.key_name(id));
        Names {
            workspace: workspace.map(ToOwned::to_owned),
            api_key: api_key.map(ToOwned::to_owned),
        }
    }

    pub(super) fn about<'f>(&'f self, facts: &'f Facts) -> About<'f> {
        let organization = &self.snapshot.organization;
        About { organization, companies: &self.rules.companies, facts }
    }

    /// Whether `then` is as far away as `span`. A clock that was ahead then must not hold
    /// anything up for as long as it was.
    pub(super) fn is_apart(&self, then: Timestamp, span: SignedDuration) -> bool {
        self.now.duration_since(then).abs() >= span
    }

    /// How often the route of these facts wants to be reminded.
    pub(super) fn remind_every(&self, facts: &Facts) -> Option<SignedDuration> {
        self.rules
            .routes
            .of(self.about(facts))
            .and_then(|(_, route): (_, &Route)| route.remind_every)
    }
}
