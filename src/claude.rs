//! The clients of both APIs: questions go out, core's forms come back, and changes are made.
//!
//! [`Client`] asks the published Admin API or the company API of the guides,
//! whichever an organization is configured with, and brings every answer to the
//! forms of `usagewarden_core::reading` and `usagewarden_core::roster`.
//!
//! It promises that an answer is whole or an error: a report of many pages is
//! read to its end, from the start again when a cursor goes stale, and a page that
//! is cut short yields nothing. Every body, walk and wait has a bound. A change is
//! asked for again only where twice comes to the same as once. Cents and dollars are
//! told apart here and nowhere else. The default workspace is `default` and traffic
//! without a key is `none`, whatever the wire calls them.
//!
//! It never stores, never judges, never follows a redirect, and never shows a key:
//! where one could show, it reads `sk-ant-...xxxx`.
//!
//! It fails with a [`PollError`], which says what to do next
//! ([`recovery`](PollError::recovery)) and what an operator should know
//! ([`advice`](PollError::advice)). What can heal was tried again before it is told.

mod admin;
mod advice;
mod asked;
mod audit;
mod company;
mod error;
mod http;
mod inspect;
mod mask;
mod names;
mod pacing;
mod paging;
mod patience;
mod permissions;
mod profile;
mod reason;
mod refusal;
mod retry;
mod wire;
mod write;

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use usagewarden_core::subject::OrganizationName;

use crate::clock::SharedClock;

pub use admin::analytics_reach;
pub use advice::Advice;
pub use asked::Asked;
pub use company::Me;
pub use error::{Outcome, PollError, Recovery, SpendCap};
pub use inspect::{Inspection, Standing, inspect_key, matches_hint};
pub use mask::mask;
pub use paging::Page;
pub use reason::Reason;
pub use wire::{Misread, decode_usage_page};
pub use write::{Invited, KeyStatus, NewKey, SpendScope};

/// Which of the two APIs an organization is read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// The published Admin API.
    Admin,
    /// The company endpoints of the guides, as gateways and proxies serve them.
    Company,
}

/// What a client is told about its organization.
#[derive(Clone, Debug)]
pub struct Settings {
    pub organization: OrganizationName,
    pub api: Api,
    pub base_url: reqwest::Url,
    pub key: SecretString,
    /// Which organization of a company; learned from the profile when absent.
    pub company_id: Option<String>,
    /// Certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How long a company profile stays good.
    pub company_cached_for: SignedDuration,
}

/// Figures that are complete only up to `refreshed_at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed<T> {
    pub buckets: Vec<T>,
    pub refreshed_at: Timestamp,
}

/// Asks one organization's API. Cheap to make: nothing is opened before the first question.
#[derive(Debug)]
pub struct Client {
    api: Api,
    company_id: Option<String>,
    http: http::Http,
    workspaces: names::DefaultWorkspace,
    profile: profile::Cached,
}

impl Client {
    pub fn new(settings: Settings, clock: SharedClock) -> Self {
        Self::with(settings, clock, patience::Patience::default())
    }

    fn with(settings: Settings, clock: SharedClock, patience: patience::Patience) -> Self {
        Self {
            api: settings.api,
            company_id: settings.company_id.clone(),
            workspaces: names::DefaultWorkspace::default(),
            profile: profile::Cached::new(settings.company_cached_for, clock.clone()),
            http: http::Http::new(settings, clock, patience),
        }
    }

    pub const fn api(&self) -> Api {
        self.api
    }
}

#[cfg(test)]
mod tests;
