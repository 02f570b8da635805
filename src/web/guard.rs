//! Keeps pages of other sites out: the Host is checked, and browsers are told their limits.
//!
//! A page may make a browser resolve the page's own name to our address and then read us as
//! if we were its own site. Such requests carry a name that is not ours, so only loopback
//! names, the address we listen on and the host of `external_url` are answered. Health is
//! exempt: probes use whatever name they have, and there is nothing to read.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Sent with every answer.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ),
];

/// The names we answer to.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    listen: IpAddr,
    external: Option<String>,
}

impl Hosts {
    pub(super) fn new(listen: SocketAddr, external_url: Option<&str>) -> Self {
        let uri = external_url.and_then(|url| url.parse::<Uri>().ok());
        let external = uri.as_ref().and_then(Uri::host).map(str::to_ascii_lowercase);
        Self { listen: listen.ip(), external }
    }

    /// Whether `authority`, a Host header, names us.
    fn know(&self, authority: &str) -> bool {
        let host = host(authority).trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || self.external.as_deref().map(host_only) == Some(&host) {
            return true;
        }
        // An address cannot be made to mean another, so where every address is listened on,
        // every address is ours.
        let address = host.parse::<IpAddr>();
        address
            .is_ok_and(|ip| ip.is_loopback() || self.listen.is_unspecified() || ip == self.listen)
    }
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

fn host_only(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The middleware around everything.
pub(super) async fn guard(
    State(hosts): State<Arc<Hosts>>,
    request: Request,
    next: Next,
) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let known = authority.or(header).is_some_and(|authority| hosts.know(authority));
    let mut response = if known || request.uri().path().starts_with("/-/") {
        next.run(request).await
    } else {
        let hint =
            "this name is not known here; set `external_url` to the address that people use\n";
        (StatusCode::MISDIRECTED_REQUEST, hint).into_response()
    };
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_answered() {
        let cases = [
            ("127.0.0.1:9185", None, "127.0.0.1:9185", true),
            ("127.0.0.1:9185", None, "localhost:9185", true),
            ("127.0.0.1:9185", None, "LOCALHOST.", true),
            ("127.0.0.1:9185", None, "[::1]:9185", true),
            ("127.0.0.1:9185", None, "evil.example", false),
            ("127.0.0.1:9185", None, "localhost.evil.example:9185", false),
            ("127.0.0.1:9185", None, "10.0.0.5:9185", false),
            ("127.0.0.1:9185", None, "", false),
            ("10.0.0.5:9185", None, "10.0.0.5", true),
            ("10.0.0.5:9185", None, "10.0.0.6", false),
            ("0.0.0.0:9185", None, "10.0.0.6:9185", true),
            ("[::]:9185", None, "[2001:db8::1]:9185", true),
            ("0.0.0.0:9185", None, "evil.example", false),
            ("127.0.0.1:1", Some("https://Warden.example.com/x/"), "warden.example.com", true),
            ("127.0.0.1:1", Some("https://warden.example.com/"), "warden.example.com:443", true),
            ("127.0.0.1:1", Some("https://warden.example.com/"), "example.com", false),
            ("127.0.0.1:1", Some("http://[2001:db8::1]:80/"), "[2001:db8::1]", true),
        ];
        for (listen, external, asked, expected) in cases {
            let hosts = Hosts::new(listen.parse().unwrap(), external);
            assert_eq!(hosts.know(asked), expected, "{asked} at {listen}, {external:?}");
        }
    }
}
