//! The table of published prices: the one compiled in, or the operator's own.

use std::sync::Arc;

use usagewarden_core::price::PriceTable;

use super::table::Table;

const COMPILED_IN: &str = include_str!("../../config/prices.toml");

/// Some thousand models.
const BYTES_MAX: u64 = 1 << 20;

/// `[prices]`: the operator's own table instead of the one that ships.
pub(super) fn read(table: Option<&Table<'_>>) -> Arc<PriceTable> {
    let own = table.and_then(|table| table.read_file("file", BYTES_MAX, parse_bytes));
    Arc::new(own.unwrap_or_else(compiled_in))
}

fn parse_bytes(bytes: &[u8]) -> Result<PriceTable, String> {
    let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    parse(text).map_err(|error| error.to_string())
}

/// The table that was current when the program was built.
fn compiled_in() -> PriceTable {
    parse(COMPILED_IN).expect("the table that ships is parsed by a test")
}

/// Reads a table; the error names line and column.
fn parse(text: &str) -> Result<PriceTable, toml::de::Error> {
    toml::from_str(text)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use usagewarden_core::reading::TokenType;

    use super::*;

    #[track_caller]
    fn check(model: &str, kind: TokenType, tier: &str, geo: &str, at: &str, million: &str) {
        let at = format!("{at}T00:00:00Z").parse().unwrap();
        let rate = compiled_in().rate(&model.into(), kind, &tier.into(), &geo.into(), at);
        let shown = rate.map(|rate| (rate * Decimal::from(1_000_000)).normalize().to_string());
        let expected = (!million.is_empty()).then(|| million.to_owned());
        assert_eq!(shown, expected, "{model} {} {tier} {geo} on {at}", kind.label());
    }

    #[test]
    fn prices_follow_model_tier_place_and_day() {
        use TokenType::{CacheRead, CacheWrite1h, Output, UncachedInput};
        check("claude-opus-5-5", Output, "standard", "global", "2026-11-20", "20");
        check("claude-opus-5-5", Output, "batch", "us", "2026-11-20", "11");
        check("claude-sonnet-5-5", CacheRead, "standard", "global", "2026-10-06", "0.2");
        check("claude-sonnet-5-5", CacheRead, "standard", "global", "2026-10-07", "0.1");
        check(
            "claude-haiku-4-5-20251001",
            UncachedInput,
            "standard",
            "not_available",
            "2026-11-20",
            "1",
        );
        check("claude-haiku-4-5", UncachedInput, "standard", "us", "2026-11-20", "1");
        check("claude-fable-5-2", CacheWrite1h, "standard", "global", "2026-11-20", "16");
        check("claude-opus-5-5", Output, "priority", "global", "2026-11-20", "");
        check("claude-new-1", Output, "standard", "global", "2026-11-20", "");
    }

    #[test]
    fn a_wrong_table_is_refused_with_its_line() {
        let cases = [
            ("batch = ", "bach = ", "unknown field `bach`"),
            ("batch = \"0.5\"", "batch = \"half\"", "line 15, column 9"),
            ("[[price]]", "[[price]]\nname = \"\"", "unknown field `name`"),
        ];
        for (was, is, expected) in cases {
            let shown = parse(&COMPILED_IN.replacen(was, is, 1)).expect_err(is).to_string();
            assert!(shown.contains(expected), "for {is:?}, got:\n{shown}");
        }
    }
}
