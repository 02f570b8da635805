//! Why a receiver gave no answer.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustls::CertificateError;
use usagewarden_core::outbox::Taken;

use crate::deliver::http::said;

/// Why there is no answer. None of them shows more of the address than its host.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("TLS cannot be set up, are CA certificates installed?")]
    NoCertificates { source: reqwest::Error },
    #[error("the private CA {} cannot be used", path.display())]
    CaFile { path: PathBuf, source: Box<dyn Error + Send + Sync> },
    #[error("{host} could not be reached: {reason}")]
    Unreachable { host: String, reason: String },
    #[error("{host} is not trusted: {reason}; {advice}")]
    NotPrivate { host: String, reason: String, advice: &'static str },
    #[error("the connection to {host} was lost before it answered: {reason}")]
    Broken { host: String, reason: String },
    #[error("{host} did not answer within {} s", after.as_secs_f32())]
    Silent { host: String, after: Duration },
}

impl HttpError {
    pub(super) fn of(host: String, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let reason = said::clean(&root_cause(&error).to_string());
        if let Some(tls) = tls_error(&error) {
            return Self::NotPrivate { host, reason, advice: advice(tls) };
        }
        if error.is_connect() {
            return Self::Unreachable { host, reason };
        }
        Self::Broken { host, reason }
    }

    /// Whether the receiver may have got the whole of what it was sent.
    pub(in crate::deliver) const fn taken(&self) -> Taken {
        match self {
            Self::Broken { .. } | Self::Silent { .. } => Taken::Perhaps,
            Self::NoCertificates { .. }
            | Self::CaFile { .. }
            | Self::Unreachable { .. }
            | Self::NotPrivate { .. } => Taken::No,
        }
    }
}

fn root_cause<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root
}

/// What went wrong between connecting and speaking, where that was TLS.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    // An error of TLS travels inside one of input and output, which hides it from `source`.
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inside.and_then(|inside| tls_error(inside)).or_else(|| tls_error(error.source()?))
}

fn advice(error: &rustls::Error) -> &'static str {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return "it speaks no TLS that we know on this port, check `url`";
    };
    // An error of the library below, which rustls has no word for.
    if format!("{certificate:?}").contains("CaUsedAsEndEntity") {
        return "it shows the certificate of a CA as its own; give it one that this CA has signed";
    }
    let is = |wanted: &CertificateError| certificate == wanted;
    if is(&CertificateError::Expired)
        || matches!(certificate, CertificateError::ExpiredContext { .. })
    {
        "renew its certificate, or set the clock of this machine"
    } else if is(&CertificateError::NotValidForName)
        || matches!(certificate, CertificateError::NotValidForNameContext { .. })
    {
        "its certificate is for another name, correct `url` or the certificate"
    } else {
        "a private CA belongs in `ca_file`"
    }
}
