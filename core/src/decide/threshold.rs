//! Judges the rule `threshold`: a figure over a sliding stretch against a bound.
//!
//! Above a bound, what was read counts at once, since it can only grow. Everything else is
//! said only of closed buckets that were all read. While an alert fires it takes more than
//! its bound to end it, where the rule says so.

mod figure;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::alert::{AlertRecord, AlertState};
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding, advance};
use crate::decide::sums::Whose;
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::notice::{Kind, Matter};
use crate::quantity::Quantity;
use crate::rule::{Bound, Metric, Rule, Threshold};
use crate::stretch::WindowUse;
use crate::subject::Subject;

use figure::{Figure, Figures};

pub(super) fn judge(case: &Case<'_>, rule: &Rule, threshold: &Threshold) -> Vec<Turn> {
    let wanted = threshold.wanted();
    let window = case.snapshot.windows.iter().find(|window| window.wanted == wanted);
    let judging = Judging { case, rule, threshold };
    match window.and_then(|window| Some((window, figure::of(case, threshold, window)?))) {
        Some(_) if judging.awaits_bill() => judging.unknown(Unknown::Filling),
        Some((window, figures)) => judging.turns(window, figures),
        None => judging.unknown(Unknown::NoData),
    }
}

struct Judging<'a> {
    case: &'a Case<'a>,
    rule: &'a Rule,
    threshold: &'a Threshold,
}

impl Judging<'_> {
    fn turns(&self, window: &WindowUse, figures: Figures<'_>) -> Vec<Turn> {
        let mut by_subject: BTreeMap<Subject, Figure> =
            figures.into_iter().map(|(who, figure)| (who.subject(), figure)).collect();
        if self.threshold.each.is_empty() {
            by_subject.entry(Subject::ORGANIZATION).or_insert_with(|| self.nothing());
        }
        // Who has stopped uses nothing.
        for subject in self.restless() {
            by_subject.entry(subject).or_insert_with(|| self.nothing());
        }
        let covered = figure::covered(self.threshold, window);
        let turns = by_subject.into_iter();
        let turns = turns.map(|(subject, figure)| self.turn(subject, figure, covered, window));
        turns.chain(self.gone()).collect()
    }

    fn awaits_bill(&self) -> bool {
        let Case { snapshot, now, .. } = *self.case;
        self.threshold.metric == Metric::Cost && snapshot.awaits_bill(now)
    }

    /// Nothing is known of the stretch.
    fn unknown(&self, why: Unknown) -> Vec<Turn> {
        let mut subjects: Vec<Subject> = self.restless().collect();
        if subjects.is_empty() {
            subjects.push(Subject::ORGANIZATION);
        }
        let verdict = Verdict::Unknown(why);
        let turns = subjects.into_iter();
        let turns = turns.map(|subject| self.advance(self.finding(subject, verdict)));
        turns.chain(self.gone()).collect()
    }

    fn nothing(&self) -> Figure {
        Figure::of_nothing(self.threshold.metric)
    }

    /// Subjects whose alerts do not rest.
    fn restless(&self) -> impl Iterator<Item = Subject> {
        let known = self.case.alerts_of(&self.rule.name);
        let known = known.filter(|alert| alert.state != AlertState::Quiet);
        known.map(|alert| alert.subject.clone()).filter(|subject| self.tells_apart(subject))
    }

    /// Whom the rule told apart before its `each` was changed: as of a rule that was removed,
    /// nobody is told.
    fn gone(&self) -> impl Iterator<Item = Turn> {
        let known = self.case.alerts_of(&self.rule.name);
        known.filter(|alert| !self.tells_apart(&alert.subject)).map(|alert| {
            let alert = AlertRecord::quiet(alert.rule.clone(), alert.subject.clone());
            Turn { alert, news: Vec::new(), orders: Vec::new(), standing: None, again_at: None }
        })
    }

    fn tells_apart(&self, subject: &Subject) -> bool {
        let Threshold { scope, each, .. } = self.threshold;
        Whose { scope, each }.tells_apart(subject)
    }

    fn turn(&self, subject: Subject, figure: Figure, covered: bool, window: &WindowUse) -> Turn {
        let alert = self.case.alerts_of(&self.rule.name).find(|alert| alert.subject == subject);
        let is_firing = alert.is_some_and(|alert| alert.state.episode().is_some());
        let verdict = match figure.value {
            Some(value) => self.verdict(value, covered, is_firing),
            None => Verdict::Unknown(Unknown::NoData),
        };
        let contributors = match (verdict, self.threshold.bound) {
            (Verdict::Breach, Bound::Above(_)) => {
                figure::contributors(self.case, self.threshold, window, &subject)
            }
            (Verdict::Breach | Verdict::Clear | Verdict::Unknown(_), _) => Vec::new(),
        };
        let unit = self.threshold.metric.unit();
        self.advance(Finding {
            value: figure.value.map(|value| Quantity::new(value, unit)),
            basis: figure.basis,
            data_until: figure::data_until(self.case, self.threshold, window),
            contributors,
            ..self.finding(subject, verdict)
        })
    }

    /// A part of the stretch can be over a bound, but nothing else can be said of a part.
    fn verdict(&self, value: Decimal, covered: bool, is_firing: bool) -> Verdict {
        let Threshold { metric, bound, clear, .. } = self.threshold;
        let (is_beyond, is_past_clear) = match *bound {
            Bound::Above(limit) => (value > limit, clear.is_none_or(|clear| value < clear)),
            Bound::Below(limit) => (value < limit, clear.is_none_or(|clear| value > clear)),
        };
        let only_grows = matches!(bound, Bound::Above(_)) && *metric != Metric::CacheHitRatio;
        if is_beyond && (covered || only_grows) {
            Verdict::Breach
        } else if !covered {
            Verdict::Unknown(Unknown::NotCovered)
        } else if is_firing && !is_past_clear {
            Verdict::Breach
        } else {
            Verdict::Clear
        }
    }

    fn finding(&self, subject: Subject, verdict: Verdict) -> Finding {
        let Threshold { metric, window, severity, .. } = *self.threshold;
        let (above, limit) = match self.threshold.bound {
            Bound::Above(limit) => (true, limit),
            Bound::Below(limit) => (false, limit),
        };
        let matter = Matter::Bound { metric, above, window };
        let limit = Some(Quantity::new(limit, metric.unit()));
        Finding { limit, ..Finding::new(subject, verdict, severity, matter) }
    }

    fn advance(&self, finding: Finding) -> Turn {
        let hold = self.threshold.hold;
        advance(self.case, Finder { rule: &self.rule.name, kind: Kind::Threshold, hold }, finding)
    }
}
