//! The course of one budget or quota over its periods: begin, climb, end, settle.

mod act;
mod period;
mod tell;

use jiff::{SignedDuration, Timestamp};

use crate::action::Order;
use crate::alert::{AlertRecord, AlertState, StepMemory};
use crate::decide::case::Case;
use crate::decide::steps;
use crate::decide::turn::Turn;
use crate::decide::verdict::Unknown;
use crate::ledger::Basis;
use crate::notice::{Contributor, Forecast, Kind, News};
use crate::period::{Calendar, PeriodKind};
use crate::quantity::{Quantity, Unit};
use crate::rule::Step;
use crate::subject::{RuleName, Subject};
use crate::window::Window;

use period::Period;

/// A month is five questions where hours are read, and thirty-five where only days are, at
/// one a minute; this is about twice as long.
const FILLED_AFTER: SignedDuration = SignedDuration::from_mins(75);

/// How much was used in a period, and by whom.
pub(super) trait Figures {
    /// `None` while nothing is known of the period.
    fn figure(&self, period: Option<Window>) -> Option<Figure>;

    /// What the end of the period will bring; `None` where history is too short to say.
    fn outlook(&self, period: Window, limit: Quantity, figure: &Figure) -> Option<Outlook>;

    /// Who used most in it, largest first.
    fn contributors(&self, period: Window) -> Vec<Contributor>;
}

/// How much, where that comes from, and how old it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) value: Quantity,
    pub(super) basis: Option<Basis>,
    pub(super) data_until: Option<Timestamp>,
}

/// A forecast, and the newest data that it is made from.
#[derive(Clone, Debug)]
pub(super) struct Outlook {
    pub(super) forecast: Forecast,
    pub(super) data_until: Timestamp,
}

/// How the periods of a rule follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// By the calendar, or rolling with it.
    Of(PeriodKind),
    /// As the API says: until it resets its count. `None`: it does not say when.
    Reset(Option<Timestamp>),
}

/// One budget or quota at one instant, of all its subjects.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) rule: &'a RuleName,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) calendar: &'a Calendar,
    pub(super) span: Span,
    /// The period of the calendar that it is now; `None`: of the API.
    pub(super) window: Option<Window>,
    pub(super) steps: &'a [Step],
    /// The limit is what the API reports.
    pub(super) api_limit: bool,
}

/// What is known of one subject of it.
#[derive(Clone, Copy)]
pub(super) struct Runner<'a> {
    pub(super) subject: &'a Subject,
    /// Where its alert stands; `None`: it has none yet.
    pub(super) alert: Option<&'a AlertRecord>,
    pub(super) limit: Result<Quantity, Unknown>,
    pub(super) figures: &'a dyn Figures,
}

/// What is found of one period.
struct Found {
    figure: Option<Figure>,
    outlook: Option<Outlook>,
}

impl Course<'_> {
    /// The alert as it stands now, and what people must be told.
    pub(super) fn advance(&self, runner: Runner<'_>) -> Turn {
        let quiet = || AlertRecord::quiet(self.rule.clone(), runner.subject.clone());
        let before = runner.alert.cloned().unwrap_or_else(quiet);
        let period = self.period(&before.memory);
        let found = self.found(&period, runner);
        match self.may_judge(&before, &period, runner) {
            Ok(limit) => {
                let (alert, Said { news, orders }) =
                    self.judged(before, &period, runner, limit, &found);
                let standing = Some(self.standing(&alert, &period, runner, &found, None));
                Turn { alert, news, orders, standing, again_at: None }
            }
            Err(unknown) => {
                let standing = Some(self.standing(&before, &period, runner, &found, Some(unknown)));
                let (news, orders) = (Vec::new(), Vec::new());
                Turn { alert: before, news, orders, standing, again_at: None }
            }
        }
    }

    fn found(&self, period: &Period, runner: Runner<'_>) -> Found {
        let figure = runner.figures.figure(period.window);
        let outlook = match (&figure, period.window, runner.limit, self.span) {
            (Some(figure), Some(window), Ok(limit), Span::Of(kind)) if ends(kind) => {
                runner.figures.outlook(window, limit, figure)
            }
            (Some(_) | None, Some(_) | None, Ok(_) | Err(_), Span::Of(_) | Span::Reset(_)) => None,
        };
        Found { figure, outlook }
    }

    fn may_judge(
        &self,
        before: &AlertRecord,
        period: &Period,
        runner: Runner<'_>,
    ) -> Result<Quantity, Unknown> {
        // A clock that was set back must not begin a period a second time.
        if self.is_set_back(&before.memory) {
            return Err(Unknown::ClockSetBack);
        }
        let limit = runner.limit?;
        let awaits_bill = self.unit == Unit::Usd && self.case.snapshot.awaits_bill(self.case.now);
        if self.is_filling(period) || awaits_bill { Err(Unknown::Filling) } else { Ok(limit) }
    }

    /// Whether the first reading of the past has not come to the beginning of `period` yet.
    ///
    /// Half a period would tell a low step first and a higher one minutes later, and name
    /// the wrong spenders. But who cannot read usage at all must not wait for ever.
    fn is_filling(&self, period: &Period) -> bool {
        let Some(window) = period.window.filter(|_| matches!(self.span, Span::Of(_))) else {
            return false;
        };
        let begun = self.case.snapshot.first_heard_at;
        let is_new = begun.is_some_and(|at| self.case.now.duration_since(at) < FILLED_AFTER);
        is_new && self.case.usage_read_from().is_none_or(|from| from > window.from())
    }

    fn judged(
        &self,
        before: AlertRecord,
        period: &Period,
        runner: Runner<'_>,
        limit: Quantity,
        found: &Found,
    ) -> (AlertRecord, Said) {
        let (mut alert, news) = self.roll(before, period, runner, limit);
        let mut said = Said { news, orders: Vec::new() };
        said.news.extend(self.settle(&mut alert, runner));
        if let Some(figure) = found.figure {
            let AlertRecord { state, memory, .. } = &mut alert;
            let here = Here { runner, limit, figure, outlook: found.outlook.as_ref(), period };
            self.climb(state, memory, here, &mut said);
        }
        (alert, said)
    }

    /// Advances the current period by one figure.
    fn climb(
        &self,
        state: &mut AlertState,
        memory: &mut StepMemory,
        here: Here<'_>,
        said: &mut Said,
    ) {
        let Some(ratio) = here.figure.value.ratio_of(here.limit) else { return };
        let outlook = here.outlook.and_then(|outlook| {
            let foreseen = Quantity::new(outlook.forecast.value, here.limit.unit);
            Some((foreseen.ratio_of(here.limit)?, outlook.data_until))
        });
        steps::rearm(memory, here.limit.number, ratio, outlook.map(|(ratio, _)| ratio));
        said.news.extend(self.quieten(state, memory, here));
        let climbed = steps::climb(memory, self.steps, ratio);
        let used = climbed.as_ref().map(|climbed| climbed.highest);
        let foreseen = outlook.and_then(|(forecast, data_until)| {
            steps::foresee(memory, self.steps, ratio, forecast, data_until)
        });
        // One message; what has happened says more than what may, unless that is worse.
        let told = match (used, foreseen) {
            (Some(used), Some(foreseen)) if foreseen.severity > used.severity => Some(foreseen),
            (Some(used), Some(_) | None) => Some(used),
            (None, foreseen) => foreseen,
        };
        let Some(step) = told else {
            said.news.extend(self.remind(state, memory, here));
            return;
        };
        let crossed = climbed.map(|climbed| climbed.crossed).unwrap_or_default();
        let acts = self.act(memory, here.runner.subject, &crossed);
        let mut news = self.tell(state, memory, here, step, false);
        news.facts.actions = acts.announced;
        said.news.push(news);
        said.orders.extend(acts.orders);
    }
}

/// What people must be told, and what is done about it.
struct Said {
    news: Vec<News>,
    orders: Vec<Order>,
}

/// What one period of one subject looks like.
#[derive(Clone, Copy)]
struct Here<'a> {
    runner: Runner<'a>,
    limit: Quantity,
    figure: Figure,
    outlook: Option<&'a Outlook>,
    period: &'a Period,
}

/// Whether a period of this kind has an end that can be forecast.
const fn ends(kind: PeriodKind) -> bool {
    match kind {
        PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => true,
        PeriodKind::Rolling(_) => false,
    }
}
