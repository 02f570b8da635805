//! Whom the API takes a key for, as the headers of its answers say.

use reqwest::header::HeaderMap;

/// Of the key that asked. A header that is absent says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::claude) struct Identity {
    pub(in crate::claude) organization: Option<String>,
    pub(in crate::claude) workspace: Option<String>,
}

/// No id is longer.
const CHARS_MOST: usize = 100;

impl Identity {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let id = headers.get(name)?.to_str().ok()?.trim();
            let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            (plain && (1..=CHARS_MOST).contains(&id.len())).then(|| id.to_owned())
        };
        Self {
            organization: text("anthropic-organization-id"),
            workspace: text("anthropic-workspace-id"),
        }
    }
}
