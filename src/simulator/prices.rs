//! What a million tokens cost by the published list, in which time.
//!
//! A copy of the published table of its own, so that a slip in the daemon's
//! table cannot hide in the simulator's. It never knows the customer's discount:
//! that is the bill's.

use jiff::Timestamp;
use rust_decimal::Decimal;
use usagewarden_core::reading::TokenType;

/// What one model costs from an instant on, in US dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPrice {
    pub model: String,
    /// `None`: as long as anyone remembers. Later rows of a model replace earlier ones.
    pub from: Option<Timestamp>,
    pub uncached_input: Decimal,
    pub cache_write_5m: Decimal,
    pub cache_write_1h: Decimal,
    pub cache_read: Decimal,
    pub output: Decimal,
}

impl ListPrice {
    pub const fn of(&self, kind: TokenType) -> Decimal {
        match kind {
            TokenType::UncachedInput => self.uncached_input,
            TokenType::CacheRead => self.cache_read,
            TokenType::CacheWrite5m => self.cache_write_5m,
            TokenType::CacheWrite1h => self.cache_write_1h,
            TokenType::Output => self.output,
        }
    }
}

/// The prices the bill starts from. A model that is not listed is not billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList(Vec<ListPrice>);

impl PriceList {
    pub const fn new(prices: Vec<ListPrice>) -> Self {
        Self(prices)
    }

    /// What `model` costs at `at`.
    pub fn of(&self, model: &str, at: Timestamp) -> Option<&ListPrice> {
        self.0
            .iter()
            .filter(|price| price.model == model)
            .rfind(|price| price.from.is_none_or(|from| from <= at))
    }
}

impl Default for PriceList {
    fn default() -> Self {
        Self(PUBLISHED.iter().map(published).collect())
    }
}

/// Model, first day as seconds since 1970 (0: always), then thousandths of a dollar per million
/// tokens: uncached input, 5-minute write, 1-hour write, cache read, output.
type Row = (&'static str, i64, [i64; 5]);

/// 2026-10-07T00:00:00Z, when Sonnet 5.5's cache reads became cheaper.
const OCTOBER_7: i64 = 1_791_331_200;

const PUBLISHED: &[Row] = &[
    ("claude-fable-5-2", 0, [8_000, 10_000, 16_000, 200, 40_000]),
    ("claude-mythos-5-2", 0, [8_000, 10_000, 16_000, 200, 40_000]),
    ("claude-fable-5-1", 0, [10_000, 12_500, 20_000, 250, 50_000]),
    ("claude-mythos-5-1", 0, [10_000, 12_500, 20_000, 250, 50_000]),
    ("claude-fable-5", 0, [10_000, 12_500, 20_000, 1_000, 50_000]),
    ("claude-mythos-5", 0, [10_000, 12_500, 20_000, 1_000, 50_000]),
    ("claude-opus-5-5", 0, [4_000, 5_000, 8_000, 200, 20_000]),
    ("claude-opus-5", 0, [5_000, 6_250, 10_000, 500, 25_000]),
    ("claude-opus-4-8", 0, [5_000, 6_250, 10_000, 500, 25_000]),
    ("claude-opus-4-7", 0, [5_000, 6_250, 10_000, 500, 25_000]),
    ("claude-opus-4-6", 0, [5_000, 6_250, 10_000, 500, 25_000]),
    ("claude-opus-4-5", 0, [5_000, 6_250, 10_000, 500, 25_000]),
    ("claude-sonnet-5-5", 0, [2_000, 2_500, 4_000, 200, 10_000]),
    ("claude-sonnet-5-5", OCTOBER_7, [2_000, 2_500, 4_000, 100, 10_000]),
    ("claude-sonnet-5", 0, [2_000, 2_500, 4_000, 200, 10_000]),
    ("claude-sonnet-4-6", 0, [3_000, 3_750, 6_000, 300, 15_000]),
    ("claude-sonnet-4-5", 0, [3_000, 3_750, 6_000, 300, 15_000]),
    ("claude-haiku-5-5", 0, [100, 125, 200, 10, 500]),
    ("claude-haiku-4-5", 0, [1_000, 1_250, 2_000, 100, 5_000]),
];

fn published(&(model, first_second, thousandths): &Row) -> ListPrice {
    let [uncached_input, cache_write_5m, cache_write_1h, cache_read, output] =
        thousandths.map(|price| Decimal::new(price, 3));
    ListPrice {
        model: model.to_owned(),
        from: Timestamp::from_second(first_second).ok().filter(|_| first_second > 0),
        uncached_input,
        cache_write_5m,
        cache_write_1h,
        cache_read,
        output,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_reads_of_sonnet_became_cheaper_on_october_7() {
        let list = PriceList::default();
        let read_at = |at: &str| {
            list.of("claude-sonnet-5-5", at.parse().unwrap()).unwrap().cache_read.to_string()
        };
        assert_eq!(read_at("2026-10-06T23:59:59Z"), "0.200");
        assert_eq!(read_at("2026-10-07T00:00:00Z"), "0.100");
    }

    #[test]
    fn the_preview_model_is_in_no_list() {
        assert_eq!(PriceList::default().of("claude-mythos-preview", Timestamp::UNIX_EPOCH), None);
    }
}
