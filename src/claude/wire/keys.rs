//! API keys of the Admin API, in the shapes of both versions.
//!
//! The older version names the workspace, null meaning the default one; the newer
//! names a scope. An answer may carry both; then the scope is believed, since only it
//! tells a key of the whole organization.

use jiff::Timestamp;
use serde::Deserialize;
use usagewarden_core::roster::ApiKey;
use usagewarden_core::subject::WorkspaceId;

use super::envelope::Envelope;
use super::text::{Misread, present, read};
use crate::claude::mask::mask;
use crate::claude::names::Names;
use crate::claude::paging::{Dialect, Page};

#[derive(Deserialize)]
struct WireKey {
    id: String,
    name: Option<String>,
    status: String,
    partial_key_hint: Option<String>,
    created_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    created_by: Option<Creator>,
    scope: Option<Scope>,
    #[serde(default, deserialize_with = "present")]
    workspace_id: Option<Option<String>>,
}

#[derive(Deserialize)]
struct Creator {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Scope {
    #[serde(rename = "type")]
    kind: String,
    workspace_id: Option<String>,
}

pub(in crate::claude) fn decode(body: &[u8], names: &Names) -> Result<Page<ApiKey>, Misread> {
    read::<Envelope<WireKey>>(body)?.into_page(Dialect::Id, |wire| Ok(wire.form(names)))
}

/// One key, as it is answered when it alone is asked for or changed.
pub(in crate::claude) fn decode_one(body: &[u8], names: &Names) -> Result<ApiKey, Misread> {
    Ok(read::<WireKey>(body)?.form(names))
}

impl WireKey {
    fn form(self, names: &Names) -> ApiKey {
        ApiKey {
            workspace: self.workspace(names),
            name: self.name.unwrap_or_else(|| self.id.clone()),
            id: self.id.as_str().into(),
            status: self.status,
            hint: self.partial_key_hint.as_deref().map(mask),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: None,
            created_by: self.created_by.and_then(|creator| creator.id),
        }
    }

    fn workspace(&self, names: &Names) -> Option<WorkspaceId> {
        match (&self.scope, &self.workspace_id) {
            (Some(scope), _) if scope.kind == "workspace" => {
                Some(names.workspace(scope.workspace_id.as_deref()))
            }
            (Some(_), _) | (None, None) => None,
            (None, Some(id)) => Some(names.workspace(id.as_deref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::names::DefaultWorkspace;

    #[test]
    fn both_shapes_say_where_a_key_belongs() {
        let known = DefaultWorkspace::default();
        known.learn("wrkspc_real");
        let cases = [
            (r#""scope":{"type":"workspace","workspace_id":"wrkspc_1"}"#, Some("wrkspc_1")),
            (
                r#""scope":{"type":"workspace","workspace_id":"wrkspc_real"},"workspace_id":null"#,
                Some("default"),
            ),
            (r#""scope":{"type":"organization"}"#, None),
            (r#""scope":{"type":"organization"},"workspace_id":null"#, None),
            (r#""workspace_id":"wrkspc_2""#, Some("wrkspc_2")),
            (r#""workspace_id":null"#, Some("default")),
            (r#""type":"api_key""#, None),
        ];
        for (shape, expected) in cases {
            let body = format!(
                r#"{{"data":[{{"id":"apikey_1","status":"active",{shape}}}],"has_more":false}}"#
            );
            let page = decode(body.as_bytes(), &known.names()).unwrap();
            let workspace = page.items[0].workspace.as_ref().map(WorkspaceId::as_str);
            assert_eq!(workspace, expected, "{shape}");
        }
    }

    #[test]
    fn a_key_keeps_its_tail_and_its_maker() {
        let body = br#"{"data":[{"id":"apikey_1","name":"batch","status":"hibernating","partial_key_hint":"sk-ant-api03-Zz9...QwEr",
            "created_at":"2026-05-20T12:00:00Z","expires_at":null,"created_by":{"id":"user_1","type":"user"},"workspace_id":null}]}"#;
        let page = decode(body, &Names::default()).unwrap();
        let key = &page.items[0];
        assert_eq!(
            (key.hint.as_deref(), key.created_by.as_deref()),
            (Some("sk-ant-...QwEr"), Some("user_1"))
        );
        assert_eq!(key.status, "hibernating");
    }
}
