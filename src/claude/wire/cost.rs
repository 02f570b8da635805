//! A page of the daily cost report: cents as decimal text.

use jiff::Timestamp;
use serde::Deserialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::reading::{BillBucket, BillDimensions, ChargeKind, TokenType};
use usagewarden_core::subject::{ApiKeyId, Geo, ModelId, ServiceTier, WorkspaceId};
use usagewarden_core::window::Width;

use super::envelope::Envelope;
use super::text::{Misread, Word, cents, fits, read, word};
use crate::claude::names::{Names, Pool, geo_text, key_text, tier_text};
use crate::claude::paging::{Dialect, Page};

#[derive(Deserialize)]
struct Bucket<'a> {
    starting_at: Timestamp,
    ending_at: Option<Timestamp>,
    #[serde(borrow)]
    results: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    amount: Word<'a>,
    #[serde(borrow)]
    currency: Option<Word<'a>>,
    #[serde(borrow, flatten)]
    charge: Charge<'a>,
}

/// The words of a bill, in the cost report and in analytics alike.
#[derive(Deserialize)]
pub(super) struct Charge<'a> {
    #[serde(borrow)]
    workspace_id: Option<Word<'a>>,
    #[serde(borrow)]
    cost_type: Option<Word<'a>>,
    #[serde(borrow)]
    token_type: Option<Word<'a>>,
    #[serde(borrow)]
    model: Option<Word<'a>>,
    #[serde(borrow)]
    service_tier: Option<Word<'a>>,
    #[serde(borrow)]
    inference_geo: Option<Word<'a>>,
    #[serde(borrow)]
    api_key_id: Option<Word<'a>>,
}

/// Whether a bill knows of keys: where it does, no key is `none`, not silence.
#[derive(Clone, Copy)]
pub(super) enum ByKey {
    Yes,
    No,
}

pub(in crate::claude) fn decode(body: &[u8], names: &Names) -> Result<Page<BillBucket>, Misread> {
    let envelope: Envelope<Bucket<'_>> = read(body)?;
    let mut pool = Pool::default();
    envelope.into_page(Dialect::Report, |bucket| {
        fits(bucket.starting_at, bucket.ending_at, Width::Day.duration())?;
        let row = |row: Row<'_>| {
            let amount = cents(row.amount.as_str(), word(&row.currency))?;
            Ok((row.charge.dimensions(ByKey::No, names, &mut pool), amount))
        };
        let rows: Vec<(BillDimensions, Amount)> =
            bucket.results.into_iter().map(row).collect::<Result<_, Misread>>()?;
        Ok(BillBucket::new(Width::Day, bucket.starting_at, rows))
    })
}

impl Charge<'_> {
    pub(super) fn dimensions(&self, keys: ByKey, names: &Names, pool: &mut Pool) -> BillDimensions {
        let kind = kind(word(&self.cost_type), word(&self.token_type));
        let (tier, geo) = (word(&self.service_tier), word(&self.inference_geo));
        // Tokens always have a tier and a place, said or not; a container has neither.
        let (tier, geo) = match kind {
            ChargeKind::Tokens(_) | ChargeKind::AnyTokens => {
                (Some(tier_text(tier)), Some(geo_text(geo)))
            }
            ChargeKind::WebSearch
            | ChargeKind::CodeExecution
            | ChargeKind::Session
            | ChargeKind::Other => (tier, geo),
        };
        let key = match keys {
            ByKey::Yes => Some(key_text(word(&self.api_key_id))),
            ByKey::No => None,
        };
        BillDimensions {
            workspace: WorkspaceId::new(
                pool.shared(names.workspace_text(word(&self.workspace_id))),
            ),
            kind,
            model: word(&self.model).map(|model| ModelId::new(pool.shared(model))),
            key: key.map(|key| ApiKeyId::new(pool.shared(key))),
            tier: tier.map(|tier| ServiceTier::new(pool.shared(tier))),
            geo: geo.map(|geo| Geo::new(pool.shared(geo))),
        }
    }
}

/// What is charged for. A word of tomorrow is still money.
fn kind(cost_type: Option<&str>, token_type: Option<&str>) -> ChargeKind {
    match (cost_type, token_type) {
        (Some("tokens") | None, Some(word)) => {
            token_kind(word).map_or(ChargeKind::AnyTokens, ChargeKind::Tokens)
        }
        (Some("tokens"), None) => ChargeKind::AnyTokens,
        (Some("web_search"), _) => ChargeKind::WebSearch,
        (Some("code_execution"), _) => ChargeKind::CodeExecution,
        (Some("session_usage"), _) => ChargeKind::Session,
        (Some(_), _) | (None, None) => ChargeKind::Other,
    }
}

fn token_kind(word: &str) -> Option<TokenType> {
    Some(match word {
        "uncached_input_tokens" => TokenType::UncachedInput,
        "cache_read_input_tokens" => TokenType::CacheRead,
        "cache_creation.ephemeral_5m_input_tokens" => TokenType::CacheWrite5m,
        "cache_creation.ephemeral_1h_input_tokens" => TokenType::CacheWrite1h,
        "output_tokens" => TokenType::Output,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_bill_become_kinds_and_new_words_stay_money() {
        use ChargeKind::{AnyTokens, CodeExecution, Other, Session, Tokens, WebSearch};
        let cases = [
            (Some("tokens"), Some("output_tokens"), Tokens(TokenType::Output)),
            (Some("tokens"), Some("uncached_input_tokens"), Tokens(TokenType::UncachedInput)),
            (Some("tokens"), Some("cache_read_input_tokens"), Tokens(TokenType::CacheRead)),
            (
                Some("tokens"),
                Some("cache_creation.ephemeral_5m_input_tokens"),
                Tokens(TokenType::CacheWrite5m),
            ),
            (
                None,
                Some("cache_creation.ephemeral_1h_input_tokens"),
                Tokens(TokenType::CacheWrite1h),
            ),
            (Some("tokens"), Some("dream_tokens"), AnyTokens),
            (Some("tokens"), None, AnyTokens),
            (Some("web_search"), None, WebSearch),
            (Some("code_execution"), None, CodeExecution),
            (Some("session_usage"), None, Session),
            (Some("telepathy"), None, Other),
            (None, None, Other),
        ];
        for (cost_type, token_type, expected) in cases {
            assert_eq!(kind(cost_type, token_type), expected, "{cost_type:?} {token_type:?}");
        }
    }

    #[test]
    fn a_day_is_summed_in_dollars_by_what_it_charges_for() {
        let body = br#"{"data":[{"starting_at":"2026-11-19T00:00:00Z","ending_at":"2026-11-20T00:00:00Z","results":[
            {"amount":"18240.375","currency":"USD","workspace_id":null,"description":"Claude Sonnet 5.5 Usage - Output Tokens",
             "cost_type":"tokens","model":"claude-sonnet-5-5","token_type":"output_tokens","context_window":"0-200k",
             "service_tier":null,"inference_geo":"global"},
            {"amount":"59.625","currency":"USD","workspace_id":null,"cost_type":"tokens","model":"claude-sonnet-5-5",
             "token_type":"output_tokens","context_window":"200k-1M","service_tier":"standard","inference_geo":"global"},
            {"amount":"700","currency":"USD","workspace_id":"wrkspc_1","description":"Code Execution Usage",
             "cost_type":"code_execution","model":null,"token_type":null,"service_tier":null,"inference_geo":null}]}],
            "has_more":false,"next_page":null}"#;
        let page = decode(body, &Names::default()).unwrap();
        let rows: Vec<String> = page.items[0]
            .rows()
            .iter()
            .map(|(d, amount)| {
                format!(
                    "{} {:?} {:?} {:?} {:?} {amount}",
                    d.workspace,
                    d.kind,
                    d.model.as_ref().map(ModelId::as_str),
                    d.tier.as_ref().map(ServiceTier::as_str),
                    d.key.as_ref().map(ApiKeyId::as_str)
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                "default Tokens(Output) Some(\"claude-sonnet-5-5\") Some(\"standard\") None $183.00",
                "wrkspc_1 CodeExecution None None None $7.00",
            ]
        );
    }
}
