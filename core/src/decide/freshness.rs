//! Judges the rule `freshness`: whether data come.
//!
//! Each report has an alert of its own, and so has everything at once: an API that is gone,
//! or a key that was revoked, is one matter and not nine. While nothing has answered since
//! they began to fail, two reports or the profile belong to `all reports`; the others wait.
//! Only a poll can say that data come again: what was not asked since the start is unknown.

use jiff::{SignedDuration, Timestamp};

use crate::alert::AlertState;
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding, advance};
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::notice::{Kind, Matter};
use crate::polling::Failing;
use crate::quantity::{Quantity, Unit};
use crate::reading::Report;
use crate::rule::{Freshness, Rule, Severity};
use crate::snapshot::Snapshot;
use crate::subject::Subject;
use crate::window::Width;

mod outage;

use outage::Outage;

/// The detail of the alert that speaks for every report.
pub const ALL_REPORTS: &str = "all reports";

/// How long polls must fail before old data are put down to it.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

pub(super) fn judge(case: &Case<'_>, rule: &Rule, freshness: &Freshness) -> Vec<Turn> {
    let judging = Judging { case, rule, freshness };
    let outage = Outage::of(case.snapshot);
    let mut turns: Vec<Turn> = judging.everything(&outage).into_iter().collect();
    let reports = Report::ALL.into_iter();
    turns.extend(reports.filter_map(|report| judging.report(report, &outage)));
    turns
}

struct Judging<'a> {
    case: &'a Case<'a>,
    rule: &'a Rule,
    freshness: &'a Freshness,
}

/// What there is to say of one report, or of all.
#[derive(Clone, Copy, Debug, Default)]
struct Look<'a> {
    failing: Option<&'a Failing>,
    /// The age of its newest data, and what that may be; in this order, so that the oldest
    /// data are the greatest.
    age: Option<(SignedDuration, SignedDuration)>,
}

impl<'a> Judging<'a> {
    /// The alert of one report; `None` when there is nothing to look at.
    fn report(&self, report: Report, outage: &Outage<'a>) -> Option<Turn> {
        let subject = Subject::detail(report.label());
        let state = self.state(&subject);
        let is_judged = self.watches(report) && is_granted(self.case.snapshot, report);
        let is_shown = is_judged && self.freshness.older_than.contains_key(&report);
        if !is_judged && state == AlertState::Quiet {
            return None;
        }
        let is_known = !is_judged || self.is_known(report);
        let look = if is_judged { self.look(report) } else { Look::default() };
        let wait = look.wait(self.freshness).filter(|_| is_known);
        // An alert that fires already speaks on; all others leave it to `all reports`.
        let is_common = outage.holds(report) && state.episode().is_none();
        let verdict = match wait {
            Some(_) if is_common => Verdict::Clear,
            Some(_) => Verdict::Breach,
            // A failure that is not told does not end what was.
            None if is_known && look.failing.is_none() => Verdict::Clear,
            None => Verdict::Unknown(Unknown::NotPolled),
        };
        if verdict != Verdict::Breach && state == AlertState::Quiet && !is_shown {
            return None;
        }
        let data_until = newest(self.case.snapshot, report);
        let finding = self.finding(subject, report, look, verdict);
        Some(self.advance(Finding { data_until, ..finding }, wait))
    }

    /// The alert of all reports at once; `None` when there is nothing to say.
    fn everything(&self, outage: &Outage<'a>) -> Option<Turn> {
        let subject = Subject::detail(ALL_REPORTS);
        let state = self.state(&subject);
        let look = self.common(outage);
        let wait = look.wait(self.freshness);
        let verdict = match wait {
            Some(_) if state.episode().is_none() && self.is_told(outage) => Verdict::Clear,
            Some(_) => Verdict::Breach,
            None if outage.is_over() => Verdict::Clear,
            None => Verdict::Unknown(Unknown::NotPolled),
        };
        if verdict != Verdict::Breach && state == AlertState::Quiet {
            return None;
        }
        let report = outage.first().map_or(Report::Company, |(report, _)| report);
        let finding = self.finding(subject, report, look, verdict);
        Some(self.advance(Finding { begun_at: outage.since(), ..finding }, wait))
    }

    /// Whether the alert of a single report told of this outage before it was everyone's.
    fn is_told(&self, outage: &Outage<'_>) -> bool {
        let mut firing = self.case.alerts_of(&self.rule.name).filter_map(|it| it.state.episode());
        firing.any(|episode| outage.has_lasted_since(episode.since))
    }

    /// What is wrong with all of them: the first failure, and the oldest data.
    fn common(&self, outage: &Outage<'a>) -> Look<'a> {
        if !outage.is_common() {
            return Look::default();
        }
        let held = Report::ALL
            .into_iter()
            .filter(|report| outage.holds(*report) && is_granted(self.case.snapshot, *report));
        let age =
            held.filter_map(|report| self.age(report)).filter(|(age, allowed)| age > allowed).max();
        Look { failing: outage.first().map(|(_, failing)| failing), age }
    }

    fn look(&self, report: Report) -> Look<'a> {
        let failing = self.case.snapshot.polling.failing.get(&report);
        Look { failing, age: self.age(report) }
    }

    /// A report with a bound on its age is watched, and with `failing_for` every one is.
    fn watches(&self, report: Report) -> bool {
        let Freshness { older_than, failing_for, .. } = self.freshness;
        failing_for.is_some() || older_than.contains_key(&report)
    }

    /// Whether it was asked for since the start. Nothing is, before the profile answered.
    fn is_known(&self, report: Report) -> bool {
        let polling = &self.case.snapshot.polling;
        polling.answering.contains(&report)
            || polling.failing.contains_key(&report)
            || polling.failing.contains_key(&Report::Company)
    }

    fn age(&self, report: Report) -> Option<(SignedDuration, SignedDuration)> {
        let allowed = *self.freshness.older_than.get(&report)? + settles_after(report);
        Some((self.case.now.duration_since(newest(self.case.snapshot, report)?), allowed))
    }

    fn state(&self, subject: &Subject) -> AlertState {
        let mut alerts = self.case.alerts_of(&self.rule.name);
        let known = alerts.find(|alert| alert.subject == *subject);
        known.map(|alert| alert.state.clone()).unwrap_or_default()
    }

    fn finding(
        &self,
        subject: Subject,
        report: Report,
        look: Look<'_>,
        verdict: Verdict,
    ) -> Finding {
        let refused = look.failing.is_some_and(|failing| failing.refused);
        let severity = if refused { Severity::Critical } else { self.freshness.severity };
        let matter = Matter::Stale {
            report,
            refused,
            cause: look.failing.map(|failing| failing.cause.clone()),
            fix: look.failing.map(|failing| failing.fix.clone()),
        };
        let seconds = |span: SignedDuration| Quantity::new(span.as_secs().into(), Unit::Seconds);
        Finding {
            value: look.age.map(|(age, _)| seconds(age)),
            limit: look.age.map(|(_, allowed)| seconds(allowed)),
            ..Finding::new(subject, verdict, severity, matter)
        }
    }

    fn advance(&self, finding: Finding, wait: Option<SignedDuration>) -> Turn {
        let hold = wait.unwrap_or_default();
        advance(self.case, Finder { rule: &self.rule.name, kind: Kind::Freshness, hold }, finding)
    }
}

impl Look<'_> {
    /// How long it must last before people are told; `None` when nothing is wrong. A refused
    /// key gets no better by waiting. Old data have waited already, but after a long stop the
    /// first poll may fail before the network is up.
    fn wait(&self, freshness: &Freshness) -> Option<SignedDuration> {
        let is_stale = self.age.is_some_and(|(age, allowed)| age > allowed);
        match self.failing {
            Some(failing) if failing.refused => Some(SignedDuration::ZERO),
            Some(_) if is_stale => Some(freshness.failing_for.unwrap_or(PATIENCE).min(PATIENCE)),
            Some(_) => freshness.failing_for,
            None => is_stale.then_some(SignedDuration::ZERO),
        }
    }
}

/// A report that is not for this organization is not missed.
fn is_granted(snapshot: &Snapshot, report: Report) -> bool {
    snapshot.heard.get(&report).is_none_or(|heard| heard.granted)
}

/// The newest closed data. A day of the company API is open all day and read all the same, so
/// there it counts when it was heard.
fn newest(snapshot: &Snapshot, report: Report) -> Option<Timestamp> {
    let heard = snapshot.heard.get(&report)?;
    let has_minutes = snapshot.coverage.contains_key(&(Report::Usage, Width::Minute));
    if report == Report::Usage && !has_minutes { Some(heard.heard_at) } else { heard.data_until }
}

/// How long after its end a bucket of a report still grows.
const fn settles_after(report: Report) -> SignedDuration {
    match report {
        Report::Usage => SignedDuration::from_mins(5),
        Report::Cost => SignedDuration::from_hours(6),
        Report::Analytics
        | Report::Company
        | Report::Quota
        | Report::RateLimits
        | Report::SpendLimits
        | Report::Keys
        | Report::Members
        | Report::Audit => SignedDuration::ZERO,
    }
}
