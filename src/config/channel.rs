//! `[channel.…]`: the ways to reach people.

use std::path::PathBuf;

use jiff::SignedDuration;
use lettre::message::Mailbox;
use secrecy::SecretString;
use usagewarden_core::subject::ChannelName;

/// `[channel.email.NAME]`: people who are reached by mail.
#[derive(Clone, Debug)]
pub struct EmailChannel {
    pub name: ChannelName,
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<Login>,
    pub from: Mailbox,
    /// Never empty; each address once.
    pub to: Vec<Mailbox>,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// How long an undelivered notice is tried before people must be told otherwise.
    pub give_up_after: SignedDuration,
}

/// How the way to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    StartTls,
    Implicit,
    /// Only to a loopback address, unless the operator allowed it in so many words.
    None,
}

/// What the mail server asks for.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}
