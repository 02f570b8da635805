//! Asking the daemon, and the parts of its answer that are shown.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use usagewarden_core::amount::Amount;

use super::standing::{Alert, Budget};
use crate::cli::daemon::{AskError, Daemon};
use crate::cli::deliveries::{Delivery, narrow};

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
    pub(super) budgets: Vec<Budget>,
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

impl Spend {
    /// `None` while nothing is known of the period: that is not zero.
    pub(super) fn known(&self) -> Option<Amount> {
        (self.basis.is_some() || self.data_timestamp.is_some()).then_some(self.value)
    }
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

/// What the daemon knows, for programs and as it is shown.
pub(super) struct Answer {
    /// The status, with the alerts and the deliveries that are stuck beside it.
    pub(super) value: Value,
    pub(super) status: Status,
    pub(super) alerts: Vec<Alert>,
    pub(super) stuck: Vec<Delivery>,
}

/// Those that cannot be delivered; queued ones are about to be.
const STUCK: &str = "/api/v1/deliveries?state=retrying,refused,given_up&limit=20";

/// Everything that is shown, of one organization or of all.
pub(super) async fn ask(daemon: &Daemon, wanted: Option<&str>) -> Result<Answer, AskError> {
    let (mut value, mut alerts) =
        (daemon.get(super::STATUS).await?, daemon.get("/api/v1/alerts").await?);
    let mut stuck = daemon.get(STUCK).await?;
    if let Some(wanted) = wanted {
        for answer in [&mut value, &mut alerts, &mut stuck] {
            narrow(answer, wanted);
        }
    }
    (value["alerts"], value["stuck"]) = (alerts["data"].take(), stuck["data"].take());
    Ok(Answer {
        status: daemon.understood(&value)?,
        alerts: daemon.understood(&value["alerts"])?,
        stuck: daemon.understood(&value["stuck"])?,
        value,
    })
}
