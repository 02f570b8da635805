//! Judges the rule `budget`: money of a period against the steps of an amount.

mod limit;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::alert::AlertRecord;
use crate::decide::case::Case;
use crate::decide::course::{Course, Figure, Figures, Outlook, Runner, Span};
use crate::decide::facts;
use crate::decide::forecast::{LAST_DAY, LAST_WEEK, Paces, Spent};
use crate::decide::sums::{Sum, Sums, Whose, user};
use crate::decide::turn::Turn;
use crate::notice::{Contributor, Kind};
use crate::period::{Calendar, PeriodKind};
use crate::quantity::{Quantity, Unit};
use crate::rule::{Budget, BudgetAmount, Rule};
use crate::snapshot::PeriodSpend;
use crate::subject::Subject;
use crate::window::Window;

pub(super) use limit::Limits;

pub(super) fn judge(case: &Case<'_>, rule: &Rule, budget: &Budget) -> Vec<Turn> {
    let (calendar, kind) = (budget.calendar(&case.rules.calendar), budget.kind());
    let window = calendar.period(kind, case.now);
    let money = Money::of(case, budget, &calendar, kind, window);
    let course = Course {
        case,
        rule: &rule.name,
        kind: Kind::Budget,
        unit: Unit::Usd,
        calendar: &calendar,
        span: Span::Of(kind),
        window: Some(window),
        steps: &budget.steps,
        api_limit: budget.amount == BudgetAmount::Api,
    };
    let limits = Limits::of(case.snapshot, budget);
    let known: BTreeMap<&Subject, &AlertRecord> =
        case.alerts_of(&rule.name).map(|alert| (&alert.subject, alert)).collect();
    let subjects = money.subjects(&known, &limits);
    let gone = known.values().filter(|alert| !money.whose.tells_apart(&alert.subject));
    let gone: Vec<Turn> = gone.map(|alert| gone_turn(alert)).collect();
    let turns = subjects.iter().map(|subject| {
        let figures = Own { money: &money, subject };
        let (alert, limit) = (known.get(subject).copied(), limits.of_subject(subject));
        let turn = course.advance(Runner { subject, alert, limit, figures: &figures });
        let stays = money.current.spent(subject) || limits.has(subject);
        if stays || !may_go(&turn.alert) { turn } else { gone_turn(&turn.alert) }
    });
    turns.chain(gone).collect()
}

/// Of whom nothing is heard any more, and nothing was told, nothing needs to be kept.
fn may_go(alert: &AlertRecord) -> bool {
    alert.state.episode().is_none() && alert.ended.is_empty() && alert.memory.is_untouched()
}

fn gone_turn(alert: &AlertRecord) -> Turn {
    let alert = AlertRecord::quiet(alert.rule.clone(), alert.subject.clone());
    Turn { alert, news: Vec::new(), orders: Vec::new(), standing: None, again_at: None }
}

/// Money by period and subject, as the ledger has it.
struct Money<'a> {
    case: &'a Case<'a>,
    whose: Whose<'a>,
    calendar_key: String,
    kind: PeriodKind,
    window: Window,
    current: Period<'a>,
}

/// What was spent in one period; `None` while nothing is known of it.
#[derive(Clone)]
struct Period<'a>(Option<(&'a PeriodSpend, Rc<Sums>)>);

impl Period<'_> {
    fn spent(&self, subject: &Subject) -> bool {
        *subject == Subject::ORGANIZATION
            || self.0.as_ref().is_some_and(|(_, sums)| sums.of(subject) != Sum::default())
    }
}

impl<'a> Money<'a> {
    fn of(
        case: &'a Case<'a>,
        budget: &'a Budget,
        calendar: &Calendar,
        kind: PeriodKind,
        window: Window,
    ) -> Self {
        let whose = Whose { scope: &budget.scope, each: &budget.each };
        let calendar_key = calendar.key();
        let current = Period(None);
        let mut money = Self { case, whose, calendar_key, kind, window, current };
        money.current = money.in_period(window);
        money
    }

    fn in_period(&self, window: Window) -> Period<'a> {
        let place = self.case.snapshot.spends.iter().position(|spend| {
            spend.kind == self.kind && spend.period == window && spend.calendar == self.calendar_key
        });
        Period(place.and_then(|place| {
            let spend = self.case.snapshot.spends.get(place).filter(|spend| spend.is_known())?;
            Some((spend, self.case.ledger.of_spend(place, self.whose)))
        }))
    }

    fn at(&self, window: Window) -> Period<'a> {
        if window == self.window { self.current.clone() } else { self.in_period(window) }
    }

    /// Everybody who spent, has a limit, or has an alert.
    fn subjects(
        &self,
        known: &BTreeMap<&Subject, &AlertRecord>,
        limits: &Limits<'_>,
    ) -> Vec<Subject> {
        if self.whose.each.is_empty() {
            return vec![Subject::ORGANIZATION];
        }
        let mut subjects: BTreeSet<Subject> = limits.subjects().collect();
        let apart = known.keys().filter(|subject| self.whose.tells_apart(subject));
        subjects.extend(apart.map(|subject| (*subject).clone()));
        if let Some((_, sums)) = &self.current.0 {
            subjects.extend(sums.subjects().cloned());
        }
        subjects.into_iter().collect()
    }
}

/// Money of one subject.
struct Own<'a> {
    money: &'a Money<'a>,
    subject: &'a Subject,
}

impl Figures for Own<'_> {
    fn figure(&self, period: Option<Window>) -> Option<Figure> {
        let (spend, sums) = self.money.at(period?).0?;
        let Sum { amount, basis } = sums.of(self.subject);
        Some(Figure { value: Quantity::money(amount), basis, data_until: spend.data_until })
    }

    fn outlook(&self, period: Window, limit: Quantity, figure: &Figure) -> Option<Outlook> {
        let spent = |wanted| {
            let (stretch, sums) = self.money.case.ledger.of_stretch(wanted, self.money.whose)?;
            let number = sums.of(self.subject).amount.dollars();
            Some(Spent { number, window: stretch.window, covered: stretch.covered })
        };
        let (day, week) = (spent(LAST_DAY)?, spent(LAST_WEEK)?);
        let paces = Paces::of(day, week, self.money.case.usage_read_from())?;
        let at = figure.data_until.unwrap_or(self.money.case.now);
        let forecast = paces.forecast(figure.value.number, limit.number, at, period.until())?;
        Some(Outlook { forecast, data_until: paces.data_until })
    }

    fn contributors(&self, period: Window) -> Vec<Contributor> {
        let Some((spend, _)) = self.money.at(period).0 else { return Vec::new() };
        let (whose, snapshot) = (self.money.whose, self.money.case.snapshot);
        facts::contributors(spend, &snapshot.roster, |charge| {
            whose.holds(self.subject, user(charge), snapshot)
        })
    }
}
