//! The built-in rule `action`: what became of what steps had done about them.
//!
//! Each ending of an action is told once, also across restarts: what was told is remembered
//! for as long as the action is in the snapshot. One that ends as it is ordered, since there is
//! nothing to do it to, is told at once. A dry run is told with its step, and nothing more
//! comes of it.

use jiff::{SignedDuration, Timestamp};

use crate::action::{ActionRecord, ActionState, Order, Stage, Target};
use crate::alert::{EpisodeId, Seen};
use crate::decide::case::Case;
use crate::decide::facts;
use crate::decide::steady::{Finder, Finding};
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::notice::{Effect, Kind, Matter, News, digest};
use crate::rule::Severity;
use crate::subject::{RuleName, Subject};
use crate::words;

/// Rules of operators cannot have this name.
const NAME: &str = "action";

pub(super) fn is_named(name: &RuleName) -> bool {
    name.as_str() == NAME
}

/// It has no standing: every piece of its news begins and ends with itself. `ordered` is what
/// this very tick orders.
pub(super) fn judge<'o>(case: &Case<'_>, ordered: impl Iterator<Item = &'o Order>) -> Option<Turn> {
    let name = RuleName::new(NAME);
    let mut alert = case.alert(&name, &Subject::ORGANIZATION);
    let ordered: Vec<ActionRecord> = ordered.cloned().map(ActionRecord::new).collect();
    if case.snapshot.actions.is_empty() && ordered.is_empty() && alert.is_blank() {
        return None;
    }
    let told = alert.seen.take().unwrap_or_default();
    let (mut seen, mut news) = (Seen::new(), Vec::new());
    // The oldest first: it happened first.
    for record in case.snapshot.actions.iter().rev().chain(&ordered) {
        let key = format!("{:016x}", digest(record.order.id.0.bytes()));
        let before = told.get(&key);
        let ending = ending(record).or_else(|| before.cloned());
        if ending.is_some() && ending.as_ref() != before {
            news.push(piece(case, &name, record));
        }
        seen.extend(ending.map(|ending| (key, ending)));
    }
    alert.seen = Some(seen).filter(|seen| !seen.is_empty());
    Some(Turn { alert, news, orders: Vec::new(), standing: None, again_at: None })
}

/// The word for how it ended; `None`: it has not, or nothing was to come of it.
fn ending(record: &ActionRecord) -> Option<String> {
    let word = record.state.label();
    match record.state {
        // Both can end a doing, and then again its undoing; that one was asked for is no end.
        ActionState::Refused | ActionState::GivenUp if record.is_undone() => {
            // Asked for once more, it can fail once more.
            let asked_at = record.undo_asked_at.map(Timestamp::as_second).unwrap_or_default();
            Some(format!("{word} undo {asked_at}"))
        }
        ActionState::Done | ActionState::Refused | ActionState::GivenUp | ActionState::Undone => {
            Some(word.to_owned())
        }
        ActionState::Queued
        | ActionState::Retrying
        | ActionState::DryRun
        | ActionState::Undoing => None,
    }
}

const fn severity(record: &ActionRecord) -> Severity {
    match record.state {
        ActionState::Refused | ActionState::GivenUp => Severity::Critical,
        ActionState::Undone => Severity::Info,
        ActionState::Done
        | ActionState::Queued
        | ActionState::Retrying
        | ActionState::DryRun
        | ActionState::Undoing => record.order.severity,
    }
}

fn piece(case: &Case<'_>, name: &RuleName, record: &ActionRecord) -> News {
    let order = &record.order;
    let matter = Matter::Acted {
        action: order.action.clone(),
        id: order.id.clone(),
        does: does(record),
        state: record.state,
        error: error(record),
        no_undo: record.undoable().err().map(|why| why.to_string()),
    };
    let finding = Finding::new(order.subject.clone(), Verdict::Breach, severity(record), matter);
    let finder = Finder { rule: name, kind: Kind::Action, hold: SignedDuration::ZERO };
    let mut facts = finding.facts(case, finder);
    let at = record.state_since;
    (facts.episode, facts.since) = (EpisodeId(format!("{NAME}:{}", order.id.0)), at);
    let id = facts::news_id(&facts.episode, Effect::Fired, Some(at));
    News { id, effect: Effect::Fired, facts, period_end: false, only: None }
}

/// What was changed by name, where that is not all that was ordered.
fn does(record: &ActionRecord) -> String {
    let order = &record.order;
    let changed: Vec<Target> = changed(record).cloned().collect();
    let is_part = !changed.is_empty() && changed.len() < order.targets.len();
    if is_part { words::does(&changed) } else { order.does.clone() }
}

fn changed(record: &ActionRecord) -> impl Iterator<Item = &Target> {
    let is_changed = |stage: Stage| match stage {
        Stage::Begun | Stage::Doubted | Stage::Done | Stage::Returning | Stage::Undone => true,
        Stage::Waiting | Stage::Left | Stage::Refused | Stage::Kept | Stage::Stuck => false,
    };
    let stages = record.order.targets.iter().zip(&record.doings);
    let changed = stages.filter(move |(_, doing)| is_changed(doing.stage));
    // Who has failed did not do it: there all that was meant is named.
    let is_ended = matches!(record.state, ActionState::Done | ActionState::Undone);
    changed.filter(move |_| is_ended).map(|(target, _)| target)
}

/// What went wrong, where it did.
fn error(record: &ActionRecord) -> Option<String> {
    match record.state {
        // An undo says what it left alone.
        ActionState::Refused | ActionState::GivenUp | ActionState::Undone => {
            record.last_error.clone()
        }
        ActionState::Done if changed(record).next().is_none() => {
            Some("it was as it should be already".to_owned())
        }
        ActionState::Done
        | ActionState::Queued
        | ActionState::Retrying
        | ActionState::DryRun
        | ActionState::Undoing => None,
    }
}
