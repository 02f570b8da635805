//! `[channel.webhook.NAME]`: a program that is told over HTTP.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use usagewarden_core::subject::ChannelName;

use super::super::endpoint::Endpoint;
use super::super::environment::Environment;
use super::super::problem::Complaint;
use super::super::secret;
use super::super::table::{At, Table};
use super::super::value;
use super::{Common, Fallback};

/// A program that is told over HTTP.
#[derive(Clone, Debug)]
pub struct WebhookChannel {
    pub name: ChannelName,
    pub url: Endpoint,
    pub format: WebhookFormat,
    /// What it is signed with: the newest first, several while they are exchanged, none for no
    /// signature.
    pub keys: Vec<SecretSlice<u8>>,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// How long an undelivered notice is tried before people must be told otherwise.
    pub give_up_after: SignedDuration,
    pub fallback: Option<Fallback>,
}

/// The shape of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFormat {
    /// Our own, which holds everything: `docs/payload.md`.
    Usagewarden,
}

const URL_EXAMPLE: &str = "{ credential = \"ops-url\" }";

/// As the standard says: shorter can be guessed, longer adds nothing.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Two are enough to exchange a secret; more are a slip, and each adds to the header.
const KEYS_MAX: usize = 4;

impl WebhookChannel {
    /// The channel of `table`; `None` when something it cannot do without is wrong.
    pub(super) fn read(
        name: &str,
        table: &Table<'_>,
        environment: &Environment,
        common: Common,
    ) -> Option<Self> {
        let url = Endpoint::read(table, URL_EXAMPLE, environment);
        let words = [("usagewarden", WebhookFormat::Usagewarden)];
        let format = table.optional("format", |value| value::word(value, &words));
        let keys = read_keys(table, environment);
        let Common { ca_file, give_up_after, fallback } = common;
        Some(Self {
            name: ChannelName::new(name),
            url: url?,
            format: format.map_or(WebhookFormat::Usagewarden, |format| format.value),
            keys: keys?,
            ca_file,
            give_up_after,
            fallback,
        })
    }
}

/// `None` when one of them is wrong.
fn read_keys(table: &Table<'_>, environment: &Environment) -> Option<Vec<SecretSlice<u8>>> {
    let secrets = secret::several(table, "secret", environment)?;
    if let Some(beyond) = secrets.get(KEYS_MAX) {
        let complaint = Complaint::new(format!("`secret` holds more than {KEYS_MAX} secrets"));
        let hint = "while secrets are exchanged, the new and the old one are enough";
        table.notes.error(beyond.position, complaint.hint(hint));
        return None;
    }
    let mut keys = Some(Vec::with_capacity(secrets.len()));
    for At { value: secret, position } in &secrets {
        match signing_key(secret) {
            Ok(key) => keys.iter_mut().for_each(|keys| keys.push(key.clone())),
            Err(why) => {
                let complaint = Complaint::new(format!("`secret` cannot sign: {why}")).hint(
                    "as Standard Webhooks has it: whsec_ and 24 to 64 bytes in base64, as from: echo whsec_$(openssl rand -base64 32)",
                );
                table.notes.error(*position, complaint);
                keys = None;
            }
        }
    }
    keys
}

/// The bytes behind `whsec_`. What is said of a wrong one holds nothing of it.
fn signing_key(secret: &SecretString) -> Result<SecretSlice<u8>, String> {
    let encoded = secret.expose_secret().trim().strip_prefix("whsec_");
    let encoded = encoded.ok_or_else(|| "it does not begin with whsec_".to_owned())?;
    let bytes =
        BASE64.decode(encoded).map_err(|_| "what follows whsec_ is no base64".to_owned())?;
    if !KEY_BYTES.contains(&bytes.len()) {
        return Err(format!("it holds {} bytes", bytes.len()));
    }
    Ok(SecretSlice::from(bytes))
}
