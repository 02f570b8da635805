//! Asking the daemon, and the parts of its answer that are shown.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use usagewarden_core::amount::Amount;

use crate::cli::Exit;

/// A status is made from memory; a daemon that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than ten thousand organizations need.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum AskError {
    #[error("`{url}` is no address")]
    Url { url: String },
    #[error("no daemon answers at {url}")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("{url} answered HTTP {status}")]
    Refused { url: String, status: u16 },
    #[error("the answer of {url} is larger than a status can be")]
    TooLarge { url: String },
    #[error("{url} did not answer with a status")]
    Unreadable { url: String, source: serde_json::Error },
}

impl AskError {
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Url { .. } => Exit::Usage,
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => Exit::No,
        }
    }

    pub(super) const fn advice(&self) -> &'static str {
        match self {
            Self::Url { .. } => "write it as http://127.0.0.1:9185",
            Self::Unreachable { .. } => {
                "is the daemon running? `--url` or $USAGEWARDEN_URL name another address"
            }
            Self::Refused { status: 421, .. } => {
                "the daemon does not know itself by this name: use the address in [http] `listen`, or set `external_url`"
            }
            Self::Refused { .. } | Self::TooLarge { .. } | Self::Unreadable { .. } => {
                "is it a usagewarden of this version that listens there?"
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) at: Timestamp,
    pub(super) data: Vec<Organization>,
}

#[derive(Deserialize)]
pub(super) struct Organization {
    pub(super) organization: String,
    pub(super) name: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) zone: String,
    /// What keeps all of it from being polled.
    pub(super) trouble: Option<String>,
    pub(super) spend: Vec<Spend>,
    pub(super) limits: Limits,
    pub(super) unpriced: Vec<Unpriced>,
    pub(super) reports: Vec<Report>,
}

#[derive(Deserialize)]
pub(super) struct Spend {
    pub(super) period: String,
    pub(super) value: Amount,
    pub(super) basis: Option<String>,
    pub(super) until: Timestamp,
    pub(super) data_timestamp: Option<Timestamp>,
    pub(super) workspaces: Vec<Share>,
}

#[derive(Deserialize)]
pub(super) struct Share {
    pub(super) workspace_id: String,
    pub(super) value: Amount,
}

#[derive(Deserialize)]
pub(super) struct Limits {
    pub(super) quota: Option<Quota>,
    pub(super) spend: Vec<SpendLimit>,
}

#[derive(Deserialize)]
pub(super) struct Quota {
    pub(super) used: u64,
    pub(super) limit: u64,
    pub(super) resets_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct SpendLimit {
    pub(super) scope: String,
    pub(super) workspace_id: Option<String>,
    pub(super) workspace: Option<String>,
    #[serde(default)]
    pub(super) value: Option<Amount>,
    pub(super) period: String,
    pub(super) enabled: bool,
}

#[derive(Deserialize)]
pub(super) struct Unpriced {
    pub(super) model: String,
    pub(super) tokens: u64,
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) report: String,
    pub(super) granted: Option<bool>,
    pub(super) heard_at: Option<Timestamp>,
    pub(super) data_timestamp: Option<Timestamp>,
    pub(super) outcome: Option<String>,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) cause: Option<String>,
    pub(super) fix: Option<String>,
    pub(super) backfill: Vec<Backfill>,
}

#[derive(Deserialize)]
pub(super) struct Backfill {
    pub(super) percent: u8,
}

/// The answer as it came.
pub(in crate::cli) async fn ask_value(url: &str) -> Result<Value, AskError> {
    let body = fetch(url).await?;
    let unreadable = |source| AskError::Unreadable { url: url.to_owned(), source };
    serde_json::from_slice(&body).map_err(unreadable)
}

/// The answer as it came, for programs, and as it is shown.
pub(super) async fn ask(url: &str) -> Result<(Value, Status), AskError> {
    let unreadable = |source| AskError::Unreadable { url: url.to_owned(), source };
    let value = ask_value(url).await?;
    let status = Status::deserialize(&value).map_err(unreadable)?;
    Ok((value, status))
}

async fn fetch(url: &str) -> Result<Vec<u8>, AskError> {
    let named = || url.to_owned();
    let full: reqwest::Url =
        format!("{url}/api/v1/status").parse().map_err(|_| AskError::Url { url: named() })?;
    let unreachable = |source: reqwest::Error| AskError::Unreachable {
        url: named(),
        source: source.without_url(),
    };
    let client = client(&full).map_err(unreachable)?;
    let mut response = client.get(full).send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(AskError::Refused { url: named(), status: response.status().as_u16() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(AskError::TooLarge { url: named() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Plain HTTP, as on this machine, needs no certificates, and there may be none.
fn client(url: &reqwest::Url) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        builder.no_proxy().tls_certs_only(std::iter::empty()).build()
    } else {
        builder.build()
    }
}
