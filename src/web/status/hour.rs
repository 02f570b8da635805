//! The newest closed hour against what is usual.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::snapshot::HourSpend;

use super::super::answer::Money;

/// An estimate on both sides: an hour is compared long before its bill comes.
#[derive(Debug, Serialize)]
pub(in crate::web) struct HourStatus {
    pub(in crate::web) from: Timestamp,
    until: Timestamp,
    spend: Money,
    usual: Option<Money>,
    /// How many weeks are behind `usual`.
    pub(in crate::web) weeks: usize,
    /// What the page shows.
    #[serde(skip)]
    pub(in crate::web) amounts: (Amount, Option<Amount>),
}

impl HourStatus {
    pub(super) fn of(hour: &HourSpend) -> Self {
        let usual = hour.usual.as_ref().map(|usual| usual.total.cost);
        Self {
            from: hour.hour.from(),
            until: hour.hour.until(),
            spend: hour.used.cost.into(),
            usual: usual.map(Money::from),
            weeks: hour.usual.as_ref().map_or(0, |usual| usual.weeks),
            amounts: (hour.used.cost, usual),
        }
    }
}
