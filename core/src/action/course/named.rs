//! What targets, and what was there before, are called.

use crate::action::{Before, Stage, Target};
use crate::amount::Amount;

impl Target {
    /// What it is called: `key batch-worker of workspace ingest-prod`.
    pub fn named(&self) -> String {
        match self {
            Self::Key { name, workspace_name, .. } => {
                format!("key {name} of workspace {workspace_name}")
            }
            Self::SpendLimit { workspace: None, .. } => {
                "spend limit of the organization".to_owned()
            }
            Self::SpendLimit { workspace: Some(id), workspace_name, .. } => {
                let name = workspace_name.as_deref().unwrap_or(id.as_str());
                format!("spend limit of workspace {name}")
            }
            Self::RateLimit { workspace_name, group, limiter, .. } => {
                format!("rate limit {limiter} of {group} for workspace {workspace_name}")
            }
            Self::Webhook { channel } => format!("webhook {channel}"),
        }
    }

    /// What it is to become; `None`: nothing that could be named.
    pub fn wanted(&self) -> Option<String> {
        match self {
            Self::Key { .. } => Some("inactive".to_owned()),
            Self::SpendLimit { to, .. } => Some(dollars(*to)),
            Self::RateLimit { to, .. } => Some(to.to_string()),
            Self::Webhook { .. } => None,
        }
    }
}

impl Before {
    /// What was there; `None`: nothing, or nobody knows.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Key { status } => Some(status.clone()),
            Self::SpendLimit { amount } => amount.map(dollars),
            Self::RateLimit { value } => value.map(|value| value.to_string()),
            Self::Unknown | Self::Nothing => None,
        }
    }
}

impl Stage {
    /// The word for it in answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Left => "left",
            Self::Refused => "refused",
            Self::Doubted => "doubted",
            Self::Returning => "returning",
            Self::Undone => "undone",
            Self::Kept => "kept",
            Self::Stuck => "stuck",
        }
    }
}

/// As journals and programs read it.
fn dollars(amount: Amount) -> String {
    format!("{} USD", amount.plain())
}
