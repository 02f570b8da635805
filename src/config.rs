//! What the operator wrote, read once and checked once.
//!
//! [`load`] finds the configuration, reads every file of it, resolves every
//! secret, and returns either a [`Config`] in which nothing is left to validate,
//! or all [`Problems`] of all files at once, each with its place and a hint.
//!
//! It promises that a value which exists is valid, that secrets are never shown
//! (not in a message, not in the line quoted under it, not by `Debug`), and that
//! no input makes it panic. It never writes, never touches the network, and logs
//! nothing: warnings are returned beside the configuration. It is also the only
//! place that reads the process's environment.
//!
//! Every table is two types: as written, a spanned `Table` that records
//! what is wrong and goes on, and as checked, the public types here. To add a
//! table, write its checked type with a `read` function, and call it from
//! `file::read`; keys that nobody asked for are errors by themselves.

mod action;
pub mod channel;
mod company;
mod document;
mod endpoint;
mod environment;
mod file;
mod heartbeat;
mod load;
mod nearest;
pub mod organization;
pub mod poll;
mod prices;
mod problem;
mod quote;
mod route;
mod rule;
mod secret;
pub mod server;
mod table;
#[cfg(test)]
mod tests;
pub mod token;
mod value;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Url;
use usagewarden_core::action::Action;
use usagewarden_core::amount::Amount;
use usagewarden_core::price::PriceTable;
use usagewarden_core::route::Route;
use usagewarden_core::rule::Rule;

use problem::{Complaint, Notes};

pub use channel::{
    ChannelOutline, EmailChannel, Fallback, Login, Tls, WebhookChannel, WebhookFormat,
};
pub use company::Company;
pub use endpoint::Endpoint;
pub use environment::Environment;
pub use heartbeat::Heartbeat;
pub use load::{Loaded, Request, Source, load};
pub use nearest::nearest;
pub use organization::{Api, Organization};
pub use poll::{Cadence, Poll};
pub use problem::{Level, Place, Problem, Problems};
pub use rule::defaults::DefaultRule;
pub use server::{Http, Keep, Log, LogFormat, LogLevel, Store};
pub use token::{Permission, Token};

/// Everything an operator decides, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where people reach the status page; ends in a slash.
    pub external_url: Url,
    pub http: Http,
    pub store: Store,
    /// Where writes to an API are noted, a line of JSON each.
    pub journal: PathBuf,
    pub log: Log,
    /// Never empty; names are unique.
    pub organizations: Vec<Organization>,
    /// Names are unique over companies and organizations.
    pub companies: Vec<Company>,
    /// The operator's own table of published prices, else the compiled-in one.
    pub prices: Arc<PriceTable>,
    /// Names are unique over all channels.
    pub emails: Vec<EmailChannel>,
    /// In the order they are tried; empty: every channel gets everything.
    pub routes: Vec<Route>,
    pub webhooks: Vec<WebhookChannel>,
    pub heartbeat: Option<Heartbeat>,
    /// What steps of rules can take; names are unique.
    pub actions: Vec<Action>,
    /// Names are unique over all rules.
    pub rules: Vec<Rule>,
    /// What `rules` are, when none is written.
    pub default_rules: Vec<DefaultRule>,
}

impl Config {
    /// Every channel, of whatever kind, in the order of the kinds.
    pub fn channels(&self) -> impl Iterator<Item = ChannelOutline<'_>> {
        let emails = self.emails.iter().map(|channel| ChannelOutline {
            name: &channel.name,
            fallback: channel.fallback.as_ref(),
        });
        let webhooks = self.webhooks.iter().map(|channel| ChannelOutline {
            name: &channel.name,
            fallback: channel.fallback.as_ref(),
        });
        emails.chain(webhooks)
    }

    /// Notes what works, but probably not as meant.
    fn warn(&self, notes: &Notes) {
        if self.channels().next().is_none() {
            let silent = match self.rules.len() - self.default_rules.len() {
                0 => String::new(),
                1 => ", also not by the rule".to_owned(),
                count => format!(", also not by the {count} rules"),
            };
            let message = format!("there is no channel: nobody will hear of an alert{silent}");
            let hint = "add [channel.email.NAME] or [channel.webhook.NAME]; alerts still show on the page and in the metrics";
            notes.warning(None, Complaint::new(message).hint(hint));
        }
    }
}

/// Reads `"90s"`, `"10m"`, `"4h"` or `"30d"`, for the command line.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    value::parse_duration(text).map_err(|complaint| complaint.message)
}

/// Reads `"5000 USD"`, for the command line: money above zero.
pub fn money(text: &str) -> Result<Amount, String> {
    value::parse_money(text).map_err(|complaint| complaint.message)
}
