//! What was done to a key.

use serde_json::json;

use super::Told;

#[derive(Clone, Debug)]
pub(crate) enum KeyDeed {
    Created {
        name: String,
        workspace: String,
    },
    Renamed {
        before: String,
        after: String,
    },
    Status {
        before: &'static str,
        after: &'static str,
    },
    /// In the company API; for the Admin API it was archived.
    Deleted {
        before: &'static str,
    },
}

impl KeyDeed {
    pub(super) fn admin(&self, key: &str) -> Told {
        match self {
            Self::Created { name, workspace } => (
                "platform_api_key_created",
                json!({ "api_key_id": key, "name": name, "workspace_id": workspace }),
            ),
            Self::Renamed { before, after } => updated(key, "name", before, after),
            Self::Status { before, after } => updated(key, "status", before, after),
            Self::Deleted { before } => updated(key, "status", before, "archived"),
        }
    }

    pub(super) fn company(&self, key: &str) -> Told {
        match self {
            Self::Created { name, .. } => {
                ("api_key.created", json!({ "api_key_id": key, "name": name }))
            }
            Self::Renamed { before, after } => (
                "api_key.renamed",
                json!({ "api_key_id": key, "previous_name": before, "name": after }),
            ),
            Self::Status { before, after } => (
                "api_key.updated",
                json!({ "api_key_id": key, "previous_status": before, "status": after }),
            ),
            Self::Deleted { .. } => ("api_key.deleted", json!({ "api_key_id": key })),
        }
    }
}

/// One change of a key, as the Admin API lists them.
fn updated(key: &str, what: &str, before: &str, after: &str) -> Told {
    let update = json!({ "type": what, "previous_value": before, "current_value": after });
    ("platform_api_key_updated", json!({ "api_key_id": key, "updates": [update] }))
}
