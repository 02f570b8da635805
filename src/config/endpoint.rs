//! Addresses that are secrets: whoever knows one can post to it.

use std::fmt;

use reqwest::Url;
use secrecy::ExposeSecret;

use super::environment::Environment;
use super::problem::Complaint;
use super::secret;
use super::table::{At, Table};
use super::value;

/// An `http` or `https` address of which only the host is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// The key `url` of `table`, with `allow_plain` beside it; `None` when it is missing or wrong.
    pub(super) fn read(
        table: &Table<'_>,
        example: &str,
        environment: &Environment,
    ) -> Option<Self> {
        let allow_plain = table.optional("allow_plain", value::boolean);
        let At { value: secret, position } = secret::required(table, "url", example, environment)?;
        let refuse = |complaint: Complaint| table.notes.error(position, complaint);
        let endpoint = match parse(secret.expose_secret()) {
            Ok(url) => Self(url),
            Err(why) => {
                let complaint = Complaint::new(format!("`url` is no address to post to: {why}"));
                refuse(complaint.hint("write it as in \"https://hooks.example.com/services/…\""));
                return None;
            }
        };
        let is_allowed = allow_plain.is_some_and(|allowed| allowed.value);
        if endpoint.0.scheme() == "http" && !endpoint.is_loopback() && !is_allowed {
            let complaint = Complaint::new("`url` cannot be http:// for another machine");
            let hint = "use https://; if plain text is meant, add `allow_plain = true`";
            refuse(complaint.hint(hint));
        }
        Some(endpoint)
    }

    /// The whole of it, for whoever sends.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// Whether the receiver stands on this machine.
    pub fn is_loopback(&self) -> bool {
        value::is_loopback(self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}://{}/***)", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

fn parse(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "it cannot be parsed")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it must begin with https:// or http://");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user or a password");
    }
    if url.fragment().is_some() {
        return Err("a `#` is never sent");
    }
    Ok(url)
}
