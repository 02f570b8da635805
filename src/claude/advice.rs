//! What an operator should know of a failure, and what they can do about it.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use super::asked::Asked;
use super::error::{PollError, SpendCap};

mod write;

/// Two sentences for whoever has to act: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub cause: String,
    pub fix: String,
}

impl Advice {
    pub(super) fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into() }
    }
}

const ASKED_AGAIN: &str = "Nothing yet: usagewarden asks again";
const LOOK_BETWEEN: &str = "If it stays, look at the proxy or gateway between here and `base_url`";

impl PollError {
    /// Cause and fix, for each failure in words of its own.
    pub fn advice(&self) -> Advice {
        if self.is_doubtful() {
            return write::doubtful(self);
        }
        match self.asked().is_some_and(Asked::is_write) {
            true => self.advice_of_write(),
            false => self.advice_of_report(),
        }
    }

    /// Where a write needs other words than a report.
    fn advice_of_write(&self) -> Advice {
        if let Self::Refused { key, message, .. } = self {
            write::refused(key, message)
        } else if let Self::Forbidden { asked, key, missing, message } = self {
            write::forbidden(*asked, key, missing, message)
        } else if let Self::NotFound { asked, message } = self {
            write::not_found(*asked, message)
        } else if let Self::Throttled { asked, retry_after, .. } = self {
            write::throttled(*asked, *retry_after)
        } else if let Self::BadRequest { asked, message, .. } = self {
            write::bad_request(*asked, message)
        } else if let Self::Failed { asked, message, .. } = self {
            write::conflict(*asked, message)
        } else {
            self.advice_of_report()
        }
    }

    fn advice_of_report(&self) -> Advice {
        match self {
            Self::Unreachable { asked, source } => unreachable(*asked, source),
            Self::TimedOut { asked, after } => timed_out(*asked, *after),
            Self::CutShort { asked, .. } => cut_short(*asked),
            Self::NoCertificates { .. } => no_certificates(),
            Self::CaFile { path, .. } => ca_file(path),
            Self::UnusableKey { key } => unusable_key(key),
            Self::Refused { key, message, .. } => refused(key, message),
            Self::Forbidden { asked, key, missing, message } => {
                forbidden(*asked, key, missing, message)
            }
            Self::NotFound { asked, .. } => not_found(*asked),
            Self::Throttled { asked, retry_after, .. } => throttled(*asked, *retry_after),
            Self::SpendCapReached { cap, .. } => spend_cap(*cap),
            Self::OwnLimitReached { workspace, .. } => own_limit(*workspace),
            Self::Billing { message, .. } => billing(message),
            Self::OnHold { appeal_url, .. } => on_hold(appeal_url.as_deref()),
            Self::BadRequest { asked, message, .. } => bad_request(*asked, message),
            Self::Failed { .. } => failed(self),
            Self::Redirected { to, .. } => redirected(to),
            Self::TooLarge { asked, bytes_most } => too_large(*asked, *bytes_most),
            Self::Endless { asked, .. } => endless(*asked),
            Self::StaleCursor { asked, .. } => stale(*asked),
            Self::NotJson { what, .. } => not_json(what),
            Self::Unreadable { .. } => unreadable(self),
            Self::Declined { reason, .. } => reason.advice(),
            Self::NotOffered { asked, why } => write::not_offered(*asked, why),
            Self::Unsendable { .. } => write::unsendable(self),
        }
    }

    /// Whether the server was reached and its certificate was not believed.
    pub(super) fn certificate_refused(&self) -> bool {
        matches!(self, Self::Unreachable { source, .. } if speaks_of_certificates(source))
    }
}

fn unreachable(asked: Asked, source: &reqwest::Error) -> Advice {
    if speaks_of_certificates(source) {
        return Advice::new(
            format!("{asked}: the server's certificate is not trusted by this machine"),
            "If `base_url` is a gateway with a private CA, name its certificate in `ca_file`; \
             else check the clock and the CA certificates of this machine",
        );
    }
    if source.is_dns() {
        return Advice::new(
            format!("{asked}: the host of `base_url` could not be found"),
            "Check `base_url` for a typo, and the DNS of this machine",
        );
    }
    Advice::new(
        format!("{asked}: no connection to the host of `base_url`"),
        "Check network, firewall and proxy variables of this machine, and that something \
         listens at `base_url`; usagewarden keeps trying",
    )
}

/// The reason lies deep in the chain and has no type there, so its words are looked at.
fn speaks_of_certificates(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("certificate") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn timed_out(asked: Asked, after: Duration) -> Advice {
    Advice::new(
        format!("{asked}: no complete answer came within {after:?}"),
        format!("{ASKED_AGAIN}. {LOOK_BETWEEN}"),
    )
}

fn cut_short(asked: Asked) -> Advice {
    Advice::new(
        format!(
            "{asked}: the connection ended in the middle of the answer; nothing of it was kept"
        ),
        format!("{ASKED_AGAIN}. {LOOK_BETWEEN}"),
    )
}

fn no_certificates() -> Advice {
    Advice::new(
        "this machine has no CA certificates, so no server can be trusted",
        "Install the package `ca-certificates`, or set `SSL_CERT_FILE`, or name a file in `ca_file`",
    )
}

fn ca_file(path: &Path) -> Advice {
    Advice::new(
        format!("the file {} holds no certificates that can be used", path.display()),
        "Let `ca_file` name a readable file of certificates in PEM form",
    )
}

fn unusable_key(key: &str) -> Advice {
    Advice::new(
        format!("the key {key} contains a line break or another character that no key has"),
        "Store the key again, on one line and without quotes",
    )
}

fn refused(key: &str, message: &str) -> Advice {
    Advice::new(
        format!("the key {key} is wrong, expired or revoked ({message})"),
        "Create a new key (for `api = \"admin\"` an Admin key, `sk-ant-admin01-…`), store it \
         where `key` of this organization points, and restart",
    )
}

fn forbidden(asked: Asked, key: &str, missing: &[String], message: &str) -> Advice {
    if missing.is_empty() {
        return Advice::new(
            format!("the key {key} may not read {asked} ({message})"),
            "With `api = \"admin\"`, use an Admin key (`sk-ant-admin01-…`): an ordinary one \
             (`sk-ant-api03-…`) reads no reports. With `api = \"company\"`, the key's owner needs \
             a role that may: admin, or billing for money",
        );
    }
    let scopes = missing.join(", ");
    Advice::new(
        format!("the key {key} may not read {asked}: it lacks {scopes}"),
        format!("Create a key with {scopes} and store it where `key` of this organization points"),
    )
}

fn not_found(asked: Asked) -> Advice {
    Advice::new(
        format!("the server at `base_url` does not know {asked}"),
        "Check `base_url`, and that `api` is the one it serves (\"admin\" or \"company\"); in a \
         company, check `id`",
    )
}

fn throttled(asked: Asked, retry_after: Option<Duration>) -> Advice {
    let when = match retry_after {
        Some(wait) => format!("in {} s", wait.as_secs()),
        None => "later".to_owned(),
    };
    Advice::new(
        format!("the API wants us to slow down with {asked}"),
        format!(
            "{ASKED_AGAIN} {when}. If it stays, poll less often, or look for others who use the \
             same organization's budget"
        ),
    )
}

fn spend_cap(cap: SpendCap) -> Advice {
    match cap {
        SpendCap::UsageTier => Advice::new(
            "the organization has spent all that its usage tier allows; the API is paused until \
             00:00 UTC on the 1st",
            "Ask for a higher usage tier in the Console, or wait for the 1st",
        ),
        SpendCap::Contract => Advice::new(
            "the organization has spent all that its contract allows",
            "Ask the account team to raise the limit of the contract",
        ),
    }
}

fn own_limit(workspace: bool) -> Advice {
    let whose = if workspace { "workspace" } else { "organization" };
    Advice::new(
        format!("the spend limit that was set for the {whose} is reached"),
        "Raise the limit in the Console, or wait for the 1st of the month, 00:00 UTC",
    )
}

fn billing(message: &str) -> Advice {
    Advice::new(
        format!("the API refuses for reasons of billing ({message})"),
        "Check payment method, credits and invoices in the Console",
    )
}

fn on_hold(appeal_url: Option<&str>) -> Advice {
    Advice::new(
        "the organization was disabled for trust and safety, not for billing",
        match appeal_url {
            Some(url) => format!("Appeal at {url}"),
            None => "Write to the API's support".to_owned(),
        },
    )
}

fn bad_request(asked: Asked, message: &str) -> Advice {
    Advice::new(
        format!("the API did not accept how it was asked for {asked} ({message})"),
        "If `base_url` is a gateway, check that it passes paths, queries and headers on \
         unchanged; else this version may be too old for the API: look for a newer one",
    )
}

fn failed(error: &PollError) -> Advice {
    Advice::new(
        error.to_string(),
        format!("{ASKED_AGAIN}. If it stays, look at https://status.claude.com"),
    )
}

fn redirected(to: &str) -> Advice {
    Advice::new(
        format!("the server sends us to {to}; a key is never carried to another place"),
        "Let `base_url` name the final address. A redirect to a login page means that a proxy \
         wants somebody to sign in",
    )
}

fn too_large(asked: Asked, bytes_most: usize) -> Advice {
    Advice::new(
        format!(
            "{asked}: the answer passes our bound of {} MiB; nothing of it was kept",
            bytes_most >> 20
        ),
        "If `base_url` is right, this organization is larger than expected: please report it",
    )
}

fn endless(asked: Asked) -> Advice {
    Advice::new(
        format!("{asked}: the server announces one more page for ever; nothing of it was kept"),
        "Check the gateway at `base_url`: it seems to lose the parameter that asks for the next page",
    )
}

fn stale(asked: Asked) -> Advice {
    Advice::new(
        format!(
            "{asked} changed again and again while its pages were read; nothing of it was kept"
        ),
        ASKED_AGAIN,
    )
}

fn not_json(what: &str) -> Advice {
    Advice::new(
        format!("something answered with {what} instead of the API"),
        "Check `base_url`; a proxy, a gateway or a login page may stand in the way",
    )
}

fn unreadable(error: &PollError) -> Advice {
    Advice::new(
        format!("{error}; nothing of it was kept"),
        "Check that `api` is the one `base_url` serves; else the API has changed: look for a \
         newer version",
    )
}
