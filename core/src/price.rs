//! What a token costs: learned from the bill, else listed, else unknown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::reading::TokenType;
use crate::subject::{Geo, ModelId, ServiceTier, WorkspaceId};

/// Published prices of one model over one span of time, in US dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPrice {
    pub model: ModelId,
    /// Since when; `None`: since ever.
    #[serde(default)]
    pub from: Option<Timestamp>,
    pub uncached_input: Decimal,
    pub cache_write_5m: Decimal,
    pub cache_write_1h: Decimal,
    pub cache_read: Decimal,
    pub output: Decimal,
}

/// The table of published prices, with what modifies them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    /// The day the table was made from the published prices.
    pub dated: jiff::civil::Date,
    /// Factor on every token price in the `batch` tier.
    pub batch: Decimal,
    /// Factor by place of inference, for models that offer the choice.
    pub geo: BTreeMap<Geo, Decimal>,
    /// US dollars for one web search.
    pub web_search: Decimal,
    pub price: Vec<ListPrice>,
}

/// What a learned price is learned for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PriceKey {
    pub workspace: WorkspaceId,
    pub model: ModelId,
    pub token_type: TokenType,
    pub tier: ServiceTier,
    pub geo: Geo,
}

/// What one billed day taught of one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// The billed day, at midnight UTC.
    pub day: Timestamp,
    pub amount: Amount,
    pub tokens: u64,
}

/// What the bills of an organization have taught so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBook {
    pub lessons: BTreeMap<PriceKey, Lesson>,
    /// Billed money over listed money of what was both, in the latest billed day; 0.88 is a discount of 12 %.
    pub discount: Option<Decimal>,
    /// The estimate of the latest billed day, made before its bill, over the bill, minus one.
    pub error: Option<Decimal>,
}
