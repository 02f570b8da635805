//! HTTP to receivers: one question to one address, answered in bounded time and space.
//!
//! The client is built when first needed, and again after a receiver was not trusted: the
//! certificate that was missing may be there by then. Proxy variables are respected, except
//! for loopback addresses. It promises that an exchange ends, however slowly or long the
//! other side talks, and that of an address only the host is ever shown: a webhook's URL
//! is a password. It never follows a redirect, keeps no cookies, and asks once.

mod build;
mod error;
mod said;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::Instant;

pub use error::HttpError;

/// The longest an exchange may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Once the status is known, the rest is read for its words, and not for long.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

/// What is read of an answer.
const BODY_BYTES_MOST: usize = 64 << 10;

/// An address that whoever knows it can post to.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    pub const fn new(url: Url) -> Self {
        Self(url)
    }

    /// `hooks.example.com`, or with the port where one is written.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(super) const fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it is on this machine: no proxy stands between.
    fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}://{}/***)", self.0.scheme(), self.host())
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The beginning of the body: one line, nothing invisible, nothing of the address.
    pub(super) said: String,
}

/// Asks one receiver.
#[derive(Debug)]
pub(super) struct Http {
    address: Address,
    /// A private CA, in addition to the system's.
    ca_file: Option<PathBuf>,
    patience: Duration,
    built: Mutex<Option<reqwest::Client>>,
}

impl Http {
    pub(super) fn new(address: Address, ca_file: Option<PathBuf>, patience: Duration) -> Self {
        Self { address, ca_file, patience, built: Mutex::new(None) }
    }

    /// Asks the root of the host for its headers: whether there is a way to it, and whether
    /// it is trusted. Nothing is sent, and the receiver's own address is not touched.
    pub(super) async fn greet(&self) -> Result<(), HttpError> {
        let mut root = self.address.0.clone();
        root.set_path("/");
        root.set_query(None);
        self.ask(Method::HEAD, root, HeaderMap::new(), Bytes::new()).await.map(drop)
    }

    /// One exchange, from the first byte out to the last one that is read.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, HttpError> {
        let until = Instant::now() + self.patience;
        let mut request = self.client()?.request(method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = match tokio::time::timeout_at(until, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.explained(error)),
            Err(_) => return Err(HttpError::Silent { host: self.host(), after: self.patience }),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let until = until.min(Instant::now() + BODY_PATIENCE);
        let body = beginning(response, until).await;
        Ok(Answer { status, headers, said: said::line(&body, &self.address) })
    }

    fn client(&self) -> Result<reqwest::Client, HttpError> {
        let mut built = self.built();
        if let Some(client) = built.as_ref() {
            return Ok(client.clone());
        }
        let client = build::client(&self.address, self.ca_file.as_deref())?;
        *built = Some(client.clone());
        Ok(client)
    }

    fn explained(&self, error: reqwest::Error) -> HttpError {
        let error = HttpError::of(self.host(), error);
        if matches!(error, HttpError::NotPrivate { .. }) {
            *self.built() = None;
        }
        error
    }

    fn host(&self) -> String {
        self.address.host()
    }

    fn built(&self) -> std::sync::MutexGuard<'_, Option<reqwest::Client>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As much of a body as can be had in time. The status was heard: failing to read the rest
/// changes nothing.
async fn beginning(mut response: Response, until: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, response.chunk()).await {
        let room = BODY_BYTES_MOST - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == BODY_BYTES_MOST {
            break;
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::new(url.parse().unwrap())
    }

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        let address = address("https://hooks.example.com:8443/services/T0001?token=hunter2");
        assert_eq!(address.host(), "hooks.example.com:8443");
        assert_eq!(format!("{address:?}"), "Address(https://hooks.example.com:8443/***)");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, expected) in [
            ("http://127.0.0.1:80/", true),
            ("http://[::1]/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://localhost/", true),
            ("https://localhost.example.com/", false),
            ("https://10.0.0.1/", false),
        ] {
            assert_eq!(address(url).is_loopback(), expected, "{url}");
        }
    }
}
