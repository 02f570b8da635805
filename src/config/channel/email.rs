//! `[channel.email.NAME]`: people who are reached by mail.

use std::path::PathBuf;

use jiff::SignedDuration;
use lettre::message::Mailbox;
use secrecy::SecretString;
use usagewarden_core::subject::ChannelName;

use super::super::environment::Environment;
use super::super::problem::Complaint;
use super::super::secret;
use super::super::table::{At, Table};
use super::super::value;
use super::{Common, Fallback};

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
    pub fallback: Option<Fallback>,
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

impl EmailChannel {
    /// The channel of `table`; `None` when something it cannot do without is wrong.
    pub(super) fn read(
        name: &str,
        table: &Table<'_>,
        environment: &Environment,
        common: Common,
    ) -> Option<Self> {
        let server = table.required("server", "\"smtp.example.com:587\"", value::mail_server);
        let tls = Tls::read(table, server.as_ref());
        let login = Login::read(table, environment);
        let from = table.required("from", "\"UsageWarden <warden@example.com>\"", value::mailbox);
        let to = read_recipients(table);
        let (host, port) = server?.value;
        let Common { ca_file, give_up_after, fallback } = common;
        Some(Self {
            name: ChannelName::new(name),
            host,
            port: port.unwrap_or(tls.default_port()),
            tls,
            login: login?,
            from: from?.value,
            to: to?,
            ca_file,
            give_up_after,
            fallback,
        })
    }
}

impl Tls {
    fn read(table: &Table<'_>, server: Option<&At<'_, (String, Option<u16>)>>) -> Self {
        let words =
            [("starttls", Self::StartTls), ("implicit", Self::Implicit), ("none", Self::None)];
        let tls = table.optional("tls", |value| value::word(value, &words));
        let allow_plain = table.optional("allow_plain", value::boolean);
        let Some(At { value: tls, position }) = tls else { return Self::StartTls };
        let is_local = server.is_none_or(|server| value::is_loopback(&server.value.0));
        let is_allowed = is_local || allow_plain.is_some_and(|allowed| allowed.value);
        if tls == Self::None && !is_allowed {
            let complaint = Complaint::new("`tls` cannot be \"none\" for a server on another machine")
                .hint("use \"starttls\" or \"implicit\"; if plain text is meant, add `allow_plain = true`");
            table.notes.error(position.public(), complaint);
        }
        tls
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

impl Login {
    /// `None` when it is wrong, `Some(None)` when the server asks for nothing.
    fn read(table: &Table<'_>, environment: &Environment) -> Option<Option<Self>> {
        let username = table.optional("username", value::text);
        let password = secret::optional(table, "password", environment);
        match (table.has("username"), table.has("password")) {
            (false, false) => return Some(None),
            (true, false) => table.missing("password", "{ credential = \"smtp-password\" }"),
            (false, true) => table.missing("username", "\"warden\""),
            (true, true) => {}
        }
        Some(Some(Self { username: username?.value, password: password?.value }))
    }
}

fn read_recipients(table: &Table<'_>) -> Option<Vec<Mailbox>> {
    if !table.has("to") {
        table.missing("to", "[\"finops@example.com\"]");
    }
    let to = table.list("to", value::mailbox)?;
    if to.value.is_empty() {
        table.notes.error(to.position, Complaint::new("`to` names nobody").hint("add an address"));
        return None;
    }
    let mut people: Vec<Mailbox> = Vec::with_capacity(to.value.len());
    for At { value: person, position } in to.value {
        if people.iter().any(|other| other.email == person.email) {
            let complaint = Complaint::new(format!("`to` names {} twice", person.email));
            table.notes.error(position, complaint.hint("each address gets one mail; remove one"));
        }
        people.push(person);
    }
    Some(people)
}
