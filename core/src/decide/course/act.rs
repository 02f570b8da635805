//! What is done about the steps that a figure has crossed: ordered once a period, announced.
//!
//! What a period remembers of its orders outlives every change of the limit. What was
//! forgotten with a rule that was gone for a while is found among the actions themselves.

use jiff::{SignedDuration, Timestamp};

use crate::action::{Action, ActionId, ActionRecord, Nothing, Order, Target, targets};
use crate::alert::{Ordered, StepMemory};
use crate::decide::course::{Course, Span};
use crate::decide::facts;
use crate::notice::{Announced, Announcement};
use crate::period::PeriodKind;
use crate::rule::Step;
use crate::subject::{ActionName, Subject};
use crate::words;

/// What is done, and what is said of it.
#[derive(Default)]
pub(super) struct Acts {
    pub(super) orders: Vec<Order>,
    pub(super) announced: Vec<Announced>,
}

/// One action that a step takes.
struct Taking<'a> {
    subject: &'a Subject,
    step: &'a Step,
    action: &'a Action,
    id: ActionId,
    does: String,
    found: Result<Vec<Target>, Nothing>,
}

impl Course<'_> {
    /// Takes the actions of the steps that were just crossed, and says what became of those
    /// that were taken before.
    pub(super) fn act(
        &self,
        memory: &mut StepMemory,
        subject: &Subject,
        crossed: &[&Step],
    ) -> Acts {
        let mut acts = Acts::default();
        let before = self.taken(memory);
        for (step, action) in self.actions_of(crossed) {
            if !self.counted(memory).any(|known| is_of(known, action)) {
                self.take(memory, subject, (step, action), &mut acts);
            }
        }
        let is_new = |old: &Announced| !acts.announced.iter().any(|new| new.action == old.action);
        let before: Vec<Announced> = before.into_iter().filter(is_new).collect();
        acts.announced.splice(0..0, before);
        acts
    }

    /// What was ordered in this period, and how far it is.
    pub(super) fn taken(&self, memory: &StepMemory) -> Vec<Announced> {
        let announced = |known: &Ordered| {
            let record = self.case.snapshot.actions.iter().find(|one| one.order.id == known.id);
            let state = record.map(|record| record.state);
            let does = record.map(|record| record.order.does.clone()).unwrap_or_default();
            let verdict = Announcement::Already { id: known.id.clone(), state };
            Announced { action: known.action.clone(), does, verdict }
        };
        self.counted(memory).map(announced).collect()
    }

    /// Each action once, with the highest of the steps that take it.
    fn actions_of<'s>(&self, crossed: &[&'s Step]) -> Vec<(&'s Step, &Action)> {
        let mut actions: Vec<(&Step, &Action)> = Vec::new();
        for step in crossed.iter().rev() {
            let named = step.action.as_ref();
            let action = named.and_then(|name| self.case.rules.actions.get(name));
            let Some(action) = action else { continue };
            if !actions.iter().any(|(_, known)| known.name == action.name) {
                actions.push((step, action));
            }
        }
        actions.reverse();
        actions
    }

    /// Nothing is said of what is for another part of the organization.
    fn take(
        &self,
        memory: &mut StepMemory,
        subject: &Subject,
        (step, action): (&Step, &Action),
        acts: &mut Acts,
    ) {
        let found = targets(&action.measure, subject, &self.case.snapshot.roster);
        let does = match &found {
            Err(Nothing::Elsewhere) => return,
            Err(_) => words::wanted(&action.measure),
            Ok(targets) => words::does(targets),
        };
        let id = self.id(memory, subject, action);
        let taking = Taking { subject, step, action, id, does, found };
        let verdict = self.verdict(memory, &taking);
        let (name, does) = (action.name.clone(), taking.does.clone());
        let is_ordered = match verdict {
            Announcement::Ordered(_)
            | Announcement::DryRun(_)
            | Announcement::NothingToDo { .. } => true,
            Announcement::Already { .. } | Announcement::NotAllowed => false,
        };
        acts.announced.push(Announced { action: name, does, verdict });
        if is_ordered {
            acts.orders.push(self.order(memory, taking));
        }
    }

    fn verdict(&self, memory: &mut StepMemory, taking: &Taking<'_>) -> Announcement {
        let Taking { action, id, found, .. } = taking;
        if let Some(known) = self.record_of(taking) {
            let (id, state) = (known.order.id.clone(), Some(known.state));
            remember(memory, &action.name, &id, known.order.decided_at, known.order.dry_run);
            return Announcement::Already { id, state };
        }
        if !self.case.rules.allow_actions {
            return Announcement::NotAllowed;
        }
        remember(memory, &action.name, id, self.case.now, action.dry_run);
        match found {
            Ok(_) if action.dry_run => Announcement::DryRun(id.clone()),
            Ok(_) => Announcement::Ordered(id.clone()),
            Err(why) => Announcement::NothingToDo { id: id.clone(), why: why.to_string() },
        }
    }

    fn order(&self, memory: &StepMemory, taking: Taking<'_>) -> Order {
        let Taking { subject, step, action, id, does, found } = taking;
        let nothing = found.as_ref().err().map(ToString::to_string);
        Order {
            id,
            organization: self.case.snapshot.organization.clone(),
            action: action.name.clone(),
            rule: self.rule.clone(),
            subject: subject.clone(),
            step: step.at.ratio(),
            severity: step.severity,
            period_from: memory.period_from.filter(|_| self.rolling_for().is_none()),
            decided_at: self.case.now,
            dry_run: action.dry_run,
            does,
            targets: found.unwrap_or_default(),
            nothing,
        }
    }

    /// A rolling period never begins: its orders are named by when they were made. One of the
    /// API begins when it is first judged, which is forgotten with the rule; its end is not.
    fn id(&self, memory: &StepMemory, subject: &Subject, action: &Action) -> ActionId {
        let begun = memory.resets_at.or(memory.period_from);
        let begun = begun.filter(|_| self.rolling_for().is_none());
        let from = begun.unwrap_or(self.case.now);
        let organization = &self.case.snapshot.organization;
        let id = facts::action_id(self.rule, organization, subject, &action.name, from);
        if action.dry_run { ActionId(format!("{}:dry-run", id.0)) } else { id }
    }

    /// How long one order holds, where no period ends.
    fn rolling_for(&self) -> Option<SignedDuration> {
        match self.span {
            Span::Of(PeriodKind::Rolling(days)) => {
                Some(SignedDuration::from_hours(24 * i64::from(days)))
            }
            Span::Of(PeriodKind::Day | PeriodKind::Week | PeriodKind::Month) | Span::Reset(_) => {
                None
            }
        }
    }

    fn is_of_this_period(&self, at: Timestamp) -> bool {
        self.rolling_for().is_none_or(|span| !self.case.is_apart(at, span))
    }

    /// What is remembered of this period.
    fn counted<'m>(&self, memory: &'m StepMemory) -> impl Iterator<Item = &'m Ordered> {
        memory.ordered.iter().filter(|known| self.is_of_this_period(known.at))
    }

    /// The same order, made before.
    fn record_of(&self, taking: &Taking<'_>) -> Option<&ActionRecord> {
        let is_rolling = self.rolling_for().is_some();
        self.case.snapshot.actions.iter().find(|record| {
            let ActionRecord { order, .. } = record;
            let is_alike = order.rule == *self.rule
                && order.subject == *taking.subject
                && order.action == taking.action.name
                && (taking.action.dry_run || !order.dry_run);
            let is_rolled = is_rolling && self.is_of_this_period(order.decided_at);
            is_alike && (order.id == taking.id || is_rolled)
        })
    }
}

/// What was only shown can still be done.
fn is_of(known: &Ordered, action: &Action) -> bool {
    known.action == action.name && (action.dry_run || !known.dry_run)
}

fn remember(
    memory: &mut StepMemory,
    action: &ActionName,
    id: &ActionId,
    at: Timestamp,
    dry_run: bool,
) {
    memory.ordered.retain(|known| known.action != *action);
    let (action, id) = (action.clone(), id.clone());
    memory.ordered.push(Ordered { action, id, at, dry_run });
}
