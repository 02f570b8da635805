//! Why a mail was not accepted, and what that means for it.

mod tls;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp;
use usagewarden_core::outbox::{Culprit, Outcome, Taken};

use crate::deliver::email::connection::Progress;
use tls::Trouble;

/// The longest reason that is kept; a server's answer can be a page.
const REASON_MAX: usize = 300;

/// A no to whoever sends, not to the mail: a login or encryption is wanted.
const ABOUT_LOGIN: [&str; 4] = ["530", "534", "535", "538"];

/// Why a mail was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the recipient is no longer listed in the channel's `to`")]
    NotListed,
    #[error("the mail could not be built")]
    Compose { source: lettre::error::Error },
    #[error("the certificate of the private CA {} could not be read", path.display())]
    CaFile { path: PathBuf, source: std::io::Error },
    #[error("{} holds no certificate in PEM form", path.display())]
    CaFormat { path: PathBuf },
    #[error("TLS cannot be set up, are CA certificates installed? ({reason})")]
    Trust { reason: String },
    #[error("{server} could not be reached: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{server} does not offer STARTTLS, and nothing is sent without it")]
    NoStartTls { server: String },
    #[error("the connection to {server} could not be made private: {reason}; {fix}")]
    NotPrivate { server: String, reason: String, fix: &'static str },
    #[error("{server} offers neither AUTH PLAIN nor AUTH LOGIN")]
    NoLogin { server: String },
    #[error("{server} refused the login, check `username` and `password`: {reason}")]
    Login { server: String, reason: String },
    #[error("{server} refused the mail for good: {reason}")]
    Refused { server: String, reason: String },
    #[error("{server} asked us to come back later: {reason}")]
    Throttled { server: String, reason: String },
    #[error("{server} did not take the mail: {reason}")]
    Failed { server: String, reason: String },
    #[error("the connection to {server} was lost before it was sent the mail: {reason}")]
    Dropped { server: String, reason: String },
    #[error("the connection to {server} was lost while it took the mail: {reason}")]
    Lost { server: String, reason: String },
    #[error("{server} did not answer within {} s", after.as_secs_f32())]
    Silent { server: String, after: Duration },
    #[error("{server} was sent the mail and did not answer within {} s", after.as_secs_f32())]
    Unanswered { server: String, after: Duration },
}

impl MailError {
    /// Only a no to this very mail is final. What keeps us from asking (a login,
    /// a certificate, a name) is for an operator to heal, and heals for every mail.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::NotListed | Self::Compose { .. } | Self::Refused { .. } => Outcome::Refused,
            Self::Throttled { .. } => Outcome::Throttled,
            Self::Silent { .. } | Self::Unanswered { .. } => Outcome::Timeout,
            Self::CaFile { .. }
            | Self::CaFormat { .. }
            | Self::Trust { .. }
            | Self::Unreachable { .. }
            | Self::NoStartTls { .. }
            | Self::NotPrivate { .. }
            | Self::NoLogin { .. }
            | Self::Login { .. }
            | Self::Failed { .. }
            | Self::Dropped { .. }
            | Self::Lost { .. } => Outcome::Failed,
        }
    }

    /// Only a connection that broke, or fell silent, after the mail was sent leaves in doubt
    /// who has it.
    pub(super) fn taken(&self) -> Taken {
        if self.may_be_taken() { Taken::Perhaps } else { Taken::No }
    }

    /// What stands in the way of every mail stands in the way of the next one too; and who
    /// hangs up before the mail begins does not know yet what is in it.
    pub(super) fn culprit(&self) -> Culprit {
        match self {
            Self::NotListed | Self::Compose { .. } => Culprit::Us,
            Self::Refused { .. } | Self::Failed { .. } | Self::Lost { .. } => Culprit::Message,
            Self::CaFile { .. }
            | Self::CaFormat { .. }
            | Self::Trust { .. }
            | Self::Unreachable { .. }
            | Self::NoStartTls { .. }
            | Self::NotPrivate { .. }
            | Self::NoLogin { .. }
            | Self::Login { .. }
            | Self::Throttled { .. }
            | Self::Dropped { .. }
            | Self::Silent { .. }
            | Self::Unanswered { .. } => Culprit::Server,
        }
    }

    /// Whether the server may have the mail all the same: it was sent to the last byte,
    /// and no answer came.
    pub fn may_be_taken(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Unanswered { .. } => true,
            Self::NotListed
            | Self::Compose { .. }
            | Self::CaFile { .. }
            | Self::CaFormat { .. }
            | Self::Trust { .. }
            | Self::Unreachable { .. }
            | Self::NoStartTls { .. }
            | Self::NotPrivate { .. }
            | Self::NoLogin { .. }
            | Self::Login { .. }
            | Self::Refused { .. }
            | Self::Throttled { .. }
            | Self::Failed { .. }
            | Self::Dropped { .. }
            | Self::Silent { .. } => false,
        }
    }

    /// No answer came in time, to the mail or to something before it.
    pub(super) fn silent(server: String, after: Duration, sent: bool) -> Self {
        if sent { Self::Unanswered { server, after } } else { Self::Silent { server, after } }
    }

    /// A connection that did not come about.
    pub(super) fn connecting(server: String, error: &smtp::Error) -> Self {
        match tls::trouble(error) {
            Some(Trouble { reason: said, fix }) => {
                let reason = said.unwrap_or_else(|| reason(error));
                Self::NotPrivate { server, reason, fix }
            }
            None => Self::Unreachable { server, reason: reason(error) },
        }
    }

    /// The server agreed to TLS, and it did not come about.
    pub(super) fn upgrading(server: String, error: &smtp::Error) -> Self {
        let trouble = tls::trouble(error).unwrap_or(Trouble::OTHER);
        let reason = trouble.reason.unwrap_or_else(|| reason(error));
        Self::NotPrivate { server, reason, fix: trouble.fix }
    }

    /// What an answer to the mail itself means. A connection that was cut is no
    /// answer: once the mail was sent the server may have it, and is offered it again.
    pub(super) fn answered(server: String, error: &smtp::Error, progress: &Progress) -> Self {
        let reason = reason(error);
        let code = error.status().map(|code| code.to_string());
        if code.as_deref().is_some_and(|code| ABOUT_LOGIN.contains(&code)) {
            Self::Login { server, reason }
        } else if error.is_permanent() {
            Self::Refused { server, reason }
        } else if code.as_deref() == Some("421") {
            Self::Throttled { server, reason }
        } else if code.is_none() && progress.is_sent() {
            Self::Lost { server, reason }
        } else if code.is_none() && !progress.has_begun() {
            Self::Dropped { server, reason }
        } else {
            Self::Failed { server, reason }
        }
    }
}

/// What went wrong at the root of it, without addresses, in one bounded line.
pub(super) fn reason(error: &smtp::Error) -> String {
    let root = root_cause(error).to_string();
    let code = error.status().map(|code| code.to_string());
    // A library that explains itself by an address helps no operator.
    let said = root.split_whitespace().filter(|word| !word.starts_with("https://docs.rs/"));
    let words = code.into_iter().chain(said.map(masked));
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|letter| !letter.is_control()).take(REASON_MAX).collect()
}

/// lettre says every level twice; only the last one tells something.
fn root_cause(error: &smtp::Error) -> &dyn Error {
    let mut root: &dyn Error = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root
}

/// `<finops@example.com>:` becomes `<f…@example.com>:`.
fn masked(word: &str) -> String {
    let Some((local, domain)) = word.split_once('@') else { return word.to_owned() };
    let first = local.char_indices().find(|(_, letter)| letter.is_alphanumeric());
    let kept = first.map_or(0, |(place, letter)| place + letter.len_utf8());
    format!("{}…@{domain}", &local[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_leaves_in_doubt_only_what_was_sent() {
        for (sent, taken) in [(false, Taken::No), (true, Taken::Perhaps)] {
            let error = MailError::silent("mail.test:25".to_owned(), Duration::from_secs(60), sent);
            let told = (error.outcome(), error.taken(), error.culprit());
            assert_eq!(told, (Outcome::Timeout, taken, Culprit::Server));
        }
    }

    #[test]
    fn addresses_are_masked_wherever_a_server_repeats_them() {
        let cases = [
            ("<finops@example.com>:", "<f…@example.com>:"),
            ("ops@example.com", "o…@example.com"),
            ("@example.com", "…@example.com"),
            ("unknown", "unknown"),
        ];
        for (word, expected) in cases {
            assert_eq!(masked(word), expected);
        }
    }
}
