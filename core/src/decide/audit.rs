//! Judges the rule `audit`: lines of the audit log that somebody wants to hear of.
//!
//! Each line is news of its own, under an episode named by its id. How many lines there were
//! when it last looked is all that the rule remembers; the first look tells nothing. Of very
//! many at once the first are told one by one, and the rest by their number.

use jiff::SignedDuration;

use crate::alert::{AlertRecord, Seen};
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding};
use crate::decide::told;
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::notice::{Kind, Matter, News};
use crate::roster::Activity;
use crate::rule::{Audit, Rule};
use crate::subject::Subject;

/// Lines that are told one by one in one tick: nobody reads more.
const TOLD_MAX: usize = 50;

/// How many lines had been heard when the rule last looked.
const LOOKED: &str = "looked";

pub(super) fn judge(case: &Case<'_>, rule: &Rule, audit: &Audit) -> Vec<Turn> {
    let Some(log) = case.snapshot.roster.audit.as_deref() else { return Vec::new() };
    let mut known = case.alerts_of(&rule.name);
    let known = known.find(|alert| alert.subject == Subject::ORGANIZATION);
    let looked = known.and_then(|alert| alert.seen.as_ref()?.get(LOOKED)?.parse::<u64>().ok());
    if looked == Some(log.heard()) {
        return Vec::new();
    }
    // A log that begins anew is another one: it is looked at for the first time.
    let looked = looked.filter(|looked| *looked < log.heard()).unwrap_or(log.heard());
    let (lines, others) = log.after(looked);
    let mut wanted = lines.filter(|line| audit.holds(line));
    let told: Vec<&Activity> = wanted.by_ref().take(TOLD_MAX).collect();
    let more = others.saturating_add(wanted.count() as u64);
    // The first says so: it is what people see of a long message.
    let told = told.into_iter().enumerate();
    let news =
        told.map(|(place, line)| news(case, rule, audit, line, if place == 0 { more } else { 0 }));
    let seen = Seen::from([(LOOKED.to_owned(), log.heard().to_string())]);
    let quiet = AlertRecord::quiet(rule.name.clone(), Subject::ORGANIZATION);
    let alert = AlertRecord { seen: Some(seen), ..quiet };
    vec![Turn { alert, news: news.collect(), standing: None, again_at: None, orders: Vec::new() }]
}

fn news(case: &Case<'_>, rule: &Rule, audit: &Audit, line: &Activity, more: u64) -> News {
    let name = Some(line.actor.name()).filter(|name| !name.is_empty());
    let matter = Matter::Activity {
        activity: line.kind.clone(),
        actor: name.unwrap_or("somebody whom the log does not name").to_owned(),
        at: line.at,
        details: line.details.clone(),
        more,
    };
    let subject = Subject::detail(line.id.as_str());
    let finding = Finding::new(subject, Verdict::Breach, audit.severity, matter);
    let finder = Finder { rule: &rule.name, kind: Kind::Audit, hold: SignedDuration::ZERO };
    told::once(case, finder, finding, line.at)
}
