//! The month so far, day on day, as an area under the budget's line.

use std::fmt::{self, Write};

use jiff::Timestamp;
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;
use usagewarden_core::notice::Kind;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::window::Window;

use super::super::State;
use super::super::spend::daily;
use super::super::status::{BudgetStatus, OrganizationStatus};
use super::text::{Text, drawn};

/// Each is a question to the store.
const CHARTS_MAX: usize = 10;

/// A tenth of the height stays free above the highest line.
const HEADROOM: Decimal = Decimal::from_parts(11, 0, 0, false, 1);

/// The sums of one month, and what they are measured by.
pub(super) struct Chart {
    /// By the end of each day, the last one being now: when, and how much until then.
    sums: Vec<(Timestamp, Amount)>,
    month: Window,
    limit: Option<Amount>,
    forecast: Option<Amount>,
    labels: (String, String),
}

/// The charts of the first organizations.
pub(super) async fn of_all(
    state: &State,
    organizations: &[OrganizationStatus],
) -> Vec<Option<Chart>> {
    let mut charts = Vec::new();
    for organization in organizations.iter().take(CHARTS_MAX) {
        charts.push(of(state, organization).await);
    }
    charts
}

/// `None` where nothing was spent, or the past cannot be read: the figures stand without it.
async fn of(state: &State, organization: &OrganizationStatus) -> Option<Chart> {
    let name = &organization.organization;
    let ledger = state.organizations.get(name)?;
    let calendar = ledger.calendars.first()?;
    let now = organization.at?;
    let month = calendar.period(PeriodKind::Month, now);
    let past = Window::new(month.from(), now)?;
    let days = daily(state, name, ledger, calendar.zone(), past).await.ok()?;
    let mut sum = Amount::ZERO;
    let mut sums = vec![(month.from(), sum)];
    for (until, amount) in days {
        sum += amount;
        sums.push((until, sum));
    }
    // The last bucket may be newer than the commit; what is drawn ends where the figures do.
    let spent = organization.spend.iter().find(|spend| spend.period == "month")?.total?;
    sums.pop_if(|(until, _)| *until >= now);
    sums.push((now, spent));
    let budget = organization.budgets.iter().find(|budget| is_of(budget, month));
    let day = |at: Timestamp| at.to_zoned(calendar.zone().clone()).strftime("%-d %b").to_string();
    let last = month.until().checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
    (!spent.is_zero()).then(|| Chart {
        sums,
        month,
        limit: budget.and_then(|budget| dollars(budget.figures.known.limit)),
        forecast: budget.and_then(|budget| dollars(budget.figures.known.forecast)),
        labels: (day(month.from()), day(last)),
    })
}

/// The budget of the organization as a whole over just this month.
fn is_of(budget: &BudgetStatus, month: Window) -> bool {
    budget.kind == Kind::Budget
        && budget.figures.subject.words().is_empty()
        && budget.figures.period.is_some_and(|period| period.window() == Some(month))
}

fn dollars(quantity: Option<Quantity>) -> Option<Amount> {
    let money = quantity.filter(|quantity| quantity.unit == Unit::Usd)?;
    Some(Amount::from_dollars(money.number))
}

impl Chart {
    pub(super) fn write(&self, out: &mut String) -> fmt::Result {
        let spent = self.sums.last().map_or(Amount::ZERO, |(_, sum)| *sum);
        let highest = [Some(spent), self.limit, self.forecast].into_iter().flatten().max();
        let top = highest.unwrap_or(spent).dollars() * HEADROOM;
        let height = |amount: Amount| {
            let share = amount.dollars().checked_div(top).unwrap_or_default();
            Decimal::ONE_HUNDRED - drawn(share)
        };
        out.push_str(
            "<figure class=\"chart\"><svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" \
             role=\"img\" aria-label=\"Spend of this month, day by day\">",
        );
        let (mut line, mut end) = (String::new(), Decimal::ZERO);
        for (place, (at, sum)) in self.sums.iter().enumerate() {
            end = self.across(*at);
            write!(line, "{}{end} {}", if place == 0 { "M" } else { "L" }, height(*sum))?;
        }
        write!(out, "<path class=\"area\" d=\"{line}L{end} 100L0 100Z\"/>")?;
        write!(out, "<path class=\"sum\" d=\"{line}\"/>")?;
        if let Some(forecast) = self.forecast {
            let (from, to) = (height(spent), height(forecast));
            write!(out, "<path class=\"forecast\" d=\"M{end} {from}L100 {to}\"/>")?;
        }
        if let Some(limit) = self.limit {
            write!(out, "<path class=\"limit\" d=\"M0 {0}H100\"/>", height(limit))?;
        }
        out.push_str("</svg>");
        self.caption(out, spent)
    }

    /// A time as a share of the month.
    fn across(&self, at: Timestamp) -> Decimal {
        let seconds = |span: jiff::SignedDuration| Decimal::from(span.as_secs());
        let passed = seconds(at.duration_since(self.month.from()));
        drawn(passed.checked_div(seconds(self.month.length())).unwrap_or_default())
    }

    fn caption(&self, out: &mut String, spent: Amount) -> fmt::Result {
        let (first, last) = (Text(&self.labels.0), Text(&self.labels.1));
        write!(out, "<figcaption><span>{first}</span><span>{spent} so far")?;
        if let Some(limit) = self.limit {
            write!(out, " of {limit}")?;
        }
        if let Some(forecast) = self.forecast {
            write!(out, ", {forecast} expected")?;
        }
        writeln!(out, "</span><span>{last}</span></figcaption></figure>")
    }
}
