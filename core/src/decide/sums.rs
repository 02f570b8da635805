//! What was spent by whom, added up once for all rules that ask for the same.
//!
//! Many rules look at the same charges. Each combination of figures, scope and subjects is
//! added up when it is first asked for, and kept for the rest of the tick.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::amount::Amount;
use crate::ledger::Basis;
use crate::rule::{Facet, Scope, User, subject_of};
use crate::snapshot::Snapshot;
use crate::stretch::{Wanted, WindowUse};
use crate::subject::Subject;

/// The sums of one snapshot that were asked for so far.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    snapshot: &'a Snapshot,
    known: RefCell<Vec<(Question, Rc<Sums>)>>,
}

/// Of which figures, and whose.
#[derive(Debug)]
struct Question {
    source: Source,
    scope: Scope,
    each: Vec<Facet>,
}

/// The part of all use that a rule is about, and whom it is judged for apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose<'a> {
    pub(super) scope: &'a Scope,
    pub(super) each: &'a [Facet],
}

/// A place in the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Spend(usize),
    Stretch(usize),
}

/// Money by subject.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums(BTreeMap<Subject, Sum>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) amount: Amount,
    /// `None`: nothing was spent.
    pub(super) basis: Option<Basis>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, known: RefCell::default() }
    }

    /// What `whose` came to in the period at `place` of the snapshot's spends.
    pub(super) fn of_spend(&self, place: usize, whose: Whose<'_>) -> Rc<Sums> {
        let spend = self.snapshot.spends.get(place);
        self.of(Source::Spend(place), whose, || {
            let charges = spend.iter().flat_map(|spend| &spend.charges);
            charges.map(|charge| (user(charge), charge.amount, Some(charge.basis)))
        })
    }

    /// What `whose` came to in a stretch that was wanted, and the stretch.
    pub(super) fn of_stretch(
        &self,
        wanted: Wanted,
        whose: Whose<'_>,
    ) -> Option<(&'a WindowUse, Rc<Sums>)> {
        let mut stretches = self.snapshot.windows.iter().enumerate();
        let (place, stretch) = stretches.find(|(_, stretch)| stretch.wanted == wanted)?;
        let sums = self.of(Source::Stretch(place), whose, || {
            stretch.rows.iter().map(|row| {
                let (workspace, key, tier) = (&row.workspace, &row.key, &row.tier);
                (User { workspace, model: row.model.as_ref(), key, tier }, row.cost, row.basis)
            })
        });
        Some((stretch, sums))
    }

    fn of<'r, I>(&self, source: Source, whose: Whose<'_>, rows: impl FnOnce() -> I) -> Rc<Sums>
    where
        I: Iterator<Item = (User<'r>, Amount, Option<Basis>)>,
    {
        let is_asked = |asked: &Question| {
            asked.source == source && asked.scope == *whose.scope && asked.each == whose.each
        };
        if let Some((_, sums)) = self.known.borrow().iter().find(|(asked, _)| is_asked(asked)) {
            return Rc::clone(sums);
        }
        let sums = Rc::new(self.add_up(whose, rows()));
        let (scope, each) = (whose.scope.clone(), whose.each.to_vec());
        self.known.borrow_mut().push((Question { source, scope, each }, Rc::clone(&sums)));
        sums
    }

    fn add_up<'r>(
        &self,
        whose: Whose<'_>,
        rows: impl Iterator<Item = (User<'r>, Amount, Option<Basis>)>,
    ) -> Sums {
        let mut sums = Sums::default();
        let mut whole = Sum::default();
        let is_all = whose.scope.is_all();
        for (user, amount, basis) in rows {
            if !is_all && !whose.scope.holds(user, &self.snapshot.roster) {
                continue;
            }
            if whose.each.is_empty() {
                whole.add(amount, basis);
            } else {
                sums.0.entry(subject_of(whose.each, user)).or_default().add(amount, basis);
            }
        }
        if whose.each.is_empty() {
            sums.0.insert(Subject::ORGANIZATION, whole);
        }
        sums
    }
}

impl Sums {
    /// What `subject` spent; nothing, where no charge is its own.
    pub(super) fn of(&self, subject: &Subject) -> Sum {
        self.0.get(subject).copied().unwrap_or_default()
    }

    /// Everybody who spent something.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.0.keys()
    }
}

impl Sum {
    fn add(&mut self, amount: Amount, basis: Option<Basis>) {
        self.amount += amount;
        self.basis = match (self.basis, basis) {
            (Some(known), Some(basis)) if known != basis => Some(Basis::Mixed),
            (known, basis) => known.or(basis),
        };
    }
}

impl<'a> Whose<'a> {
    /// Whether `subject` of this rule pays for what `user` used.
    pub(super) fn holds(&self, subject: &Subject, user: User<'_>, snapshot: &Snapshot) -> bool {
        self.scope.holds(user, &snapshot.roster) && subject_of(self.each, user) == *subject
    }

    /// Whether a subject is one of those that this rule tells apart.
    pub(super) fn tells_apart(&self, subject: &Subject) -> bool {
        let has = |facet| self.each.contains(&facet);
        subject.workspace.is_some() == has(Facet::Workspace)
            && subject.model.is_some() == has(Facet::Model)
            && subject.key.is_some() == has(Facet::Key)
            && subject.detail.is_none()
    }
}

/// Who paid a charge.
pub(super) fn user(charge: &crate::ledger::Charge) -> User<'_> {
    User {
        workspace: &charge.workspace,
        model: charge.model.as_ref(),
        key: &charge.key,
        tier: &charge.tier,
    }
}
