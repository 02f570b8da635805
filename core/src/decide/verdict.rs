//! What readings say of a rule now, and why.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::Basis;
use crate::rule::Step;
use crate::snapshot::PeriodSpend;

/// What readings say of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At least one step is reached; this is the highest.
    Breach(Figure, Step),
    /// No step is reached.
    Clear(Figure),
    /// Nothing can be said: this neither fires nor resolves.
    Unknown(Unknown),
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// There are no data of the period yet.
    NoData,
    /// The amount is nothing to take a share of.
    NoAmount,
}

/// A value against its limit, where it comes from and how old it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    pub value: Amount,
    pub limit: Amount,
    pub ratio: Decimal,
    pub basis: Option<Basis>,
    pub data_until: Option<Timestamp>,
}

/// Compares the spend of one period with the steps of `limit`.
pub fn judge(spend: Option<&PeriodSpend>, limit: Amount, steps: &[Step]) -> Verdict {
    let Some(spend) = spend.filter(|spend| is_known(spend)) else {
        return Verdict::Unknown(Unknown::NoData);
    };
    let value = spend.total();
    let Some(ratio) = value.ratio_of(limit) else {
        return Verdict::Unknown(Unknown::NoAmount);
    };
    let (basis, data_until) = (spend.basis(), spend.data_until);
    let figure = Figure { value, limit, ratio, basis, data_until };
    let reached = steps.iter().filter(|step| step.at.ratio() <= ratio);
    match reached.max_by_key(|step| step.at) {
        Some(highest) => Verdict::Breach(figure, *highest),
        None => Verdict::Clear(figure),
    }
}

/// A period without a charge is known to be free only once its usage was heard of.
fn is_known(spend: &PeriodSpend) -> bool {
    spend.data_until.is_some() || !spend.charges.is_empty()
}
