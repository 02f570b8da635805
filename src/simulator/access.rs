//! Who may ask, and in which version.
//!
//! Both ways to send a key are accepted. A key that is missing or unknown gives
//! 401, one without the right gives 403, before anything is read of the query.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::refusal::Refusal;

/// The administrator's key: everything.
pub const ADMIN_KEY: &str = "sk-ant-admin01-simulated-administrator-0001";
/// An ordinary key of a workspace: nothing here.
pub const WORKSPACE_KEY: &str = "sk-ant-api03-simulated-workspace-0001";
/// A key that the company API takes, and the Admin API does not.
pub const COMPANY_KEY: &str = "sk-ant-api03-simulated-company-0001";

/// Refuses whoever may not ask for this path.
pub(crate) fn check(path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(key) = key(headers) else {
        return Err(Refusal::unauthenticated("x-api-key header is required"));
    };
    match key {
        ADMIN_KEY => Ok(()),
        COMPANY_KEY if is_company(path) => Ok(()),
        COMPANY_KEY | WORKSPACE_KEY => Err(Refusal::forbidden(
            "This endpoint needs an administrator's key; the key sent is an ordinary one",
        )),
        _ => Err(Refusal::unauthenticated("invalid x-api-key")),
    }
}

fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::HeaderName::from_static("x-api-key"))
        .or_else(|| text(header::AUTHORIZATION)?.strip_prefix("Bearer "))
}

/// Whether a path belongs to the company API.
fn is_company(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/v1/organizations") else {
        return path == "/v1/me";
    };
    rest.is_empty() || rest.starts_with("/company") || rest.starts_with("/org_")
}

/// The personality that `anthropic-version` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    June2023,
    October2026,
}

impl<S: Sync> FromRequestParts<S> for Version {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let sent = parts.headers.get("anthropic-version").and_then(|value| value.to_str().ok());
        match sent {
            Some("2023-06-01") => Ok(Self::June2023),
            Some("2026-10-21") => Ok(Self::October2026),
            Some(other) => {
                Err(Refusal::invalid(format!("anthropic-version: `{other}` is not a version")))
            }
            None => Err(Refusal::invalid("anthropic-version: header is required")),
        }
    }
}

/// The words of `anthropic-beta`, however they were sent.
#[derive(Clone, Debug)]
pub(crate) struct Betas(Vec<String>);

impl<S: Sync> FromRequestParts<S> for Betas {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let sent = parts.headers.get_all("anthropic-beta").iter();
        let words = sent
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|word| word.trim().to_owned())
            .collect();
        Ok(Self(words))
    }
}

impl Betas {
    pub(crate) fn need(&self, word: &str) -> Result<(), Refusal> {
        if self.0.iter().any(|sent| sent == word) {
            Ok(())
        } else {
            Err(Refusal::invalid(format!(
                "this endpoint requires the anthropic-beta header {word}"
            )))
        }
    }
}
