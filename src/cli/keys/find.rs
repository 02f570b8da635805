//! Which key somebody means: by its id, or by its exact name.
//!
//! A name that several keys have means the one that is active, if only one is: names are used
//! again, and nobody means the archived one. A secret in the place of a name is refused and
//! not repeated.

use usagewarden_core::roster::ApiKey;

use crate::cli::naming::{self, Named};
use crate::cli::{Exit, Terminal};

impl Named for ApiKey {
    const KIND: &'static str = "key";

    fn ids(&self) -> Vec<&str> {
        vec![self.id.as_str()]
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The key called so, or what is wrong is said.
pub(super) fn key<'a>(
    keys: &'a [ApiKey],
    wanted: &str,
    terminal: &mut Terminal,
) -> Result<&'a ApiKey, Exit> {
    if is_secret(wanted) {
        return Err(refuse_secret(terminal));
    }
    match only_active(keys, wanted) {
        Some(key) => Ok(key),
        None => naming::find(wanted, keys, terminal),
    }
}

/// The one active key of several that have a name, unless it is an id.
fn only_active<'a>(keys: &'a [ApiKey], wanted: &str) -> Option<&'a ApiKey> {
    if keys.iter().any(|key| key.id.as_str() == wanted) {
        return None;
    }
    let mut active = keys.iter().filter(|key| key.name == wanted && is_active(key));
    active.next().filter(|_| active.next().is_none())
}

pub(super) fn is_active(key: &ApiKey) -> bool {
    key.status == "active"
}

/// Whether somebody gave a key itself.
pub(super) fn is_secret(text: &str) -> bool {
    text.contains("sk-ant-")
}

pub(super) fn refuse_secret(terminal: &mut Terminal) -> Exit {
    terminal.error("that is the secret of a key; a key is named by its id or its name");
    terminal.hint("it may stand in the history of this shell now: remove it there");
    Exit::Usage
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cli::keys) fn sample(id: &str, name: &str, status: &str) -> ApiKey {
        ApiKey {
            id: id.into(),
            name: name.to_owned(),
            status: status.to_owned(),
            workspace: None,
            hint: None,
            created_at: None,
            expires_at: None,
            last_used_at: None,
            created_by: None,
        }
    }

    #[test]
    fn a_name_that_is_used_again_means_the_active_key() {
        let keys = [
            sample("apikey_1", "ci", "archived"),
            sample("apikey_2", "ci", "active"),
            sample("apikey_3", "web", "inactive"),
            sample("apikey_4", "twice", "active"),
            sample("apikey_5", "twice", "active"),
        ];
        let cases = [("apikey_1", None), ("ci", Some("apikey_2")), ("web", None), ("twice", None)];
        for (wanted, expected) in cases {
            let found = only_active(&keys, wanted).map(|key| key.id.as_str());
            assert_eq!(found, expected, "{wanted}");
        }
    }
}
