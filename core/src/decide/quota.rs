//! Judges the rule `quota`: tokens of a period against the steps of a count.

use jiff::Timestamp;

use crate::alert::AlertRecord;
use crate::decide::case::Case;
use crate::decide::course::{Course, Figure, Figures, Outlook, Runner, Span};
use crate::decide::turn::Turn;
use crate::decide::verdict::Unknown;
use crate::notice::{Contributor, Kind};
use crate::period::{Calendar, PeriodKind};
use crate::quantity::{Quantity, Unit};
use crate::reading::Report;
use crate::roster;
use crate::rule::{Quota, QuotaLimit, Rule};
use crate::snapshot::Snapshot;
use crate::subject::Subject;
use crate::window::Window;

pub(super) fn judge(case: &Case<'_>, rule: &Rule, quota: &Quota) -> Vec<Turn> {
    let calendar = quota.calendar(&case.rules.calendar);
    let reported = case.snapshot.roster.quota.as_deref();
    let alert = case.alerts_of(&rule.name).find(|alert| alert.subject == Subject::ORGANIZATION);
    let (span, window) = match quota.limit {
        QuotaLimit::Tokens(_) => {
            (Span::Of(quota.period), Some(calendar.period(quota.period, case.now)))
        }
        QuotaLimit::Api => (Span::Reset(reported.map(|quota| resets_at(case, quota, alert))), None),
    };
    let course = Course {
        case,
        rule: &rule.name,
        kind: Kind::Quota,
        unit: Unit::Tokens,
        calendar: &calendar,
        span,
        window,
        steps: &quota.steps,
        api_limit: quota.limit == QuotaLimit::Api,
    };
    let (counted, heard);
    let figures: &dyn Figures = match quota.limit {
        QuotaLimit::Tokens(_) => {
            let snapshot = case.snapshot;
            counted = Counted { snapshot, calendar_key: calendar.key(), kind: quota.period };
            &counted
        }
        QuotaLimit::Api => {
            heard = Heard { snapshot: case.snapshot };
            &heard
        }
    };
    let limit = limit(quota.limit, reported);
    let subject = &Subject::ORGANIZATION;
    vec![course.advance(Runner { subject, alert, limit, figures })]
}

/// When the API resets its count. One that does not say so counts by the month; what it said
/// before holds until then.
fn resets_at(case: &Case<'_>, heard: &roster::Quota, alert: Option<&AlertRecord>) -> Timestamp {
    let before = alert.and_then(|alert| alert.memory.resets_at).filter(|at| *at > case.now);
    let month_ends = || Calendar::utc().period(PeriodKind::Month, case.now).until();
    heard.resets_at.or(before).unwrap_or_else(month_ends)
}

fn limit(limit: QuotaLimit, reported: Option<&roster::Quota>) -> Result<Quantity, Unknown> {
    let tokens = match limit {
        QuotaLimit::Tokens(tokens) => tokens,
        QuotaLimit::Api => reported.ok_or(Unknown::NoData)?.limit,
    };
    if tokens == 0 { Err(Unknown::NoLimit) } else { Ok(Quantity::tokens(tokens)) }
}

/// Tokens of a period of the calendar, as the ledger counts them.
struct Counted<'a> {
    snapshot: &'a Snapshot,
    calendar_key: String,
    kind: PeriodKind,
}

impl Figures for Counted<'_> {
    fn figure(&self, period: Option<Window>) -> Option<Figure> {
        let spend = self.snapshot.spends.iter().find(|spend| {
            spend.kind == self.kind
                && Some(spend.period) == period
                && spend.calendar == self.calendar_key
        })?;
        let total = spend.tokens.total();
        // Without usage data, no tokens are not known to be none.
        let is_known = spend.data_until.is_some() || total > 0;
        let value = Quantity::tokens(total);
        is_known.then_some(Figure { value, basis: None, data_until: spend.data_until })
    }

    fn outlook(&self, _: Window, _: Quantity, _: &Figure) -> Option<Outlook> {
        None
    }

    fn contributors(&self, _: Window) -> Vec<Contributor> {
        Vec::new()
    }
}

/// Tokens as the API counts them.
struct Heard<'a> {
    snapshot: &'a Snapshot,
}

impl Figures for Heard<'_> {
    fn figure(&self, _: Option<Window>) -> Option<Figure> {
        let value = Quantity::tokens(self.snapshot.roster.quota.as_ref()?.used);
        let heard = self.snapshot.heard.get(&Report::Quota);
        let data_until = heard.map(|heard| heard.data_until.unwrap_or(heard.heard_at));
        Some(Figure { value, basis: None, data_until })
    }

    fn outlook(&self, _: Window, _: Quantity, _: &Figure) -> Option<Outlook> {
        None
    }

    fn contributors(&self, _: Window) -> Vec<Contributor> {
        Vec::new()
    }
}
