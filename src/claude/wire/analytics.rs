//! Pages of the analytics reports: rows instead of buckets, quiet hours simply absent.

use jiff::Timestamp;
use serde::Deserialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::reading::BillDimensions;
use usagewarden_core::subject::{ModelId, WorkspaceId};

use super::cost::{ByKey, Charge};
use super::envelope::Envelope;
use super::text::{Misread, Word, cents, read, word};
use crate::claude::names::{Names, Pool};
use crate::claude::paging::{Dialect, Page};

#[derive(Deserialize)]
struct CostRow<'a> {
    starting_at: Timestamp,
    #[serde(borrow)]
    group: Charge<'a>,
    #[serde(borrow)]
    cost: Cost<'a>,
}

/// `amount` is what is billed, after discount; `list_amount` is not read.
#[derive(Deserialize)]
struct Cost<'a> {
    #[serde(borrow)]
    amount: Word<'a>,
    #[serde(borrow)]
    currency: Option<Word<'a>>,
}

#[derive(Deserialize)]
struct UsageRow<'a> {
    starting_at: Timestamp,
    #[serde(borrow)]
    group: Group<'a>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    workspace_id: Option<Word<'a>>,
    #[serde(borrow)]
    model: Option<Word<'a>>,
}

#[derive(Deserialize)]
struct Usage {
    requests: Option<u64>,
}

/// Money of one combination in one bucket.
pub(in crate::claude) type BilledRow = (Timestamp, (BillDimensions, Amount));
/// Requests of one combination in one hour.
pub(in crate::claude) type RequestRow = (Timestamp, ((WorkspaceId, ModelId), u64));

pub(in crate::claude) fn decode_cost(
    body: &[u8],
    names: &Names,
) -> Result<Page<BilledRow>, Misread> {
    let mut pool = Pool::default();
    read::<Envelope<CostRow<'_>>>(body)?.into_page(Dialect::Report, |row| {
        let amount = cents(row.cost.amount.as_str(), word(&row.cost.currency))?;
        Ok((row.starting_at, (row.group.dimensions(ByKey::Yes, names, &mut pool), amount)))
    })
}

pub(in crate::claude) fn decode_requests(
    body: &[u8],
    names: &Names,
) -> Result<Page<RequestRow>, Misread> {
    let mut pool = Pool::default();
    let page = read::<Envelope<UsageRow<'_>>>(body)?.into_page(Dialect::Report, |row| {
        let workspace = pool.shared(names.workspace_text(word(&row.group.workspace_id)));
        // Requests without a model ran none; there is nothing to count them by.
        let counted = word(&row.group.model).zip(row.usage.requests);
        Ok(counted.map(|(model, requests)| {
            let of = (WorkspaceId::new(workspace), ModelId::new(pool.shared(model)));
            (row.starting_at, (of, requests))
        }))
    })?;
    Ok(page.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::names::DefaultWorkspace;

    #[test]
    fn the_amount_billed_counts_and_the_default_workspace_is_default() {
        let body = br#"{"data":[{"starting_at":"2026-11-20T14:00:00Z","ending_at":"2026-11-20T15:00:00Z",
            "group":{"api_key_id":null,"model":"claude-sonnet-5-5","workspace_id":"wrkspc_real","cost_type":"tokens",
                     "token_type":"output_tokens","service_tier":"batch","inference_geo":null,"actor":null},
            "cost":{"amount":"350.1284","list_amount":"389.0316","currency":"USD","requests":null}}],
            "has_more":false,"next_page":null,"data_refreshed_at":"2026-11-20T15:40:00Z"}"#;
        let known = DefaultWorkspace::default();
        known.learn("wrkspc_real");
        let page = decode_cost(body, &known.names()).unwrap();
        let (_, (dimensions, amount)) = &page.items[0];
        assert_eq!(amount.dollars().to_string(), "3.501284");
        assert_eq!(dimensions.workspace.as_str(), "default");
        assert_eq!(dimensions.key.as_ref().unwrap().as_str(), "none");
        assert_eq!(dimensions.geo.as_ref().unwrap().as_str(), "not_available");
        assert_eq!(page.refreshed_at, Some("2026-11-20T15:40:00Z".parse().unwrap()));
    }

    #[test]
    fn requests_are_counted_where_a_model_is_named() {
        let row = |model: &str, requests: &str| {
            format!(
                r#"{{"starting_at":"2026-11-20T14:00:00Z","group":{{"model":{model},"workspace_id":"w"}},"usage":{{"requests":{requests}}}}}"#
            )
        };
        let rows = [row("\"m\"", "412"), row("null", "3"), row("\"m\"", "null")].join(",");
        let body = format!(r#"{{"data":[{rows}],"has_more":false}}"#);
        let page = decode_requests(body.as_bytes(), &Names::default()).unwrap();
        let counts: Vec<u64> = page.items.iter().map(|(_, (_, requests))| *requests).collect();
        assert_eq!(counts, [412]);
    }
}
