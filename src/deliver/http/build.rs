//! Building a client, when it is first needed.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::deliver::http::{Address, HttpError};

/// As senders are asked to identify themselves: name, version, site.
const USER_AGENT: &str = concat!(
    "usagewarden/",
    env!("CARGO_PKG_VERSION"),
    " (+https://github.com/usagewarden/usagewarden)"
);

const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Notices come in bursts; between them nothing is kept open.
const IDLE_KEPT: Duration = Duration::from_secs(30);
const IDLE_MOST: usize = 4;

/// Without certificates there is no client, unless none will be looked at.
pub(super) fn client(address: &Address, ca_file: Option<&Path>) -> Result<Client, HttpError> {
    // Whoever installs it first wins, and all install the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let no_certificates =
        |error: reqwest::Error| HttpError::NoCertificates { source: error.without_url() };
    if address.url().scheme() == "http" {
        return builder(address).tls_certs_only([]).build().map_err(no_certificates);
    }
    let Some(path) = ca_file else { return builder(address).build().map_err(no_certificates) };
    let extra = certificates(path)?;
    // Beside the system's certificates, or alone where the system has none.
    let beside = builder(address).tls_certs_merge(extra.clone()).build();
    beside
        .or_else(|_| builder(address).tls_certs_only(extra).build())
        .map_err(|source| unusable(path, source.without_url()))
}

fn builder(address: &Address) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .connect_timeout(CONNECT_PATIENCE)
        .pool_idle_timeout(IDLE_KEPT)
        .pool_max_idle_per_host(IDLE_MOST)
        // What is asked for here has no body worth packing, and an unpacked one no bound.
        .gzip(false);
    if address.is_loopback() { builder.no_proxy() } else { builder }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, HttpError> {
    let pem = std::fs::read(path).map_err(|source| unusable(path, source))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|source| unusable(path, source))?;
    if found.is_empty() {
        return Err(unusable(path, "no certificate in it"));
    }
    Ok(found)
}

fn unusable(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HttpError {
    HttpError::CaFile { path: path.to_owned(), source: source.into() }
}
