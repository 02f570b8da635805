//! Notices to programs, over HTTP, as Standard Webhooks has it.
//!
//! A notice is one POST: the body is made from its frozen facts, the identity is the same on
//! every attempt, and only the time and the signatures over it are new. Whoever got it
//! twice can tell by `webhook-id`.
//!
//! It promises that every attempt ends, and that of the URL only the host is ever shown. A
//! final no is final: it is not tried again by itself. It never follows a redirect,
//! since the signature is for one receiver. What may heal (no answer, a server's own
//! failure, a request to wait) is tried again by the outbox, within its bounds.

mod body;
mod error;
mod sign;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretSlice;
use usagewarden_core::backoff::Backoff;
use usagewarden_core::notice::Notice;
use usagewarden_core::outbox::{Attempt, Destination, Envelope, Patience};
use usagewarden_core::subject::ChannelName;

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::deliver::channel::Channel;
use crate::deliver::http::{self, Address, Http, HttpError};

/// For whoever must say the same.
#[cfg(test)]
pub(crate) use body::render;
pub use error::WebhookError;

/// A receiver that restarts is back in seconds; one that is down is asked once an hour.
const BACKOFF: Backoff = Backoff::between(Duration::from_secs(5), Duration::from_secs(3_600));

/// The longest an attempt may take, from connecting to the last byte that is read.
pub const ATTEMPT_TIMEOUT: Duration = http::PATIENCE;

/// One `[channel.webhook.NAME]`, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: ChannelName,
    pub url: Address,
    /// What it is signed with; several while they are exchanged, none for no signature.
    pub keys: Vec<SecretSlice<u8>>,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    pub give_up_after: SignedDuration,
    /// Where people look next; ends in a slash.
    pub external_url: String,
    /// The longest an attempt may take: [`ATTEMPT_TIMEOUT`], less only in rehearsals.
    pub attempt_timeout: Duration,
}

impl Settings {
    /// The one lane of this channel, named by its host.
    pub fn destinations(&self) -> Vec<Destination> {
        vec![Destination { channel: self.name.clone(), recipient: self.url.host() }]
    }
}

/// One receiver, and the way to it.
#[derive(Debug)]
pub struct Webhook {
    settings: Settings,
    patience: Patience,
    http: Http,
    clock: SharedClock,
}

impl Webhook {
    pub fn new(settings: Settings, clock: SharedClock) -> Self {
        let patience = Patience { backoff: BACKOFF, give_up_after: settings.give_up_after };
        let (url, ca_file) = (settings.url.clone(), settings.ca_file.clone());
        let http = Http::new(url, ca_file, settings.attempt_timeout);
        Self { settings, patience, http, clock }
    }

    /// Connects to the receiver's host, and sends it nothing. Whether it would take a notice
    /// only a notice can tell.
    pub async fn greet(&self) -> Result<(), HttpError> {
        self.http.greet().await
    }

    async fn send(&self, notice: &Notice) -> Result<(), WebhookError> {
        let body = body::render(notice, &self.settings.external_url)
            .map_err(|source| WebhookError::Compose { source })?;
        let headers = self.headers(notice, &body, self.clock.now());
        let url = self.settings.url.url().clone();
        let answer = self.http.ask(Method::POST, url, headers, Bytes::from(body)).await;
        let answer = answer.map_err(WebhookError::Unanswered)?;
        WebhookError::of(self.settings.url.host(), answer, self.clock.now())
    }

    fn headers(&self, notice: &Notice, body: &[u8], at: Timestamp) -> HeaderMap {
        let id = sign::id(notice);
        let signatures = sign::signatures(&self.settings.keys, &id, at, body);
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("webhook-timestamp", HeaderValue::from(at.as_second()));
        for (name, text) in [("webhook-id", Some(id)), ("webhook-signature", signatures)] {
            let value = text.and_then(|text| HeaderValue::try_from(text).ok());
            headers
                .extend(value.map(|value| (reqwest::header::HeaderName::from_static(name), value)));
        }
        headers
    }
}

#[async_trait]
impl Channel for Webhook {
    fn name(&self) -> &ChannelName {
        &self.settings.name
    }

    fn patience(&self) -> &Patience {
        &self.patience
    }

    async fn attempt(&self, envelope: &Envelope) -> Attempt {
        match self.send(&envelope.notice).await {
            Ok(()) => Attempt::accepted(),
            Err(error) => {
                let attempt = Attempt::unsuccessful(error.outcome(), Chain(&error).to_string())
                    .taken(error.taken())
                    .by(error.culprit());
                Attempt { hint: error.hint(), ..attempt }
            }
        }
    }

    /// Idle connections close by themselves.
    fn tidy(&self) {}
}
