//! Building the HTTP client, when it is first needed.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Url};

use crate::claude::error::PollError;
use crate::claude::patience::Patience;

/// As integrations are asked to identify themselves: name, version, site.
const USER_AGENT: &str = concat!(
    "usagewarden/",
    env!("CARGO_PKG_VERSION"),
    " (+https://github.com/usagewarden/usagewarden)"
);

/// A poll a minute finds the connection of the last one still open.
const IDLE_KEPT: Duration = Duration::from_secs(90);
/// One poll a minute is what most minutes bring. A connection keeps what its largest answer
/// needed, up to 400 KiB, so a second one is opened again when it is needed.
const IDLE_MOST: usize = 1;

/// A client that does not exist before it is asked for. A failure to build it is not
/// remembered: certificates may be installed meanwhile.
#[derive(Debug)]
pub(super) struct Lazy {
    /// No certificate is looked at, so none is needed.
    plain: bool,
    /// No proxy stands between this machine and itself.
    loopback: bool,
    ca_file: Option<PathBuf>,
    built: Mutex<Option<reqwest::Client>>,
}

impl Lazy {
    pub(super) fn new(base_url: &Url, ca_file: Option<PathBuf>) -> Self {
        let (plain, loopback) = (base_url.scheme() == "http", is_loopback(base_url));
        Self { plain, loopback, ca_file, built: Mutex::new(None) }
    }

    pub(super) fn get(&self, patience: &Patience) -> Result<reqwest::Client, PollError> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = built.as_ref() {
            return Ok(client.clone());
        }
        let client = self.build(patience)?;
        *built = Some(client.clone());
        Ok(client)
    }

    fn build(&self, patience: &Patience) -> Result<reqwest::Client, PollError> {
        // Whoever installs it first wins, and all install the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let no_certificates =
            |error: reqwest::Error| PollError::NoCertificates { source: error.without_url() };
        if self.plain {
            return self.builder(patience).tls_certs_only([]).build().map_err(no_certificates);
        }
        let Some(extra) = self.certificates()? else {
            return self.builder(patience).build().map_err(no_certificates);
        };
        // Beside the system's certificates, or alone where the system has none.
        let beside = self.builder(patience).tls_certs_merge(extra.clone()).build();
        beside
            .or_else(|_| self.builder(patience).tls_certs_only(extra).build())
            .map_err(|source| self.unusable(source.without_url()))
    }

    fn builder(&self, patience: &Patience) -> ClientBuilder {
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .connect_timeout(patience.connect)
            .read_timeout(patience.silence)
            .pool_idle_timeout(IDLE_KEPT)
            .pool_max_idle_per_host(IDLE_MOST)
            .gzip(true);
        if self.loopback { builder.no_proxy() } else { builder }
    }

    fn certificates(&self) -> Result<Option<Vec<Certificate>>, PollError> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let pem = std::fs::read(path).map_err(|source| self.unusable(source))?;
        let found = Certificate::from_pem_bundle(&pem).map_err(|source| self.unusable(source))?;
        if found.is_empty() {
            return Err(self.unusable("no certificate in it"));
        }
        Ok(Some(found))
    }

    fn unusable(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PollError {
        PollError::CaFile { path: self.ca_file.clone().unwrap_or_default(), source: source.into() }
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}
