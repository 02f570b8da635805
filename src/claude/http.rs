//! One question over HTTP: asked in the organization's pace, tried again by the one
//! policy, answered with a bounded body.
//!
//! The client is built when first needed: without CA certificates it cannot be, and a
//! plain `http` address needs none. Redirects are never followed, since the key would go
//! along. Errors of the transport lose their URL before anyone sees them.
//!
//! The key goes in the header its API's newest documentation shows: `Authorization:
//! Bearer` for the Admin API, which OAuth tokens need as well, and `x-api-key` for the
//! company API. A 401 is tried once with the other header, and the one that worked is kept.
//!
//! `anthropic-version` is always `2023-06-01`: the only version for which every source,
//! the guides of the company API included, describes these reports. What the newer one
//! changes in them is not documented, so both shapes are read wherever they are known.

mod answer;
mod build;
mod identity;
mod question;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::debug;
use usagewarden_core::subject::OrganizationName;

use super::asked::Asked;
use super::error::PollError;
use super::mask::Scrub;
use super::pacing::{self, Pacing};
use super::patience::Patience;
use super::refusal::Refusal;
use super::retry::{self, Failure};
use super::wire::Misread;
use super::{Api, Settings};
use crate::clock::SharedClock;

pub(super) use identity::Identity;
pub(super) use question::Question;

const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// Tokens of OAuth are carried as bearers only.
const OAUTH_PREFIX: &str = "sk-ant-oat";

/// In which header the key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyHeader {
    Bearer,
    ApiKey,
}

/// Asks one address with one key.
#[derive(Debug)]
pub(super) struct Http {
    organization: OrganizationName,
    base_url: Url,
    key: SecretString,
    preferred: KeyHeader,
    /// Whether the other header is the one that works here.
    swapped: AtomicBool,
    /// As its last answer said.
    identity: Mutex<Identity>,
    scrub: Scrub,
    client: build::Lazy,
    pacing: Pacing,
    patience: Patience,
    clock: SharedClock,
}

impl Http {
    pub(super) fn new(settings: Settings, clock: SharedClock, patience: Patience) -> Self {
        let oauth = settings.key.expose_secret().starts_with(OAUTH_PREFIX);
        let (preferred, per_minute) = match settings.api {
            Api::Admin => (KeyHeader::Bearer, pacing::GENERAL_PER_MINUTE),
            Api::Company if oauth => (KeyHeader::Bearer, pacing::COMPANY_PER_MINUTE),
            Api::Company => (KeyHeader::ApiKey, pacing::COMPANY_PER_MINUTE),
        };
        Self {
            pacing: Pacing::new(per_minute, build::is_loopback(&settings.base_url)),
            client: build::Lazy::new(&settings.base_url, settings.ca_file),
            scrub: Scrub::new(settings.key.clone()),
            organization: settings.organization,
            base_url: settings.base_url,
            key: settings.key,
            preferred,
            swapped: AtomicBool::new(false),
            identity: Mutex::default(),
            patience,
            clock,
        }
    }

    pub(super) const fn patience(&self) -> &Patience {
        &self.patience
    }

    pub(super) const fn pacing(&self) -> &Pacing {
        &self.pacing
    }

    pub(super) const fn scrub(&self) -> &Scrub {
        &self.scrub
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whom the API took the key for when it answered last.
    pub(super) fn identity(&self) -> Identity {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The decoded answer and how many bytes it had, after as many tries as the policy allows.
    /// What is to be removed and is gone after a try of which nothing is known was removed by it.
    pub(super) async fn get<T>(
        &self,
        question: &Question,
        decode: impl Fn(&[u8]) -> Result<T, Misread>,
    ) -> Result<(T, usize), PollError> {
        let begun = Instant::now();
        let (mut failures, mut doubt) = (0, None);
        loop {
            let failure = match self.with_either_header(question).await {
                Ok(body) => match self.decoded(question.asked, &body, &decode) {
                    Ok(answer) => return Ok((answer, body.len())),
                    Err(error) => error.into(),
                },
                Err(failure) => failure,
            };
            let gone = matches!(failure.error, PollError::NotFound { .. });
            if gone && doubt.is_some() && question.removes() {
                return Ok((self.decoded(question.asked, b"", &decode)?, 0));
            }
            failures += 1;
            let (again, elapsed) = (question.again, begun.elapsed());
            let Some(wait) = retry::wait(&failure, again, failures, elapsed, &self.patience) else {
                return Err(retry::ending(doubt, failure.error));
            };
            let (asked, error) = (question.asked, failure.error.to_string());
            let organization = &self.organization;
            debug!(%organization, %asked, attempt = failures, error, ?wait, "A try failed, trying again");
            doubt = Some(failure.error).filter(PollError::is_doubtful).or(doubt);
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks for one thing that has no pages.
    pub(super) async fn one<T>(
        &self,
        question: &Question,
        decode: impl Fn(&[u8]) -> Result<T, Misread>,
    ) -> Result<T, PollError> {
        Ok(self.get(question, decode).await?.0)
    }

    fn decoded<T>(
        &self,
        asked: Asked,
        body: &[u8],
        decode: impl Fn(&[u8]) -> Result<T, Misread>,
    ) -> Result<T, PollError> {
        decode(body).map_err(|why| match why.cut_short {
            true => PollError::CutShort { asked, bytes_read: body.len(), source: None },
            false => self.unreadable(asked, why),
        })
    }

    /// What the bytes said may hold anything, so it is cleaned before it is shown.
    pub(super) fn unreadable(&self, asked: Asked, why: Misread) -> PollError {
        PollError::Unreadable { asked, what: self.scrub.clean(&why.what), at: why.at }
    }

    async fn with_either_header(&self, question: &Question) -> Result<Vec<u8>, Failure> {
        let (usual, other) = self.key_headers();
        let refused = match self.once(question, usual).await {
            Err(failure) if matches!(failure.error, PollError::Refused { .. }) => failure,
            done => return done,
        };
        let Some(other) = other else { return Err(refused) };
        match self.once(question, other).await {
            Err(failure) if matches!(failure.error, PollError::Refused { .. }) => Err(refused),
            // Whatever else it says, it knows the key by this header.
            done => {
                self.swapped.fetch_xor(true, Ordering::Relaxed);
                done
            }
        }
    }

    fn key_headers(&self) -> (KeyHeader, Option<KeyHeader>) {
        let (usual, other) = match self.preferred {
            KeyHeader::Bearer => (KeyHeader::Bearer, KeyHeader::ApiKey),
            KeyHeader::ApiKey => (KeyHeader::ApiKey, KeyHeader::Bearer),
        };
        if self.key.expose_secret().starts_with(OAUTH_PREFIX) {
            return (usual, None);
        }
        match self.swapped.load(Ordering::Relaxed) {
            false => (usual, Some(other)),
            true => (other, Some(usual)),
        }
    }

    /// One try, from the first byte out to the last byte in.
    async fn once(&self, question: &Question, header: KeyHeader) -> Result<Vec<u8>, Failure> {
        self.pacing.take(question.budget).await;
        let (asked, after) = (question.asked, self.patience.answer);
        let answer = self.exchange(question, header);
        match tokio::time::timeout(after, answer).await {
            Ok(done) => done,
            Err(_) => Err(PollError::TimedOut { asked, after }.into()),
        }
    }

    async fn exchange(&self, question: &Question, header: KeyHeader) -> Result<Vec<u8>, Failure> {
        let asked = question.asked;
        let client = self.client.get(&self.patience)?;
        let mut request = client
            .request(question.method.clone(), self.url(question))
            .headers(self.headers(question, header)?);
        if let Some(body) = &question.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(|error| self.unreachable(asked, error))?;
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) =
            Identity::of(response.headers());
        if !response.status().is_success() {
            return Err(self.refused(question, response).await);
        }
        Ok(answer::read(asked, response, &self.patience, &self.scrub).await?)
    }

    fn url(&self, question: &Question) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
        }
        // Some guides write the base with `/v1`, others without.
        let has_version = url.path().ends_with("/v1");
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend((!has_version).then_some("v1"));
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(&question.path);
        }
        if !question.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&question.query);
        }
        url
    }

    fn headers(&self, question: &Question, header: KeyHeader) -> Result<HeaderMap, PollError> {
        let (name, text) = match header {
            KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {}", self.key.expose_secret())),
            KeyHeader::ApiKey => {
                (HeaderName::from_static("x-api-key"), self.key.expose_secret().to_owned())
            }
        };
        let mut key = HeaderValue::try_from(text)
            .map_err(|_| PollError::UnusableKey { key: self.scrub.masked() })?;
        key.set_sensitive(true);
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(name, key);
        headers.insert("anthropic-version", VERSION);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(beta) = question.beta {
            headers.insert("anthropic-beta", HeaderValue::from_static(beta));
        }
        Ok(headers)
    }

    fn unreachable(&self, asked: Asked, error: reqwest::Error) -> PollError {
        let source = error.without_url();
        // A connection that was never opened has carried nothing, however long it took.
        if source.is_timeout() && !source.is_connect() {
            return PollError::TimedOut { asked, after: self.patience.silence };
        }
        PollError::Unreachable { asked, source }
    }

    async fn refused(&self, question: &Question, response: Response) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = answer::read_refusal(response).await;
        let (asked, by_cursor) = (question.asked, question.by_cursor);
        let refusal = Refusal { asked, status, headers: &headers, body: &body, by_cursor };
        refusal.failure(&self.scrub, self.clock.now())
    }
}
