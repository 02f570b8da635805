//! Why a webhook was not accepted, and what that means for the notice.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use usagewarden_core::outbox::{Culprit, Outcome, Taken};

use crate::deliver::http::{Answer, HttpError};

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error(transparent)]
    Unanswered(HttpError),
    #[error("the notice could not be written as JSON")]
    Compose { source: serde_json::Error },
    #[error(
        "{host} points elsewhere{} (HTTP {status}), and redirects are not followed; put the address it points to into `url`",
        to.as_ref().map(|to| format!(", to {to}")).unwrap_or_default()
    )]
    Redirected { host: String, status: StatusCode, to: Option<String> },
    #[error("{host} refused the notice for good (HTTP {status}{}); {}", quoted(said), advice(*status))]
    Refused { host: String, status: StatusCode, said: String },
    #[error("{host} asked us to come back later (HTTP {status}{})", quoted(said))]
    Throttled { host: String, status: StatusCode, said: String, after: Option<Duration> },
    #[error("{host} did not take the notice (HTTP {status}{})", quoted(said))]
    Failed { host: String, status: StatusCode, said: String },
}

/// What the receiver said, where it said something.
fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// What to do about a final no.
const fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "check `url`, and that it checks signatures with the `secret` of this channel",
        400 | 415 | 422 => "does it expect what docs/payload.md describes?",
        410 => "it is gone; take the channel out, or correct `url`",
        413 => "it takes smaller bodies only",
        _ => "check `url`",
    }
}

impl WebhookError {
    /// What an answer means; `Ok` when the notice was accepted.
    pub(super) fn of(host: String, answer: Answer, now: Timestamp) -> Result<(), Self> {
        let Answer { status, headers, said } = answer;
        let after = retry_after(&headers, now);
        Err(match status.as_u16() {
            200..=299 => return Ok(()),
            300..=399 => Self::Redirected { host, status, to: host_of_location(&headers) },
            429 => Self::Throttled { host, status, said, after },
            408 | 425 | 500..=599 if after.is_some() => {
                Self::Throttled { host, status, said, after }
            }
            408 | 425 | 500..=599 => Self::Failed { host, status, said },
            _ => Self::Refused { host, status, said },
        })
    }

    pub(super) const fn outcome(&self) -> Outcome {
        match self {
            Self::Compose { .. } | Self::Redirected { .. } | Self::Refused { .. } => {
                Outcome::Refused
            }
            Self::Throttled { .. } => Outcome::Throttled,
            Self::Failed { .. } => Outcome::Failed,
            Self::Unanswered(HttpError::Silent { .. }) => Outcome::Timeout,
            Self::Unanswered(
                HttpError::NoCertificates { .. }
                | HttpError::CaFile { .. }
                | HttpError::Unreachable { .. }
                | HttpError::NotPrivate { .. }
                | HttpError::Broken { .. },
            ) => Outcome::Failed,
        }
    }

    /// How long the receiver asks us to wait.
    pub(super) const fn hint(&self) -> Option<Duration> {
        match self {
            Self::Throttled { after, .. } => *after,
            Self::Unanswered(_)
            | Self::Compose { .. }
            | Self::Redirected { .. }
            | Self::Refused { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// Whether the receiver may have the notice all the same. A server that failed may have
    /// failed after it put the notice away, or its gateway lost patience with it.
    pub(super) fn taken(&self) -> Taken {
        match self {
            Self::Unanswered(error) => error.taken(),
            Self::Failed { status, .. } | Self::Throttled { status, .. } => {
                let is_in_doubt =
                    status.is_server_error() && *status != StatusCode::SERVICE_UNAVAILABLE;
                if is_in_doubt { Taken::Perhaps } else { Taken::No }
            }
            Self::Compose { .. } | Self::Redirected { .. } | Self::Refused { .. } => Taken::No,
        }
    }

    /// What stands in the way of every notice stands in the way of the next one too. That a
    /// server fails, or breaks off, may be for what it was given.
    pub(super) const fn culprit(&self) -> Culprit {
        match self {
            Self::Compose { .. } => Culprit::Us,
            Self::Refused { .. } | Self::Unanswered(HttpError::Broken { .. }) => Culprit::Message,
            Self::Failed { status, .. } => match status.as_u16() {
                502..=504 => Culprit::Server,
                _ => Culprit::Message,
            },
            Self::Redirected { .. }
            | Self::Throttled { .. }
            | Self::Unanswered(
                HttpError::NoCertificates { .. }
                | HttpError::CaFile { .. }
                | HttpError::Unreachable { .. }
                | HttpError::NotPrivate { .. }
                | HttpError::Silent { .. },
            ) => Culprit::Server,
        }
    }
}

/// Where a redirect points, without the part that may be a secret.
fn host_of_location(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let url: reqwest::Url = location.parse().ok()?;
    url.host_str().map(|host| format!("{}://{host}", url.scheme()))
}

/// `Retry-After`, in seconds or as an HTTP date. The outbox keeps it within its bounds.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Result<(), WebhookError> {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, headers, said: "so it said".to_owned() };
        WebhookError::of("example.com".to_owned(), answer, "2026-11-20T14:00:00Z".parse().unwrap())
    }

    #[test]
    fn every_status_has_its_consequence() {
        use Culprit::{Message, Server};
        use Outcome::{Accepted, Failed, Refused, Throttled};
        use Taken::{No, Perhaps, Yes};
        for (status, outcome, taken, culprit) in [
            (200, Accepted, Yes, Message),
            (204, Accepted, Yes, Message),
            (299, Accepted, Yes, Message),
            (301, Refused, No, Server),
            (304, Refused, No, Server),
            (400, Refused, No, Message),
            (404, Refused, No, Message),
            (408, Failed, No, Message),
            (410, Refused, No, Message),
            (425, Failed, No, Message),
            (429, Throttled, No, Server),
            (499, Refused, No, Message),
            (500, Failed, Perhaps, Message),
            (502, Failed, Perhaps, Server),
            (503, Failed, No, Server),
            (504, Failed, Perhaps, Server),
            (599, Failed, Perhaps, Message),
            (600, Refused, No, Message),
        ] {
            let told = match answer(status, None) {
                Ok(()) => (Accepted, Yes, Message),
                Err(error) => (error.outcome(), error.taken(), error.culprit()),
            };
            assert_eq!(told, (outcome, taken, culprit), "{status}");
        }
    }

    #[test]
    fn a_receiver_may_say_when_in_seconds_or_as_a_date() {
        for (status, text, expected) in [
            (429, "2", Some(2)),
            (503, "120", Some(120)),
            (503, "Fri, 20 Nov 2026 14:00:30 GMT", Some(30)),
            (429, "Fri, 20 Nov 2026 13:00:00 GMT", Some(0)),
            (429, "99999999999999999999999", Some(u64::MAX)),
            (429, "soon", None),
            (429, "-5", None),
            (429, "", None),
            (404, "5", None),
        ] {
            let hint = answer(status, Some(text)).unwrap_err().hint();
            assert_eq!(hint.map(|hint| hint.as_secs()), expected, "{status}: {text}");
        }
    }

    #[test]
    fn to_be_asked_back_later_does_not_mean_that_nothing_was_taken() {
        for (status, taken) in [
            (408, Taken::No),
            (429, Taken::No),
            (500, Taken::Perhaps),
            (502, Taken::Perhaps),
            (503, Taken::No),
            (504, Taken::Perhaps),
        ] {
            let error = answer(status, Some("30")).unwrap_err();
            assert_eq!((error.outcome(), error.taken()), (Outcome::Throttled, taken), "{status}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        for (status, expected) in [
            (
                404,
                "example.com refused the notice for good (HTTP 404 Not Found: so it said); check `url`",
            ),
            (410, "it is gone; take the channel out, or correct `url`"),
            (302, "redirects are not followed; put the address it points to into `url`"),
        ] {
            let shown = answer(status, None).unwrap_err().to_string();
            assert!(shown.contains(expected), "{shown}");
        }
    }
}
