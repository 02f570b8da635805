//! Judges the rule `budget`: money of a period against the steps of an amount.

use jiff::Timestamp;

use crate::decide::case::Case;
use crate::decide::course::{Course, Figure, Figures};
use crate::decide::facts;
use crate::decide::turn::Turn;
use crate::notice::{Contributor, Kind};
use crate::period::{Calendar, PeriodKind};
use crate::quantity::Quantity;
use crate::rule::{Budget, BudgetAmount, Rule};
use crate::snapshot::{PeriodSpend, Snapshot};
use crate::subject::Subject;
use crate::window::Window;

pub(super) fn judge(case: &Case<'_>, rule: &Rule, budget: &Budget) -> Vec<Turn> {
    let calendar = case.calendar(budget.zone.as_ref());
    let limit = match budget.amount {
        BudgetAmount::Fixed(amount) => Some(Quantity::money(amount)),
        BudgetAmount::Api => None,
    };
    let money = Money { snapshot: case.snapshot, calendar: &calendar, kind: budget.period };
    let course = Course {
        case,
        rule: &rule.name,
        kind: Kind::Budget,
        subject: Subject::ORGANIZATION,
        calendar: &calendar,
        period: budget.period,
        steps: &budget.steps,
        limit,
        figures: &money,
    };
    vec![course.advance()]
}

/// Money by period, as the ledger has it.
struct Money<'a> {
    snapshot: &'a Snapshot,
    calendar: &'a Calendar,
    kind: PeriodKind,
}

impl Money<'_> {
    fn spend(&self, period: Window) -> Option<&PeriodSpend> {
        let key = self.calendar.key();
        self.snapshot.spends.iter().find(|spend| {
            spend.kind == self.kind && spend.calendar == key && spend.period == period
        })
    }
}

impl Figures for Money<'_> {
    fn figure(&self, period: Window) -> Option<Figure> {
        let spend = self.spend(period).filter(|spend| is_known(spend))?;
        Some(Figure {
            value: Quantity::money(spend.total()),
            basis: spend.basis(),
            data_until: spend.data_until,
        })
    }

    fn contributors(&self, period: Window) -> Vec<Contributor> {
        self.spend(period)
            .map(|spend| facts::contributors(spend, &self.snapshot.roster))
            .unwrap_or_default()
    }

    fn read_from(&self) -> Option<Timestamp> {
        self.snapshot
            .coverage
            .iter()
            .filter(|((report, _), _)| *report == crate::reading::Report::Usage)
            .map(|(_, known)| known.read.from())
            .min()
    }
}

/// A period without a charge is known to be free only once its usage was heard of.
fn is_known(spend: &PeriodSpend) -> bool {
    spend.data_until.is_some() || !spend.charges.is_empty()
}
