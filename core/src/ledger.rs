//! From readings to figures: what is posted, what is billed, what is estimated.
//!
//! The store asks [`needs`] which rows a reading touches, loads them, lets [`post`]
//! decide what becomes of them, and writes the answer in one transaction. Reading
//! the figures goes the same way: [`sum_keys`] names the sums, [`outlook`] the other
//! rows that a snapshot takes, [`spends`] adds up. For a span of the past, [`history`]
//! names the rows and [`value`] adds up, one day or part of a day at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::baseline::HourUse;
use crate::period::Calendar;
use crate::price::{PriceBook, PriceTable};
use crate::reading::{
    BillBucket, BillDimensions, BillSource, Counts, Dimensions, Report, RequestBucket, Tokens,
    UsageBucket,
};
use crate::snapshot::{MinuteUse, PeriodSpend};
use crate::stretch::{Wanted, WindowUse};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};
use crate::window::{Width, Window};

pub use needs::{history, needs, outlook, sum_keys};
pub use post::post;
pub use spend::spends;
pub use value::value;

mod bill;
mod count;
mod cut;
mod estimate;
mod hour;
mod needs;
mod post;
mod share;
mod spend;
mod stretch;
mod sums;
mod tally;
mod total;
mod usage;
mod value;

/// How one organization's ledger is kept; from the configuration.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// Every calendar that sums are wanted for; the organization's own first.
    pub calendars: Vec<Calendar>,
    /// Rolling periods that rules name, in days.
    pub rolling: Vec<(Calendar, u16)>,
    /// Sliding stretches that rules ask for.
    pub windows: Vec<Wanted>,
    pub prices: Arc<PriceTable>,
    /// The narrowest bucket the organization's usage report has: a minute, or a day (company API).
    pub finest: Width,
}

/// How far one report has been read, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub read: Window,
    /// When the newest end of it was heard.
    pub heard_at: Timestamp,
    /// Analytics: data after it are incomplete.
    pub refreshed_at: Option<Timestamp>,
}

/// A series of the counters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenSeries {
    pub workspace: WorkspaceId,
    pub model: ModelId,
    pub tier: ServiceTier,
}

/// A figure that only grows for people, though restatements may lower what it follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<T> {
    /// The true sum since first contact.
    pub sum: T,
    /// The largest the sum ever was: what is shown.
    pub shown: T,
}

/// Everything counted since first contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// By token type, in the order of `TokenType::ALL`.
    pub tokens: BTreeMap<TokenSeries, [Counted<i64>; 5]>,
    pub web_searches: BTreeMap<(WorkspaceId, ModelId), Counted<i64>>,
    pub requests: BTreeMap<(WorkspaceId, ModelId), Counted<i64>>,
    pub cost: BTreeMap<(WorkspaceId, ModelId), Counted<Amount>>,
    /// Tokens that had no price when they were counted.
    pub unpriced: BTreeMap<ModelId, Counted<i64>>,
}

/// Where one organization's ledger stands: one packed row of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// When usage was first heard. What lies before it is never counted.
    pub contact_at: Option<Timestamp>,
    /// When anything at all was first heard of the organization.
    pub first_heard_at: Option<Timestamp>,
    pub coverage: BTreeMap<(Report, Width), Coverage>,
    /// Minutes that end at or before it have been counted.
    pub minutes_counted_until: Option<Timestamp>,
    /// Hours that end at or before it are as the hour report has them; later ones are sums of minutes.
    pub hours_settled_until: Option<Timestamp>,
    /// Days that end at or before it are as the day report has them; later ones are sums of hours.
    pub days_settled_until: Option<Timestamp>,
    pub counters: Counters,
    pub prices: PriceBook,
    /// Since when the source of money is what it is; a change re-reads the current period.
    pub source: Option<BillSource>,
}

/// The bill of one UTC day, as last heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBill {
    pub source: BillSource,
    pub rows: Vec<(BillDimensions, Amount)>,
    /// Analytics: the hours the rows come from end here. Otherwise the end of the day.
    pub covers_until: Timestamp,
    /// Since when these very figures have been heard.
    pub same_since: Timestamp,
    pub heard_at: Timestamp,
    /// Nothing but a restatement changes it any more: two reads agreed, or it is old enough.
    pub billed: bool,
}

/// What the ledger has of one UTC day: one packed row of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPage {
    /// Midnight UTC.
    pub day: Timestamp,
    pub usage: Vec<(Dimensions, Counts)>,
    pub bill: Option<DayBill>,
    /// What the cost counters have taken of this day so far.
    pub counted: Vec<((WorkspaceId, ModelId), Amount)>,
    /// The figures of a billed day, shared out over what used them. Empty until billed.
    pub charges: Vec<Charge>,
    /// Tokens of a billed day that no line of the bill speaks of.
    pub unpriced: Vec<(ModelId, u64)>,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Basis {
    Billed,
    /// Tokens times a price.
    Estimated,
    /// A bill that had to be shared out by an estimate, or a sum of both kinds.
    Mixed,
}

impl Basis {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Estimated => "estimated",
            Self::Mixed => "mixed",
        }
    }
}

/// Money and who spent it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Charge {
    pub workspace: WorkspaceId,
    /// `None`: not for a model (code execution, sessions).
    pub model: Option<ModelId>,
    pub key: ApiKeyId,
    pub tier: ServiceTier,
    pub basis: Basis,
    pub amount: Amount,
}

/// The sum of the billed days that lie wholly in one period: one packed row of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodSum {
    pub period: Window,
    /// The billed days that are in the sum, midnight UTC each.
    pub days: Vec<Timestamp>,
    pub charges: Vec<Charge>,
    pub tokens: Tokens,
    pub unpriced: Vec<(ModelId, u64)>,
}

/// Buckets of minutes or hours within one UTC day that are wanted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub width: Width,
    pub window: Window,
}

/// Which rows are wanted: those that start in one of the windows, which are in order and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub minutes: Vec<Window>,
    pub hours: Vec<Window>,
    pub days: Vec<Window>,
    /// Hourly bills and requests (analytics).
    pub hour_bills: Vec<Window>,
    pub hour_requests: Vec<Window>,
    /// Usage that is wanted added up.
    pub spans: Vec<Span>,
    pub sums: Vec<SumKey>,
}

/// The rows that were asked for, by their start.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub minutes: BTreeMap<Timestamp, UsageBucket>,
    pub hours: BTreeMap<Timestamp, UsageBucket>,
    pub days: BTreeMap<Timestamp, DayPage>,
    pub hour_bills: BTreeMap<Timestamp, BillBucket>,
    pub hour_requests: BTreeMap<Timestamp, RequestBucket>,
    /// What the buckets that start in a span add up to: sorted, no two alike.
    pub spans: BTreeMap<Span, Vec<(Dimensions, Counts)>>,
    /// Those that exist of the sums that were asked for.
    pub sums: BTreeMap<SumKey, PeriodSum>,
}

/// Names a period sum: calendar key, kind, start. A rolling period has one sum for all its
/// days, which begins with time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SumKey {
    pub calendar: String,
    pub kind: crate::period::PeriodKind,
    pub from: Timestamp,
}

/// What must be written, and nothing that was the same already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Minutes and hours; one without rows means: delete it.
    pub usage: Vec<UsageBucket>,
    pub days: Vec<DayPage>,
    pub hour_bills: Vec<BillBucket>,
    pub hour_requests: Vec<RequestBucket>,
    pub sums: Vec<(SumKey, PeriodSum)>,
}

/// What one span of time came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// Sorted, no two alike but for the amount.
    pub charges: Vec<Charge>,
    pub tokens: Tokens,
    /// Tokens that nothing prices, by model.
    pub unpriced: Vec<(ModelId, u64)>,
}

/// The figures of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Current and previous day, week and month of every calendar, the day before the previous
    /// one, then the rolling periods.
    pub spends: Vec<PeriodSpend>,
    /// Tokens without any price in the current month of the organization's own calendar.
    pub unpriced: Vec<(ModelId, u64)>,
    /// The last closed minutes, oldest first.
    pub minutes: Vec<MinuteUse>,
    /// The newest closed hour.
    pub hour: Option<(Window, HourUse)>,
    /// The stretches that were wanted, in their order.
    pub windows: Vec<WindowUse>,
}

#[cfg(test)]
mod desk;
#[cfg(test)]
mod tests;
