//! Who may change something: a token in the header, and what it allows.
//!
//! Reading needs none. Whatever is sent by POST asks here before its body is looked at.
//! A browser sends no such header by itself, so a page of another site cannot write. A
//! token is kept as its hash, compared in constant time, and never logged; its name is.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use axum::extract::{Request, State as Extracted};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::answer::refuse;

/// What a token can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Silence,
    Ack,
    Reload,
    Actions,
    Deliveries,
}

impl Permission {
    const fn label(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Ack => "ack",
            Self::Reload => "reload",
            Self::Actions => "actions",
            Self::Deliveries => "deliveries",
        }
    }
}

type Hash = [u8; 32];

/// One `[http] tokens`.
#[derive(Clone)]
pub struct Token {
    name: Arc<str>,
    hash: Hash,
    may: Vec<Permission>,
}

impl Token {
    pub fn new(name: Arc<str>, token: &SecretString, may: Vec<Permission>) -> Self {
        Self { name, hash: hash(token.expose_secret()), may }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, hash: _, may } = self;
        f.debug_struct("Token").field("name", name).field("may", may).finish_non_exhaustive()
    }
}

/// The name of the token that a request came with.
#[derive(Clone, Debug)]
pub(super) struct Bearer(pub(super) Arc<str>);

/// The tokens, and what is wanted of one.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) tokens: Arc<[Token]>,
    pub(super) permission: Permission,
}

/// The middleware around everything that writes.
pub(super) async fn demand(
    Extracted(demand): Extracted<Demand>,
    mut request: Request,
    next: Next,
) -> Response {
    match demand.bearer(request.headers()) {
        Ok(bearer) => {
            request.extensions_mut().insert(bearer);
            next.run(request).await
        }
        Err(denied) => denied.into_response(),
    }
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
enum Denied {
    #[error("this needs a token, and none is configured: add one to [http] `tokens`")]
    NoneConfigured,
    #[error("this needs a token: Authorization: Bearer TOKEN")]
    NoneShown,
    #[error("this token is not known here")]
    Unknown,
    #[error("the token `{name}` may not do this: add \"{}\" to its `may`", permission.label())]
    NotAllowed { name: Arc<str>, permission: Permission },
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            Self::NoneConfigured | Self::NoneShown | Self::Unknown => {
                (StatusCode::UNAUTHORIZED, Some("Bearer realm=\"usagewarden\""))
            }
            Self::NotAllowed { .. } => (StatusCode::FORBIDDEN, None),
        };
        let mut response = refuse(status, &self.to_string(), None);
        let challenge = challenge.map(HeaderValue::from_static);
        let challenge = challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge));
        response.headers_mut().extend(challenge);
        response
    }
}

impl Demand {
    fn bearer(&self, headers: &HeaderMap) -> Result<Bearer, Denied> {
        if self.tokens.is_empty() {
            return Err(Denied::NoneConfigured);
        }
        let shown = hash(shown(headers).ok_or(Denied::NoneShown)?);
        // Every token is looked at, however early one fits.
        let known = self
            .tokens
            .iter()
            .fold(None, |found, token| if same(&token.hash, &shown) { Some(token) } else { found });
        let known = known.ok_or(Denied::Unknown)?;
        if known.may.contains(&self.permission) {
            return Ok(Bearer(Arc::clone(&known.name)));
        }
        Err(Denied::NotAllowed { name: Arc::clone(&known.name), permission: self.permission })
    }
}

/// The token in the header; the scheme may be written in any case.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// Takes the same time wherever they differ.
fn same(one: &Hash, other: &Hash) -> bool {
    let differing = one.iter().zip(other).fold(0, |bits, (one, other)| bits | (one ^ other));
    black_box(differing) == 0
}
