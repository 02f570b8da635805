//! Addresses: of sockets, of services, of mail servers, of people.

use std::net::{IpAddr, SocketAddr};

use lettre::message::Mailbox;
use reqwest::Url;
use toml::de::DeValue;

use super::super::problem::Complaint;
use super::{Read, text_like};

/// An IP address and a port.
pub(in crate::config) fn socket(value: &DeValue<'_>) -> Read<SocketAddr> {
    let text = text_like(value, "an address and a port, as in \"127.0.0.1:9185\"")?;
    text.parse().map_err(|_| {
        Complaint::new(format!("cannot be \"{text}\""))
            .hint("write an IP address and a port, as in \"127.0.0.1:9185\" or \"[::1]:9185\"")
    })
}

/// Where an API answers; ends in a slash.
pub(in crate::config) fn service_url(value: &DeValue<'_>) -> Read<Url> {
    url(value, "https://api.anthropic.com")
}

/// What people click; ends in a slash.
pub(in crate::config) fn public_url(value: &DeValue<'_>) -> Read<Url> {
    url(value, "https://warden.example.com/")
}

fn url(value: &DeValue<'_>, example: &str) -> Read<Url> {
    let text = text_like(value, &format!("a URL, as in \"{example}\""))?;
    parse_url(text).map_err(|why| {
        Complaint::new(format!("is no URL that can be used: {why}"))
            .hint(format!("write a URL, as in \"{example}\""))
            .private()
    })
}

/// An `http` or `https` URL to which paths can be joined.
pub(in crate::config) fn parse_url(text: &str) -> Result<Url, &'static str> {
    let mut url = Url::parse(text.trim()).map_err(|_| "it cannot be parsed")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it must begin with https:// or http://");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("nothing may follow the path");
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Whether what is sent to `host` stays on this machine.
pub(in crate::config) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// A host, and a port where one is written.
pub(in crate::config) fn mail_server(value: &DeValue<'_>) -> Read<(String, Option<u16>)> {
    let text = text_like(value, "a host and a port, as in \"smtp.example.com:587\"")?;
    split_host(text).ok_or_else(|| {
        // Who writes a URL here may have written a password into it.
        Complaint::new("is no mail server")
            .private()
            .hint("write a host and a port, as in \"smtp.example.com:587\"")
    })
}

fn split_host(text: &str) -> Option<(String, Option<u16>)> {
    // An IPv6 address stands in brackets, or has no port.
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        host.parse::<IpAddr>().ok()?;
        let port = if port.is_empty() { None } else { Some(port_of(port.strip_prefix(':')?)?) };
        return Some((host.to_owned(), port));
    }
    if text.parse::<IpAddr>().is_ok() {
        return Some((text.to_owned(), None));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port_of(port)?)),
        None => (text, None),
    };
    let is_allowed = |c: char| c.is_alphanumeric() || "-._".contains(c);
    let is_host = host.starts_with(char::is_alphanumeric) && host.chars().all(is_allowed);
    is_host.then(|| (host.to_owned(), port))
}

fn port_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// A person or a list, with or without a name.
pub(in crate::config) fn mailbox(value: &DeValue<'_>) -> Read<Mailbox> {
    let text = text_like(value, "a mail address, as in \"finops@example.com\"")?;
    text.parse().map_err(|_| {
        Complaint::new(format!("cannot be \"{text}\"")).hint(
            "write a mail address, as in \"finops@example.com\" or \"UsageWarden <warden@example.com>\"",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_joined_to_every_url() {
        for (written, joined) in [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/me"),
            ("http://127.0.0.1:9186/", "http://127.0.0.1:9186/v1/me"),
            ("https://gateway.example.com/claude", "https://gateway.example.com/claude/v1/me"),
        ] {
            assert_eq!(parse_url(written).unwrap().join("v1/me").unwrap().as_str(), joined);
        }
        for refused in
            ["api.anthropic.com", "ftp://x", "https://u:p@x", "https://x/?a=1", "http://"]
        {
            assert!(parse_url(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("[::1]", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("localhost", true),
            ("10.0.0.1", false),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn mail_servers_are_hosts_with_or_without_ports() {
        let host = |host: &str, port| Some((host.to_owned(), port));
        for (text, expected) in [
            ("smtp.example.com:587", host("smtp.example.com", Some(587))),
            ("smtp.example.com", host("smtp.example.com", None)),
            ("[::1]:25", host("::1", Some(25))),
            ("::1", host("::1", None)),
            ("127.0.0.1:2525", host("127.0.0.1", Some(2525))),
            ("smtp.example.com:0", None),
            ("smtp.example.com:99999", None),
            ("smtp://smtp.example.com", None),
            ("two words", None),
            ("[nonsense]:25", None),
            (":25", None),
        ] {
            assert_eq!(split_host(text), expected, "{text}");
        }
    }
}
