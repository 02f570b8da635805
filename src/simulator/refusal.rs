//! How a request is refused: the error body that the API documents.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refusal. It travels in the response's extensions until the gate, which
/// knows the request's id, writes the body.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    code: Option<&'static str>,
    hint: Option<Hint>,
}

/// What a header says about trying again.
#[derive(Clone, Copy, Debug)]
enum Hint {
    RetryAfter(u64),
    ShouldRetry(bool),
}

impl Hint {
    fn header(self) -> (HeaderName, HeaderValue) {
        match self {
            Self::RetryAfter(seconds) => (header::RETRY_AFTER, seconds.into()),
            Self::ShouldRetry(whether) => {
                let value = HeaderValue::from_static(if whether { "true" } else { "false" });
                (HeaderName::from_static("x-should-retry"), value)
            }
        }
    }
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), code: None, hint: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication_error", message)
    }

    pub(crate) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "permission_error", message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found_error", format!("{what} not found"))
    }

    pub(crate) fn method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "invalid_request_error", "Method not allowed")
    }

    pub(crate) fn gone() -> Self {
        Self::new(StatusCode::GONE, "invalid_request_error", "The page cursor is stale")
    }

    pub(crate) fn limited(message: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", message)
    }

    pub(crate) fn overloaded() -> Self {
        let status = StatusCode::from_u16(529).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        Self::new(status, "overloaded_error", "Overloaded")
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", "Internal server error")
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { hint: Some(Hint::RetryAfter(seconds)), ..self }
    }

    pub(crate) fn should_retry(self, whether: bool) -> Self {
        Self { hint: Some(Hint::ShouldRetry(whether)), ..self }
    }

    /// The documented body, or without its outer `type` and its `request_id`, as some surfaces do.
    pub(crate) fn body(&self, request_id: &str, bare: bool) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["details"] = json!({ "error_code": code });
        }
        if bare {
            json!({ "error": error })
        } else {
            json!({ "type": "error", "error": error, "request_id": request_id })
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some((name, value)) = self.hint.map(Hint::header) {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
