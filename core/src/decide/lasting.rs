//! What lasts for some of many, as of keys and invites: each has an alert of its own while it
//! holds, and those for whom it holds no more are told once.
//!
//! What is gone from a list can be looked up nowhere, so the alert remembers what its end has
//! to say. A condition that was taken out of the rule ends without a word.

use std::collections::BTreeMap;

use crate::alert::{AlertRecord, Seen};
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding, advance_known};
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::notice::{Matter, Names};
use crate::rule::Severity;
use crate::subject::Subject;

/// One for whom it holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) subject: Subject,
    pub(super) matter: Matter,
    pub(super) names: Names,
    /// What its end will say.
    pub(super) seen: Seen,
}

/// Finds what to say of whom an alert remembers.
pub(super) type Recall<'a> = dyn Fn(&Subject, &Seen) -> Option<(Matter, Names)> + 'a;

/// The rule that asks, and how.
pub(super) struct Asking<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) finder: Finder<'a>,
    pub(super) severity: Severity,
    /// What an end has to say, from what the alert remembers; `None`: nobody asks any more.
    pub(super) recall: &'a Recall<'a>,
}

impl Asking<'_> {
    /// Advances the alerts of all for whom it holds, and of those for whom it did. `held` is
    /// `None` when the list was not heard.
    pub(super) fn advance(&self, held: Option<Vec<Held>>) -> Vec<Turn> {
        let alerts = self.case.alerts_of(self.finder.rule);
        let mut known: BTreeMap<&Subject, &AlertRecord> = alerts
            .filter(|alert| alert.subject != Subject::ORGANIZATION)
            .map(|alert| (&alert.subject, alert))
            .collect();
        let gone =
            if held.is_some() { Verdict::Clear } else { Verdict::Unknown(Unknown::NotPolled) };
        let mut turns = Vec::new();
        for one in held.into_iter().flatten() {
            let alert = known.remove(&one.subject).cloned();
            turns.push(self.turn(one, alert, Verdict::Breach));
        }
        turns.extend(known.into_values().map(|alert| self.end(alert, gone)));
        turns
    }

    fn end(&self, alert: &AlertRecord, verdict: Verdict) -> Turn {
        let seen = alert.seen.clone().unwrap_or_default();
        match (self.recall)(&alert.subject, &seen) {
            Some((matter, names)) => {
                let subject = alert.subject.clone();
                let one = Held { subject, matter, names, seen };
                self.turn(one, Some(alert.clone()), verdict)
            }
            None => {
                let quiet = AlertRecord::quiet(alert.rule.clone(), alert.subject.clone());
                Turn {
                    alert: quiet,
                    news: Vec::new(),
                    standing: None,
                    again_at: None,
                    orders: Vec::new(),
                }
            }
        }
    }

    fn turn(&self, one: Held, alert: Option<AlertRecord>, verdict: Verdict) -> Turn {
        let Held { subject, matter, names, seen } = one;
        let quiet = || AlertRecord::quiet(self.finder.rule.clone(), subject.clone());
        let alert = alert.unwrap_or_else(quiet);
        let finding = Finding::new(subject, verdict, self.severity, matter);
        let finding = Finding { names: Some(names), ..finding };
        let mut turn = advance_known(self.case, self.finder, finding, alert);
        turn.alert.seen = Some(seen).filter(|_| verdict != Verdict::Clear);
        turn
    }
}
