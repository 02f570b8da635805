//! A page of the usage report: the largest body there is, so the one read with most care.
//!
//! Words are borrowed from the body. Equal ids of a page share one text, and rows are put
//! in order by the ranks of their ids, so that no text is compared row by row.

use jiff::Timestamp;
use serde::Deserialize;
use usagewarden_core::reading::{Counts, Dimensions, Tokens, UsageBucket};
use usagewarden_core::subject::{ApiKeyId, Geo, ModelId, ServiceTier, WorkspaceId};
use usagewarden_core::window::Width;

use super::envelope::Envelope;
use super::text::{Misread, Word, fits, read, word};
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
    uncached_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    server_tool_use: Option<ServerToolUse>,
    #[serde(borrow)]
    workspace_id: Option<Word<'a>>,
    #[serde(borrow)]
    model: Option<Word<'a>>,
    #[serde(borrow)]
    api_key_id: Option<Word<'a>>,
    #[serde(borrow)]
    service_tier: Option<Word<'a>>,
    #[serde(borrow)]
    inference_geo: Option<Word<'a>>,
}

#[derive(Deserialize)]
pub(super) struct CacheCreation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct ServerToolUse {
    web_search_requests: Option<u64>,
}

/// The model of a row that names none, although it was grouped by model.
const NO_MODEL: &str = "unknown";

/// Reads one page of `usage_report/messages`, grouped as [`Client::usage`](crate::claude::Client::usage)
/// asks for it, with buckets of `width`.
pub fn decode_usage_page(body: &[u8], width: Width) -> Result<Page<UsageBucket>, Misread> {
    decode(body, width, &Names::default())
}

pub(in crate::claude) fn decode(
    body: &[u8],
    width: Width,
    names: &Names,
) -> Result<Page<UsageBucket>, Misread> {
    let envelope: Envelope<Bucket<'_>> = read(body)?;
    let mut pool = Pool::default();
    let page = envelope.into_page(Dialect::Report, |bucket| {
        fits(bucket.starting_at, bucket.ending_at, width.duration())?;
        let rows = bucket.results.iter().map(|row| (row.places(names, &mut pool), row.counts()));
        Ok((bucket.starting_at, rows.collect::<Vec<_>>()))
    })?;
    let ranks = pool.ranks();
    Ok(page.map(|(from, rows)| in_order(width, from, rows, &pool, &ranks)))
}

/// Workspace, model, key, tier, geo: the order of [`Dimensions`].
type Places = [u32; 5];

impl Row<'_> {
    fn places(&self, names: &Names, pool: &mut Pool) -> Places {
        [
            names.workspace_text(word(&self.workspace_id)),
            word(&self.model).unwrap_or(NO_MODEL),
            key_text(word(&self.api_key_id)),
            tier_text(word(&self.service_tier)),
            geo_text(word(&self.inference_geo)),
        ]
        .map(|text| pool.place(text))
    }

    fn counts(&self) -> Counts {
        let cache = self.cache_creation.as_ref();
        Counts {
            tokens: Tokens {
                uncached_input: self.uncached_input_tokens.unwrap_or(0),
                cache_read: self.cache_read_input_tokens.unwrap_or(0),
                cache_write_5m: cache.and_then(|c| c.ephemeral_5m_input_tokens).unwrap_or(0),
                cache_write_1h: cache.and_then(|c| c.ephemeral_1h_input_tokens).unwrap_or(0),
                output: self.output_tokens.unwrap_or(0),
            },
            web_searches: self
                .server_tool_use
                .as_ref()
                .and_then(|tools| tools.web_search_requests)
                .unwrap_or(0),
        }
    }
}

fn in_order(
    width: Width,
    from: Timestamp,
    mut rows: Vec<(Places, Counts)>,
    pool: &Pool,
    ranks: &[u32],
) -> UsageBucket {
    rows.sort_unstable_by_key(|(places, _)| places.map(|place| ranks[place as usize]));
    let named = rows.into_iter().map(|(places, counts)| {
        let [workspace, model, key, tier, geo] = places.map(|place| pool.at(place).clone());
        let dimensions = Dimensions {
            workspace: WorkspaceId::new(workspace),
            model: ModelId::new(model),
            key: ApiKeyId::new(key),
            tier: ServiceTier::new(tier),
            geo: Geo::new(geo),
        };
        (dimensions, counts)
    });
    UsageBucket::new(width, from, named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"{ "data": [
        { "starting_at": "2026-11-20T14:00:00Z", "ending_at": "2026-11-20T15:00:00Z", "results": [
          { "uncached_input_tokens": 918204, "output_tokens": 77310, "cache_read_input_tokens": 4410022,
            "cache_creation": { "ephemeral_5m_input_tokens": 30110, "ephemeral_1h_input_tokens": 7 },
            "server_tool_use": { "web_search_requests": 12 }, "account_id": null,
            "api_key_id": "apikey_01", "context_window": null, "inference_geo": "us",
            "model": "claude-sonnet-5-5", "service_tier": "batch", "workspace_id": "wrkspc_01",
            "a_field_of_tomorrow": { "nested": [1, 2, {}] } },
          { "uncached_input_tokens": 5, "output_tokens": 6, "cache_read_input_tokens": 0,
            "cache_creation": null, "server_tool_use": null, "api_key_id": null, "inference_geo": null,
            "model": "claude-\u006fpus-5-5", "service_tier": null, "workspace_id": null } ] },
        { "starting_at": "2026-11-20T15:00:00Z", "ending_at": "2026-11-20T16:00:00Z", "results": [] } ],
      "has_more": true, "next_page": "page_RXhhbXBsZQ==" }"#;

    fn shown(bucket: &UsageBucket) -> Vec<String> {
        let row = |(d, c): &(Dimensions, Counts)| {
            let names = [
                d.workspace.as_str(),
                d.model.as_str(),
                d.key.as_str(),
                d.tier.as_str(),
                d.geo.as_str(),
            ];
            format!("{} {} + {}", names.join(" "), c.tokens.total(), c.web_searches)
        };
        bucket.rows().iter().map(row).collect()
    }

    #[test]
    fn a_page_becomes_buckets_in_the_words_of_the_house() {
        let page = decode_usage_page(PAGE.as_bytes(), Width::Hour).unwrap();
        assert_eq!(page.next.as_deref(), Some("page_RXhhbXBsZQ=="));
        assert_eq!(page.items.len(), 2);
        assert_eq!(
            shown(&page.items[0]),
            [
                "default claude-opus-5-5 none standard not_available 11 + 0",
                "wrkspc_01 claude-sonnet-5-5 apikey_01 batch us 5435653 + 12",
            ]
        );
        assert_eq!(page.items[0].rows()[1].1.tokens.cache_write_1h, 7);
        assert_eq!(shown(&page.items[1]), [""; 0]);
    }

    #[test]
    fn pages_that_cannot_be_trusted_are_refused_whole() {
        let cases = [
            ("", "EOF while parsing a value"),
            (&PAGE[..PAGE.len() - 40], "EOF while parsing"),
            (&PAGE.replace("918204", "-1"), "invalid value: integer `-1`, expected u64"),
            (&PAGE.replace("918204", "9.5"), "invalid type: floating point"),
            (
                &PAGE.replace("2026-11-20T16", "2026-11-21T15"),
                "a bucket of 86400 s, where 3600 s were",
            ),
            (&PAGE.replace("2026-11-20T16", "2026-11-20T14"), "a bucket of -3600 s"),
            (&PAGE.replace("\"page_RXhhbXBsZQ==\"", "null"), "no way to them"),
            (r#"{"type":"error"}"#, "missing field `data`"),
            ("[]", "expected a page with `data`"),
        ];
        for (body, expected) in cases {
            let error = decode_usage_page(body.as_bytes(), Width::Hour).unwrap_err();
            assert!(error.what.contains(expected), "expected {expected}, got {error}");
        }
    }
}
