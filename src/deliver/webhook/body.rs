//! The body of a webhook: `docs/payload.md`, `docs/webhook.schema.json`.
//!
//! Made from the frozen facts of a notice alone, so every attempt sends the same bytes.
//! Figures are exact: what counts is text, and shares are numbers whose digits were never
//! a float. What is not known is absent, never null.

mod alert;
mod matter;
mod taken;

use serde::Serialize;
use usagewarden_core::notice::Notice;

use crate::deliver::webhook::body::alert::{Alert, instant};

/// The version of the shape. It grows when a field changes its meaning or goes away.
const VERSION: u8 = 1;

/// Receivers are told to expect small bodies; contributors are left out of larger ones.
const BYTES_WANTED: usize = 20_000;

/// A body has an end, also when a thousand workspaces cross at once. The most urgent are kept.
const ALERTS_MOST: usize = 256;

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    /// When it was decided.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    version: u8,
    organization: &'a str,
    url: &'a str,
    alerts: Vec<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts_left_out: Option<usize>,
}

/// The bytes that tell `notice`; `url` is where people look next.
pub(crate) fn render(notice: &Notice, url: &str) -> Result<Vec<u8>, serde_json::Error> {
    let bytes = serde_json::to_vec(&body(notice, url, true))?;
    if bytes.len() <= BYTES_WANTED {
        Ok(bytes)
    } else {
        serde_json::to_vec(&body(notice, url, false))
    }
}

fn body<'a>(notice: &'a Notice, url: &'a str, with_contributors: bool) -> Body<'a> {
    let told = notice.news.iter().take(ALERTS_MOST);
    let alerts = told.map(|news| Alert::of(&notice.organization, news, with_contributors));
    let left_out = notice.news.len().saturating_sub(ALERTS_MOST);
    Body {
        kind: format!("alert.{}", notice.effect().label()),
        timestamp: instant(notice.decided_at),
        data: Data {
            version: VERSION,
            organization: notice.organization.as_str(),
            url,
            alerts: alerts.collect(),
            alerts_left_out: (left_out > 0).then_some(left_out),
        },
    }
}

#[cfg(test)]
mod tests;
