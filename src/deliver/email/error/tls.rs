//! Why TLS did not come about, in words that say what to do.

use std::error::Error;
use std::io::ErrorKind;

use lettre::transport::smtp;
use rustls::{CertificateError, InvalidMessage};

/// What is wrong, where we have better words than the library, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: Option<String>,
    pub(super) fix: &'static str,
}

impl Trouble {
    /// Whatever else there may be.
    pub(super) const OTHER: Self = Self {
        reason: None,
        fix: "check the server's certificate; a private CA belongs in `ca_file`",
    };

    fn new(reason: impl Into<String>, fix: &'static str) -> Self {
        Self { reason: Some(reason.into()), fix }
    }
}

/// `None` where the trouble is not about TLS at all.
pub(super) fn trouble(error: &smtp::Error) -> Option<Trouble> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(tls) = of_rustls(error) {
            return Some(of(tls));
        }
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == ErrorKind::InvalidData) {
            return Some(Trouble::OTHER);
        }
        cause = error.source();
    }
    None
}

/// An error of input and output hides what it was made of from the chain.
fn of_rustls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.downcast_ref().or_else(|| inner?.downcast_ref())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another's errors, open to new ones: we have words for those an operator can mend"
)]
fn of(error: &rustls::Error) -> Trouble {
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Trouble::new(
            "it does not speak TLS from the first byte on",
            "set `tls = \"starttls\"`, or the port that speaks TLS at once (mostly 465)",
        ),
        _ => Trouble::OTHER,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another's errors, open to new ones: we have words for those an operator can mend"
)]
fn of_certificate(error: &CertificateError) -> Trouble {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Trouble::new(
            "its certificate has expired",
            "renew it on the server, or set this machine's clock right",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Trouble::new("its certificate is not valid yet", "set this machine's clock right")
        }
        CertificateError::NotValidForName => wrong_name(&[]),
        CertificateError::NotValidForNameContext { presented, .. } => wrong_name(presented),
        CertificateError::UnknownIssuer => Trouble::new(
            "nobody whom this machine trusts has issued its certificate",
            "name the CA's certificate, or a self-signed one itself, in `ca_file`",
        ),
        CertificateError::BadSignature => Trouble::new(
            "its certificate was signed by another CA of the same name",
            "renew `ca_file`: the CA was made anew",
        ),
        CertificateError::Revoked => {
            Trouble::new("its certificate was revoked", "have a new one issued")
        }
        // The verifier has no name of its own for it.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            Trouble::new(
                "its certificate is that of a CA, which may not be a server's",
                "have the CA issue one for the server, or make the self-signed one again without `CA:TRUE`",
            )
        }
        _ => Trouble::OTHER,
    }
}

/// What a certificate names is as long as its owner likes.
const NAMES_MAX: usize = 5;

fn wrong_name(presented: &[String]) -> Trouble {
    // They come as `DnsName("mail.example.org")`.
    let bare = |name: &'_ String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let names: Vec<String> = presented.iter().take(NAMES_MAX).map(bare).collect();
    let only =
        if names.is_empty() { String::new() } else { format!(", only for {}", names.join(", ")) };
    let reason = format!("its certificate is not for this name{only}");
    Trouble::new(
        reason
            .chars()
            .filter(|letter| !letter.is_control())
            .take(super::REASON_MAX)
            .collect::<String>(),
        "write a name in `server` that it holds, or have one issued for this name",
    )
}
