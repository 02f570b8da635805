//! What a token costs: learned from the bill, else listed, else unknown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::reading::{Dimensions, TokenType};
use crate::subject::{Geo, ModelId, ServiceTier, WorkspaceId};

pub use learn::Lessons;

mod learn;

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
    /// The place of inference can be chosen, and changes the price.
    #[serde(default)]
    pub geo: bool,
    /// The true price depends on what usage does not tell. No discount is learned from it.
    #[serde(default)]
    pub uncertain: bool,
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
    /// What searches were billed at; its tokens are searches.
    pub searches: Option<Lesson>,
    /// Billed money over listed money of what was both, in the latest billed day; 0.88 is a discount of 12 %.
    pub discount: Option<Decimal>,
    /// The estimate of the latest billed day, made before its bill, over the bill, minus one.
    pub error: Option<Decimal>,
    /// The latest billed day that had something to teach, and that estimate of it.
    pub latest: Option<(Timestamp, Amount)>,
}

/// Learned and listed prices, ready to be asked often.
pub struct Known<'a> {
    book: &'a PriceBook,
    table: &'a PriceTable,
    /// The latest lesson of any workspace.
    anywhere: BTreeMap<(&'a ModelId, TokenType, &'a ServiceTier, &'a Geo), &'a Lesson>,
}

/// No row costs more, so that sums of absurd figures still fit a decimal.
const COST_MOST: Decimal = Decimal::from_parts(2_808_348_672, 232_830_643, 0, false, 0);

/// What `count` of something cost at `rate` each.
pub(crate) fn cost(rate: Decimal, count: u64) -> Amount {
    let cost = rate.checked_mul(Decimal::from(count)).unwrap_or(COST_MOST);
    Amount::from_dollars(cost.min(COST_MOST))
}

/// The tier that a bill has for a tier of usage. What is sold under a contract is on no bill.
pub fn billed_tier(tier: &ServiceTier) -> Option<&ServiceTier> {
    matches!(tier.as_str(), ServiceTier::STANDARD | ServiceTier::BATCH).then_some(tier)
}

impl Lesson {
    pub fn rate(&self) -> Option<Decimal> {
        self.amount.dollars().checked_div(Decimal::from(self.tokens))
    }
}

impl ListPrice {
    const fn of(&self, kind: TokenType) -> Decimal {
        match kind {
            TokenType::UncachedInput => self.uncached_input,
            TokenType::CacheRead => self.cache_read,
            TokenType::CacheWrite5m => self.cache_write_5m,
            TokenType::CacheWrite1h => self.cache_write_1h,
            TokenType::Output => self.output,
        }
    }
}

impl PriceTable {
    /// The listed price of one token, in US dollars.
    pub fn rate(
        &self,
        model: &ModelId,
        kind: TokenType,
        tier: &ServiceTier,
        geo: &Geo,
        at: Timestamp,
    ) -> Option<Decimal> {
        let listed = self.listed(model, at)?;
        let tier = match billed_tier(tier)?.as_str() {
            ServiceTier::BATCH => self.batch,
            _ => Decimal::ONE,
        };
        // A place that the table does not know has no factor: too low by a tenth warns
        // sooner than not priced at all.
        let geo = if listed.geo { self.geo.get(geo).copied() } else { None };
        let million = Decimal::from(1_000_000);
        Some(listed.of(kind) * tier * geo.unwrap_or(Decimal::ONE) / million)
    }

    /// By what factor a listed price, as `list` has it, moved between two instants: a new
    /// price counts from its first day, not from the first bill that shows it.
    fn change(
        &self,
        learned: Timestamp,
        at: Timestamp,
        list: impl Fn(Timestamp) -> Option<Decimal>,
    ) -> Decimal {
        let (first, last) = (learned.min(at), learned.max(at));
        let moved = |price: &ListPrice| price.from > Some(first) && price.from <= Some(last);
        // Prices seldom change, and this is asked for every row.
        if !self.price.iter().any(moved) {
            return Decimal::ONE;
        }
        let factor = list(at).zip(list(learned)).and_then(|(now, then)| now.checked_div(then));
        factor.unwrap_or(Decimal::ONE)
    }

    /// The entry for `model`, or for the model that `model` is a dated release of.
    pub(crate) fn listed(&self, model: &ModelId, at: Timestamp) -> Option<&ListPrice> {
        self.named(model.as_str(), at).or_else(|| {
            let (family, date) = model.as_str().rsplit_once('-')?;
            let dated = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
            if dated { self.named(family, at) } else { None }
        })
    }

    fn named(&self, model: &str, at: Timestamp) -> Option<&ListPrice> {
        self.price
            .iter()
            .filter(|price| price.model.as_str() == model && price.from <= Some(at))
            .max_by_key(|price| price.from)
    }
}

impl PriceBook {
    /// The price of one token for this organization, in US dollars; `None`: unpriced.
    ///
    /// For a pass over many rows make a [`Known`] and ask that.
    pub fn rate(
        &self,
        table: &PriceTable,
        dimensions: &Dimensions,
        kind: TokenType,
        at: Timestamp,
    ) -> Option<Decimal> {
        Known::new(self, table).rate(dimensions, kind, at)
    }
}

impl<'a> Known<'a> {
    pub fn new(book: &'a PriceBook, table: &'a PriceTable) -> Self {
        let mut anywhere: BTreeMap<_, &'a Lesson> = BTreeMap::new();
        for (key, lesson) in &book.lessons {
            let place = (&key.model, key.token_type, &key.tier, &key.geo);
            let latest = anywhere.entry(place).or_insert(lesson);
            if (lesson.day, lesson.tokens) > (latest.day, latest.tokens) {
                *latest = lesson;
            }
        }
        Self { book, table, anywhere }
    }

    /// Learned for the workspace, else for any workspace, else listed times the discount.
    /// What was learned before the list changed changes with it.
    pub fn rate(&self, used: &Dimensions, kind: TokenType, at: Timestamp) -> Option<Decimal> {
        let tier = billed_tier(&used.tier)?;
        let key = PriceKey {
            workspace: used.workspace.clone(),
            model: used.model.clone(),
            token_type: kind,
            tier: tier.clone(),
            geo: used.geo.clone(),
        };
        let place = (&used.model, kind, tier, &used.geo);
        let lesson = self.book.lessons.get(&key).or_else(|| self.anywhere.get(&place).copied());
        let learned = lesson.and_then(|lesson| {
            let list = |at| self.table.rate(&used.model, kind, tier, &used.geo, at);
            Some(lesson.rate()? * self.table.change(lesson.day, at, list))
        });
        learned.or_else(|| {
            let listed = self.table.rate(&used.model, kind, tier, &used.geo, at)?;
            Some(listed * self.discount())
        })
    }

    /// The price of one web search.
    pub fn search(&self) -> Decimal {
        let learned = self.book.searches.as_ref().and_then(Lesson::rate);
        learned.unwrap_or_else(|| self.table.web_search * self.discount())
    }

    fn discount(&self) -> Decimal {
        self.book.discount.unwrap_or(Decimal::ONE)
    }
}
