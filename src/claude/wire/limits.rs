//! Rate limits and spend limits of the Admin API.

use serde::Deserialize;
use usagewarden_core::roster::{RateLimit, SpendLimit, SpendLimitScope};
use usagewarden_core::subject::{ModelId, WorkspaceId};

use super::envelope::Envelope;
use super::text::{Misread, cents, read};
use crate::claude::names::Names;
use crate::claude::paging::{Dialect, Page};

#[derive(Deserialize)]
struct WireEntry {
    /// What the organization's entry is called; a workspace's entry names that one.
    id: Option<String>,
    rate_limit_id: Option<String>,
    group: Option<WireGroup>,
    /// The older shape has the type here, and neither name nor id of the group.
    group_type: Option<String>,
    models: Option<Vec<String>>,
    limits: Vec<WireLimiter>,
}

#[derive(Deserialize)]
struct WireGroup {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct WireLimiter {
    #[serde(rename = "type")]
    kind: String,
    value: Option<u64>,
    source: Option<WireSource>,
}

#[derive(Deserialize)]
struct WireSource {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct WireSpendLimit {
    id: String,
    scope: WireScope,
    amount: Option<String>,
    currency: Option<String>,
    period: Option<String>,
    is_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct WireScope {
    #[serde(rename = "type")]
    kind: String,
    workspace_id: Option<String>,
}

/// One page of the limits of `workspace`, or of the organization. An entry has several limiters.
pub(in crate::claude) fn decode_rate_limits(
    body: &[u8],
    workspace: Option<&WorkspaceId>,
) -> Result<Page<RateLimit>, Misread> {
    let page = read::<Envelope<WireEntry>>(body)?
        .into_page(Dialect::Bare, |entry| Ok(entry.limits(workspace)))?;
    Ok(page.flatten())
}

impl WireEntry {
    fn limits(self, workspace: Option<&WorkspaceId>) -> Vec<RateLimit> {
        let (group_type, group) = (self.group_type(), self.group_name());
        let models: Vec<ModelId> =
            self.models.iter().flatten().map(|model| model.as_str().into()).collect();
        let id = self.rate_limit_id.or(self.id);
        let limit = |wire: WireLimiter| RateLimit {
            id: id.clone(),
            workspace: workspace.cloned(),
            group_type: group_type.clone(),
            group: group.clone(),
            models: models.clone(),
            limiter: wire.kind,
            value: wire.value,
            inherited: wire.source.is_some_and(|source| source.kind == "organization"),
        };
        self.limits.into_iter().map(limit).collect()
    }

    fn group_type(&self) -> String {
        let new = self.group.as_ref().and_then(|group| group.kind.as_ref());
        new.or(self.group_type.as_ref()).map_or("unknown", String::as_str).to_owned()
    }

    /// In the older shape several groups are called no more than `model_group`. Their first
    /// model tells them apart.
    fn group_name(&self) -> String {
        let new = self.group.as_ref();
        let named = new.and_then(|group| group.display_name.clone().or_else(|| group.id.clone()));
        let first_model = || self.models.as_ref().and_then(|models| models.first().cloned());
        named.or_else(first_model).unwrap_or_else(|| self.group_type())
    }
}

pub(in crate::claude) fn decode_spend_limits(
    body: &[u8],
    names: &Names,
) -> Result<Page<SpendLimit>, Misread> {
    read::<Envelope<WireSpendLimit>>(body)?.into_page(Dialect::Bare, |wire| wire.form(names))
}

/// One limit, as it is answered when it was set.
pub(in crate::claude) fn decode_spend_limit(
    body: &[u8],
    names: &Names,
) -> Result<SpendLimit, Misread> {
    read::<WireSpendLimit>(body)?.form(names)
}

impl WireSpendLimit {
    fn form(self, names: &Names) -> Result<SpendLimit, Misread> {
        let currency = self.currency.as_deref();
        Ok(SpendLimit {
            scope: self.scope.scope(names),
            amount: self.amount.map(|amount| cents(&amount, currency)).transpose()?,
            id: self.id,
            period: self.period.unwrap_or_else(|| "monthly".to_owned()),
            enabled: self.is_enabled.unwrap_or(true),
        })
    }
}

impl WireScope {
    fn scope(self, names: &Names) -> SpendLimitScope {
        match self.kind.as_str() {
            "organization" => SpendLimitScope::Organization,
            "workspace" => {
                SpendLimitScope::Workspace(names.workspace(self.workspace_id.as_deref()))
            }
            "usage_tier" => SpendLimitScope::UsageTier,
            _ => SpendLimitScope::Other(self.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(limit: &RateLimit) -> String {
        format!(
            "{} {} {} {:?} {}",
            limit.group_type, limit.group, limit.limiter, limit.value, limit.inherited
        )
    }

    #[test]
    fn rate_limits_are_read_in_both_shapes() {
        let body = br#"{"data":[
            {"type":"rate_limit","id":"rl_1","group":{"type":"model_group","id":"rlg_1","display_name":"Claude Sonnet 5.x"},
             "models":["claude-sonnet-5"],"limits":[{"type":"requests_per_minute","value":5000},{"type":"dreams_per_minute","value":null}]},
            {"type":"rate_limit","group":{"type":"batch","id":"rlg_2"},"models":null,"limits":[{"type":"enqueued_batch_requests","value":300000}]},
            {"type":"rate_limit","group_type":"model_group","models":["claude-opus-5"],"limits":[{"type":"requests_per_minute","value":1}]},
            {"type":"rate_limit","group_type":"files","models":null,"limits":[{"type":"requests_per_minute","value":2,"org_limit":2,
             "source":{"type":"organization"}}]}],"next_page":null}"#;
        let page = decode_rate_limits(body, None).unwrap();
        assert_eq!(
            page.items.iter().map(shown).collect::<Vec<_>>(),
            [
                "model_group Claude Sonnet 5.x requests_per_minute Some(5000) false",
                "model_group Claude Sonnet 5.x dreams_per_minute None false",
                "batch rlg_2 enqueued_batch_requests Some(300000) false",
                "model_group claude-opus-5 requests_per_minute Some(1) false",
                "files files requests_per_minute Some(2) true",
            ]
        );
    }

    #[test]
    fn spend_limits_are_cents_and_their_scope_an_open_set() {
        let row = |scope: &str, amount: &str| {
            format!(
                r#"{{"id":"spl_1","scope":{{{scope}}},"amount":{amount},"currency":"USD","period":"monthly","is_enabled":true}}"#
            )
        };
        let rows = [
            row(r#""type":"workspace","workspace_id":"wrkspc_1""#, "\"250000\""),
            row(r#""type":"usage_tier""#, "\"100000\""),
            row(r#""type":"seat_tier","seat_tier":"x""#, "null"),
            row(r#""type":"organization""#, "\"0\""),
        ];
        let body = format!(r#"{{"data":[{}],"next_page":null}}"#, rows.join(","));
        let limits = decode_spend_limits(body.as_bytes(), &Names::default()).unwrap().items;
        let shown: Vec<String> = limits
            .iter()
            .map(|limit| format!("{:?} {:?}", limit.scope, limit.amount.map(|a| a.to_string())))
            .collect();
        assert_eq!(
            shown,
            [
                r#"Workspace(WorkspaceId("wrkspc_1")) Some("$2,500.00")"#,
                r#"UsageTier Some("$1,000.00")"#,
                r#"Other("seat_tier") None"#,
                r#"Organization Some("$0.00")"#,
            ]
        );
    }
}
