//! Notices by mail, through the operator's own SMTP server.
//!
//! A mail is rendered before a connection is opened, and goes to one recipient in
//! an envelope of its own, so that a mailbox that refuses it takes nothing from
//! the others. Sent again it is the same mail, byte by byte, with the same
//! `Message-ID`: whoever got it twice is shown it once.
//!
//! It promises that every attempt ends, whatever the server does, and that
//! nothing from outside can add a header. It never sends a password over a
//! connection that is not private, unless the operator wrote `tls = "none"`. Only
//! a server's final no to a message is final; all else is tried again.

mod connection;
mod error;
mod html;
mod message;
#[cfg(test)]
mod samples;
mod story;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use lettre::Address;
use lettre::message::Mailbox;
use secrecy::SecretString;
use usagewarden_core::backoff::Backoff;
use usagewarden_core::outbox::{Attempt, Destination, Envelope, Patience};
use usagewarden_core::subject::ChannelName;

use crate::chain::Chain;
use crate::deliver::channel::Channel;
use crate::deliver::email::connection::{Connections, Progress};
use crate::deliver::email::message::Mail;

pub use error::MailError;

/// A server that greylists wants minutes, one that is down an hour.
const BACKOFF: Backoff = Backoff::between(Duration::from_secs(30), Duration::from_secs(3_600));

/// A patient limit for a whole attempt, from connecting to the last answer.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// One `[channel.email.NAME]`, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: ChannelName,
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<Login>,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    pub give_up_after: SignedDuration,
    /// Where people look next; ends in a slash.
    pub external_url: String,
    /// The longest an attempt may take: [`ATTEMPT_TIMEOUT`], less only in rehearsals.
    pub attempt_timeout: Duration,
}

/// How the way to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// In clear until the server agreed to TLS; without its agreement nothing is sent.
    StartTls,
    Implicit,
    None,
}

/// What the mail server asks for.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}

impl Settings {
    /// The lanes of this channel: one for each recipient.
    pub fn destinations(&self) -> Vec<Destination> {
        let lane = |mailbox: &Mailbox| Destination {
            channel: self.name.clone(),
            recipient: mailbox.email.to_string(),
        };
        self.to.iter().map(lane).collect()
    }
}

/// A list of mailboxes and the way to them.
#[derive(Debug)]
pub struct Email {
    settings: Settings,
    patience: Patience,
    connections: Connections,
}

impl Email {
    pub fn new(settings: Settings) -> Self {
        let patience = Patience { backoff: BACKOFF, give_up_after: settings.give_up_after };
        let connections = Connections::new(&settings);
        Self { settings, patience, connections }
    }

    /// Connects and logs in, and sends nothing: whether mail could be handed over now.
    pub async fn greet(&self) -> Result<(), MailError> {
        let after = self.settings.attempt_timeout;
        match tokio::time::timeout(after, self.connections.greet()).await {
            Ok(greeted) => greeted,
            Err(_) => Err(MailError::silent(self.connections.server(), after, false)),
        }
    }

    async fn send(&self, envelope: &Envelope) -> Result<(), MailError> {
        let recipient = self.recipient(envelope)?;
        let mail = Mail::compose(&self.settings, recipient, &envelope.notice)?;
        // lettre bounds only the connecting, so the whole attempt is bounded here.
        // What is cut off drops its connection: its answer may still be on the way,
        // and must not be taken for the answer to the next mail.
        let (after, progress) = (self.settings.attempt_timeout, Progress::default());
        match tokio::time::timeout(after, self.connections.send(&mail, &progress)).await {
            Ok(sent) => sent,
            Err(_) => Err(MailError::silent(self.connections.server(), after, progress.is_sent())),
        }
    }

    /// The recipient, for as long as the channel still has it.
    fn recipient(&self, envelope: &Envelope) -> Result<&Address, MailError> {
        let wanted = envelope.entry.destination.recipient.as_str();
        let mut known = self.settings.to.iter().map(|mailbox| &mailbox.email);
        known.find(|email| AsRef::<str>::as_ref(*email) == wanted).ok_or(MailError::NotListed)
    }
}

#[async_trait]
impl Channel for Email {
    fn name(&self) -> &ChannelName {
        &self.settings.name
    }

    fn patience(&self) -> &Patience {
        &self.patience
    }

    async fn attempt(&self, envelope: &Envelope) -> Attempt {
        match self.send(envelope).await {
            Ok(()) => Attempt::accepted(),
            Err(error) => Attempt::unsuccessful(error.outcome(), Chain(&error).to_string())
                .taken(error.taken())
                .by(error.culprit()),
        }
    }

    fn tidy(&self) {
        self.connections.tidy();
    }
}
