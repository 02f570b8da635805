//! What a key may do: found out by asking, and for a company by the role of the key.
//!
//! Nothing is changed to find out, so that a key may write is told by its role alone.

use secrecy::ExposeSecret;
use serde::Serialize;

use crate::claude::{Asked, PollError, mask};
use crate::cli::several;
use crate::clock::SystemClock;
use crate::config::{Api, Organization};
use crate::{app, claude};

/// What is known of the keys of one organization.
#[derive(Debug, Serialize)]
pub(super) struct Allowed {
    key: Key,
    /// Where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    write_key: Option<Key>,
    may_read: Vec<String>,
    may_not_read: Vec<Refusal>,
    /// No answer tells.
    not_known: Vec<Refusal>,
}

#[derive(Debug, Serialize)]
struct Key {
    /// `sk-ant-...xxxx`.
    hint: String,
    /// Of a company's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip)]
    is_admin: bool,
}

#[derive(Debug, Serialize)]
struct Refusal {
    what: String,
    why: String,
}

impl Allowed {
    pub(super) async fn ask(client: &claude::Client, organization: &Organization) -> Self {
        let (key, write_key) =
            (organization.key.expose_secret(), organization.write_key.expose_secret());
        let mut allowed = Self {
            key: Key::ask(key, client, organization.api).await,
            write_key: None,
            may_read: Vec::new(),
            may_not_read: Vec::new(),
            not_known: Vec::new(),
        };
        if key != write_key {
            let writer = app::write_client(organization, std::sync::Arc::new(SystemClock));
            allowed.write_key = Some(Key::ask(write_key, &writer, organization.api).await);
        }
        for (asked, answer) in client.permissions().await {
            allowed.note(asked, answer);
        }
        allowed
    }

    fn note(&mut self, asked: Asked, answer: Result<(), PollError>) {
        let what = asked.to_string();
        let what = what.strip_prefix("the ").unwrap_or(&what).to_owned();
        match answer {
            Ok(()) => self.may_read.push(what),
            Err(error) if error.not_granted() => {
                self.may_not_read.push(Refusal { what, why: "not granted".to_owned() });
            }
            Err(PollError::Forbidden { missing, .. }) => {
                let why = match missing.is_empty() {
                    true => "the key lacks permission".to_owned(),
                    false => format!("the key lacks {}", missing.join(", ")),
                };
                self.may_not_read.push(Refusal { what, why });
            }
            Err(error) => self.not_known.push(Refusal { what, why: error.to_string() }),
        }
    }

    /// A table's rows.
    pub(super) fn rows(&self, api: Api) -> Vec<(&'static str, String)> {
        let mut rows = vec![("key", self.key.in_words())];
        rows.push(match (&self.write_key, api) {
            (Some(key), _) => ("write key", key.in_words()),
            (None, Api::Admin) if self.key.is_admin => (
                "write key",
                "the same; an Admin key has no scopes, so it writes whatever the API lets be written".to_owned(),
            ),
            (None, Api::Admin | Api::Company) => ("write key", "the same".to_owned()),
        });
        let refused = |refusals: &[Refusal]| {
            let each = refusals.iter().map(|one| format!("{} ({})", one.what, one.why));
            each.collect::<Vec<_>>().join(", ")
        };
        let lists = [
            ("may read", self.may_read.join(", ")),
            ("may not read", refused(&self.may_not_read)),
            ("not known", refused(&self.not_known)),
        ];
        rows.extend(lists.into_iter().filter(|(_, list)| !list.is_empty()));
        rows
    }
}

impl Key {
    /// Only the company API says its role; where it does not, what can be read says enough.
    async fn ask(secret: &str, client: &claude::Client, api: Api) -> Self {
        let role = match api {
            Api::Admin => None,
            Api::Company => client.me().await.ok().map(|me| me.role),
        };
        Self { hint: mask(secret), role, is_admin: secret.starts_with("sk-ant-admin") }
    }

    fn in_words(&self) -> String {
        match self.role.as_deref() {
            None => self.hint.clone(),
            Some(role) => match role_allows(role) {
                Some(allows) => format!("{}, role {role}: {allows}", self.hint),
                None => format!("{}, role {role}", self.hint),
            },
        }
    }
}

/// What the guides say of a role; it is for the company to have others.
fn role_allows(role: &str) -> Option<&'static str> {
    match role {
        "admin" => Some("everything"),
        "member" => Some("using keys and seeing usage; it writes nothing"),
        "billing" => Some("billing only"),
        _ => None,
    }
}

/// Whether the key belongs to whom the operator meant; `Err` says to whom instead.
pub(super) fn expected(
    organization: &Organization,
    profile: &usagewarden_core::roster::Profile,
) -> Result<(), String> {
    match &organization.expect_name {
        Some(expected) if *expected != profile.name => Err(format!(
            "{}: the key belongs to {} ({}), not to {expected}",
            organization.name, profile.name, profile.id
        )),
        Some(_) | None => Ok(()),
    }
}

/// Says that it is the wrong organization, and what to do.
pub(super) fn tell_unexpected(said: &str, terminal: &mut crate::cli::Terminal) {
    terminal.error(said);
    terminal.hint("the key is of another organization, or that one was renamed");
    terminal.hint("use the key of the organization you mean, or correct `expect_name`");
}

pub(super) const fn api_word(organization: &Organization) -> &'static str {
    several::api_word(organization.api)
}
