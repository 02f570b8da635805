//! Why a question to an API brought no answer, and what follows from that.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;

use super::asked::Asked;
use super::reason::Reason;

/// Why one question brought no answer. No variant holds a key or an address:
/// messages of theirs are scrubbed before they come here.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error("{asked}: the API could not be reached")]
    Unreachable { asked: Asked, source: reqwest::Error },
    #[error("{asked}: no complete answer within {after:?}")]
    TimedOut { asked: Asked, after: Duration },
    #[error("{asked}: the answer broke off after {bytes_read} bytes")]
    CutShort {
        asked: Asked,
        bytes_read: usize,
        /// What broke the connection; `None` where it ended in peace and too early.
        source: Option<reqwest::Error>,
    },
    #[error("no TLS client could be made")]
    NoCertificates { source: reqwest::Error },
    #[error("the certificates in {} could not be used", path.display())]
    CaFile { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the key {key} contains characters no header can carry")]
    UnusableKey { key: String },
    #[error("{asked}: the key {key} was refused (HTTP 401): {message}")]
    Refused { asked: Asked, key: String, message: String },
    #[error("{asked}: the key {key} lacks permission (HTTP 403): {message}")]
    Forbidden {
        asked: Asked,
        key: String,
        /// Scopes the message says are needed and not present; empty when it names none.
        missing: Vec<String>,
        message: String,
    },
    #[error("{asked}: there is no such thing at this address (HTTP 404): {message}")]
    NotFound { asked: Asked, message: String },
    #[error("{asked}: the API asked us to slow down (HTTP 429)")]
    Throttled { asked: Asked, retry_after: Option<Duration>, message: String },
    #[error("{asked}: the {cap} is reached (HTTP 429): {message}")]
    SpendCapReached { asked: Asked, cap: SpendCap, message: String },
    #[error(
        "{asked}: a spend limit the organization set for itself is reached (HTTP 400): {message}"
    )]
    OwnLimitReached { asked: Asked, workspace: bool, message: String },
    #[error("{asked}: billing stands in the way (HTTP 402): {message}")]
    Billing { asked: Asked, code: Option<String>, message: String },
    #[error("{asked}: the organization is on hold (HTTP 400): {message}")]
    OnHold { asked: Asked, appeal_url: Option<String>, message: String },
    #[error("{asked}: the API did not accept the question (HTTP {}): {message}", status.as_u16())]
    BadRequest { asked: Asked, status: StatusCode, code: Option<String>, message: String },
    #[error("{asked}: the API failed on its side (HTTP {}): {message}", status.as_u16())]
    Failed { asked: Asked, status: StatusCode, message: String },
    #[error("{asked}: a redirect (HTTP {}) to {to} was not followed", status.as_u16())]
    Redirected { asked: Asked, status: StatusCode, to: String },
    #[error("{asked}: the answer is larger than {bytes_most} bytes")]
    TooLarge { asked: Asked, bytes_most: usize },
    #[error("{asked}: there is no end to its pages ({pages} read)")]
    Endless { asked: Asked, pages: u32 },
    #[error("{asked}: the report changed under us {restarts} times while it was read")]
    StaleCursor { asked: Asked, restarts: u32 },
    #[error("{asked}: the answer is not JSON but {what}")]
    NotJson { asked: Asked, what: String },
    #[error("{asked}: the answer does not have the shape we know: {what}{}", place(*at))]
    Unreadable {
        asked: Asked,
        what: String,
        /// Line and column, where there is a place to point at.
        at: Option<(usize, usize)>,
    },
    /// Understood and refused, for a reason the documentation names.
    #[error("{asked}: refused (HTTP {}): {message}", status.as_u16())]
    Declined { asked: Asked, status: StatusCode, reason: Reason, message: String },
    /// The API has nothing of the kind, so nothing was sent.
    #[error("{asked}: this API does not offer it")]
    NotOffered {
        asked: Asked,
        /// Why not, and what to do instead.
        why: &'static str,
    },
    /// What was to be said cannot be, so nothing was sent.
    #[error("{asked}: nothing was sent, since {why}")]
    Unsendable { asked: Asked, why: String },
}

fn place(at: Option<(usize, usize)>) -> String {
    at.map(|(line, column)| format!(" at line {line}, column {column}")).unwrap_or_default()
}

/// Which cap on spend was hit. None of them is the organization's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendCap {
    UsageTier,
    Contract,
}

impl std::fmt::Display for SpendCap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::UsageTier => "monthly cap of the usage tier",
            Self::Contract => "cap of the contract",
        })
    }
}

/// What the poller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Ask again at the next due time, and not before `after` has passed.
    Retry { after: Option<Duration> },
    /// Nothing moves before the month ends or somebody raises a limit. Ask on: that is how we learn of it.
    WaitForSpend,
    /// Somebody must change something.
    TellOperator,
}

/// The label `outcome` of `usagewarden_polls_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Ok,
    Throttled,
    Refused,
    Unreachable,
    Failed,
    Unreadable,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::Throttled,
        Self::Refused,
        Self::Unreachable,
        Self::Failed,
        Self::Unreadable,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
        }
    }
}

impl PollError {
    /// What the poller does next. Without a wildcard, so that a new failure has to choose.
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::Throttled { retry_after, .. } => Recovery::Retry { after: *retry_after },
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::CutShort { .. }
            | Self::Failed { .. }
            | Self::StaleCursor { .. } => Recovery::Retry { after: None },
            Self::SpendCapReached { .. } | Self::OwnLimitReached { .. } => Recovery::WaitForSpend,
            Self::NoCertificates { .. }
            | Self::CaFile { .. }
            | Self::UnusableKey { .. }
            | Self::Refused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Billing { .. }
            | Self::OnHold { .. }
            | Self::BadRequest { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Endless { .. }
            | Self::NotJson { .. }
            | Self::Unreadable { .. }
            | Self::Declined { .. }
            | Self::NotOffered { .. }
            | Self::Unsendable { .. } => Recovery::TellOperator,
        }
    }

    /// How the poll is counted.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Throttled { .. } => Outcome::Throttled,
            Self::UnusableKey { .. }
            | Self::Refused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::SpendCapReached { .. }
            | Self::OwnLimitReached { .. }
            | Self::Billing { .. }
            | Self::OnHold { .. }
            | Self::BadRequest { .. }
            | Self::Declined { .. }
            | Self::NotOffered { .. }
            | Self::Unsendable { .. } => Outcome::Refused,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::CutShort { .. }
            | Self::NoCertificates { .. }
            | Self::CaFile { .. } => Outcome::Unreachable,
            Self::Failed { .. } | Self::StaleCursor { .. } => Outcome::Failed,
            Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Endless { .. }
            | Self::NotJson { .. }
            | Self::Unreadable { .. } => Outcome::Unreadable,
        }
    }

    /// Whether this is how an API says that a thing is not offered to this organization,
    /// where most organizations hear it: analytics and spend limits are granted one by one.
    pub fn not_granted(&self) -> bool {
        match self {
            Self::Forbidden { asked, .. }
            | Self::NotFound { asked, .. }
            | Self::Declined { asked, .. }
            | Self::BadRequest { asked, status: StatusCode::BAD_REQUEST, .. } => {
                asked.granted_to_few()
            }
            Self::BadRequest { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::CutShort { .. }
            | Self::NoCertificates { .. }
            | Self::CaFile { .. }
            | Self::UnusableKey { .. }
            | Self::Refused { .. }
            | Self::Throttled { .. }
            | Self::SpendCapReached { .. }
            | Self::OwnLimitReached { .. }
            | Self::Billing { .. }
            | Self::OnHold { .. }
            | Self::Failed { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Endless { .. }
            | Self::StaleCursor { .. }
            | Self::NotJson { .. }
            | Self::Unreadable { .. }
            | Self::NotOffered { .. }
            | Self::Unsendable { .. } => false,
        }
    }

    /// What was asked for; `None` where it failed before that mattered.
    pub const fn asked(&self) -> Option<Asked> {
        match self {
            Self::Unreachable { asked, .. }
            | Self::TimedOut { asked, .. }
            | Self::CutShort { asked, .. }
            | Self::Refused { asked, .. }
            | Self::Forbidden { asked, .. }
            | Self::NotFound { asked, .. }
            | Self::Throttled { asked, .. }
            | Self::SpendCapReached { asked, .. }
            | Self::OwnLimitReached { asked, .. }
            | Self::Billing { asked, .. }
            | Self::OnHold { asked, .. }
            | Self::BadRequest { asked, .. }
            | Self::Failed { asked, .. }
            | Self::Redirected { asked, .. }
            | Self::TooLarge { asked, .. }
            | Self::Endless { asked, .. }
            | Self::StaleCursor { asked, .. }
            | Self::NotJson { asked, .. }
            | Self::Unreadable { asked, .. }
            | Self::Declined { asked, .. }
            | Self::NotOffered { asked, .. }
            | Self::Unsendable { asked, .. } => Some(*asked),
            Self::NoCertificates { .. } | Self::CaFile { .. } | Self::UnusableKey { .. } => None,
        }
    }

    /// Whether this was a write that may have been made all the same: it was sent, and no
    /// answer says that it was refused.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Unreachable { asked, source } => asked.is_write() && !source.is_connect(),
            Self::TimedOut { asked, .. }
            | Self::CutShort { asked, .. }
            | Self::TooLarge { asked, .. }
            | Self::NotJson { asked, .. }
            | Self::Unreadable { asked, .. } => asked.is_write(),
            // A conflict is an answer; everything else of this kind may come from the way there.
            Self::Failed { asked, status, .. } => {
                asked.is_write() && *status != StatusCode::CONFLICT
            }
            Self::NoCertificates { .. }
            | Self::CaFile { .. }
            | Self::UnusableKey { .. }
            | Self::Refused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Throttled { .. }
            | Self::SpendCapReached { .. }
            | Self::OwnLimitReached { .. }
            | Self::Billing { .. }
            | Self::OnHold { .. }
            | Self::BadRequest { .. }
            | Self::Redirected { .. }
            | Self::Endless { .. }
            | Self::StaleCursor { .. }
            | Self::Declined { .. }
            | Self::NotOffered { .. }
            | Self::Unsendable { .. } => false,
        }
    }
}
