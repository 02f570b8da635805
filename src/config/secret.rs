//! Secrets: from the environment, from a file, from a systemd credential, or plain.
//!
//! A secret is read once, trimmed of the newline editors put behind it, and from
//! then on has no `Debug`. No message here holds any part of one.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::de::DeValue;

use super::document::{Position, read_bounded};
use super::environment::Environment;
use super::problem::Complaint;
use super::table::{At, Table};
use super::value;

/// No key or password is longer; what is, is the wrong file.
const BYTES_MAX: u64 = 64 << 10;

const HINT: &str = "write { env = \"NAME\" }, { file = \"PATH\" } or { credential = \"NAME\" }";

/// The secret `key` of `table`; `None` when it is missing or wrong, which is noted.
pub(super) fn optional<'a>(
    table: &Table<'a>,
    key: &'static str,
    environment: &Environment,
) -> Option<At<'a, SecretString>> {
    // A table here is a reference to the secret, anything else should be the secret.
    let (position, secret) = if table.is_table(key) {
        let reference = table.table(key)?;
        (reference.position, by_reference(&reference, environment))
    } else {
        let At { value, position } = table.optional(key, plain)?;
        warn_if_exposed(table, position);
        (position, Ok(value))
    };
    accept(table, key, position, secret)
}

/// One secret or an array of them; none when nothing is written, `None` when one is wrong.
pub(super) fn several<'a>(
    table: &Table<'a>,
    key: &'static str,
    environment: &Environment,
) -> Option<Vec<At<'a, SecretString>>> {
    let Some(elements) = table.elements(key) else {
        let one = optional(table, key, environment);
        return if table.has(key) { Some(vec![one?]) } else { Some(Vec::new()) };
    };
    if elements.is_empty() {
        let complaint = Complaint::new(format!("`{key}` is an empty array"));
        table.notes.error(table.position, complaint.hint("put a secret in, or leave the key out"));
        return None;
    }
    let read: Vec<Option<At<'_, SecretString>>> = elements
        .into_iter()
        .map(|(element, position)| {
            let secret = if let DeValue::Table(entries) = element {
                let header = table.header_of(key);
                let reference = Table::new(header, entries, position, table.notes);
                by_reference(&reference, environment)
            } else {
                warn_if_exposed(table, position);
                plain(element).map_err(Some)
            };
            accept(table, key, position, secret)
        })
        .collect();
    read.into_iter().collect()
}

fn accept<'a>(
    table: &Table<'a>,
    key: &str,
    position: Position<'a>,
    secret: Result<String, Option<Complaint>>,
) -> Option<At<'a, SecretString>> {
    match secret.and_then(usable) {
        Ok(value) => Some(At { value: SecretString::from(value), position }),
        Err(Some(complaint)) => {
            table.notes.error(position, complaint.about(format_args!("`{key}`")));
            None
        }
        Err(None) => None,
    }
}

/// As [`optional`], and a problem when it is not written.
pub(super) fn required<'a>(
    table: &Table<'a>,
    key: &'static str,
    example: &str,
    environment: &Environment,
) -> Option<At<'a, SecretString>> {
    if !table.has(key) {
        table.missing(key, example);
    }
    optional(table, key, environment)
}

fn plain(value: &DeValue<'_>) -> Result<String, Complaint> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| {
        let message = format!("must be a string or a table, not {}", value::kind(value));
        Complaint::new(message).hint(HINT).private()
    })
}

/// `Err(None)`: what is wrong was noted while the table was read.
fn by_reference(table: &Table<'_>, environment: &Environment) -> Result<String, Option<Complaint>> {
    let sources = [
        table.optional("env", value::text).map(|name| from_environment(&name.value, environment)),
        table.optional("file", value::text).map(|path| from_file(table, path)),
        table
            .optional("credential", value::text)
            .map(|name| from_credential(&name.value, environment)),
    ];
    let written = ["env", "file", "credential"].into_iter().filter(|key| table.has(key)).count();
    if written != 1 {
        let complaint = Complaint::new("needs exactly one of `env`, `file` and `credential`");
        return Err(Some(complaint.hint(HINT)));
    }
    sources.into_iter().flatten().next().ok_or(None)?.map_err(Some)
}

fn from_environment(name: &str, environment: &Environment) -> Result<String, Complaint> {
    // What is no name may be the secret itself, put where its name belongs.
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(Complaint::new("must name an environment variable: letters, digits and `_`")
            .hint("as in { env = \"ANTHROPIC_ADMIN_KEY\" }"));
    }
    if let Some(text) = environment.text(name) {
        return Ok(text.to_owned());
    }
    let state = if environment.holds(name) { "is empty or no text" } else { "is not set" };
    Err(Complaint::new(format!("cannot be read: the environment variable {name} {state}"))
        .hint(format!("set {name} where usagewarden is started")))
}

fn from_file(table: &Table<'_>, path: At<'_, String>) -> Result<String, Complaint> {
    let file = path.position.document.resolve(&path.value);
    let (text, is_exposed) = read_text(&file)?;
    if is_exposed {
        let shown = file.display();
        let warning = Complaint::new(format!("others can read {shown}, which holds a secret"))
            .hint(format!("chmod 0600 {shown}"));
        table.notes.warning_once(path.position, warning);
    }
    Ok(text)
}

/// systemd shows a directory of credentials as one name with an underscore.
fn from_credential(name: &str, environment: &Environment) -> Result<String, Complaint> {
    let is_file_name = !name.contains('/') && name != "." && name != "..";
    if !is_file_name {
        return Err(
            Complaint::new("must name a credential, not a path").hint("use { file = \"PATH\" }")
        );
    }
    let Some(directory) = environment.path("CREDENTIALS_DIRECTORY") else {
        let why = "cannot be read: there are no credentials ($CREDENTIALS_DIRECTORY is not set)";
        return Err(Complaint::new(why).hint(
            "systemd sets it for LoadCredential=; elsewhere use { file = \"PATH\" } or { env = \"NAME\" }",
        ));
    };
    let candidates: [PathBuf; 2] =
        [directory.join(name), directory.join(format!("usagewarden_{name}"))];
    match candidates.iter().find(|path| path.exists()) {
        Some(path) => read_text(path).map(|(text, _)| text),
        None => {
            let shown = directory.display();
            Err(Complaint::new(format!("cannot be read: no credential {name} in {shown}")).hint(format!(
                "put it into /etc/usagewarden/credentials/{name}, or add LoadCredential={name}:PATH to the unit"
            )))
        }
    }
}

fn read_text(path: &Path) -> Result<(String, bool), Complaint> {
    let unreadable = |complaint: Complaint| Complaint {
        message: format!("is missing: {}", complaint.message),
        ..complaint
    };
    let (bytes, is_exposed) = read_bounded(path, BYTES_MAX).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Complaint::new(format!("cannot be read: {} is not UTF-8 text", path.display()))
    })?;
    Ok((text, is_exposed))
}

/// A secret is one line, whatever an editor put behind it.
fn usable(text: String) -> Result<String, Option<Complaint>> {
    let trimmed = text.trim_end_matches(['\n', '\r']);
    if trimmed.trim().is_empty() {
        return Err(Some(
            Complaint::new("is empty").hint("put the secret there, or leave the key out"),
        ));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(Some(
            Complaint::new("contains a control character")
                .hint("a secret is a single line of text"),
        ));
    }
    Ok(trimmed.to_owned())
}

fn warn_if_exposed(table: &Table<'_>, position: Position<'_>) {
    let document = position.document;
    if document.is_exposed {
        let shown = document.path.display();
        let warning = Complaint::new(format!("others can read {shown}, which holds a secret"))
            .hint(format!("chmod 0600 {shown}, or {HINT}"));
        table.notes.warning_once(position, warning);
    }
}
