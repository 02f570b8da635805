//! Which key somebody means: by its id, or by its exact name.
//!
//! A name that several keys have means the one that is active, if only one is; else nobody
//! knows, and the ids are listed. A secret in the place of a name is refused and not repeated.

use usagewarden_core::roster::ApiKey;

use crate::cli::{Exit, Terminal};

/// Why no key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Secret,
    Unknown,
    /// Their ids, and what became of each.
    Several(Vec<String>),
}

/// The key called so.
pub(super) fn key<'a>(keys: &'a [ApiKey], wanted: &str) -> Result<&'a ApiKey, Lost> {
    if is_secret(wanted) {
        return Err(Lost::Secret);
    }
    if let Some(key) = keys.iter().find(|key| key.id.as_str() == wanted) {
        return Ok(key);
    }
    let named: Vec<&ApiKey> = keys.iter().filter(|key| key.name == wanted).collect();
    let active: Vec<&ApiKey> = named.iter().copied().filter(|key| is_active(key)).collect();
    match (named.as_slice(), active.as_slice()) {
        ([], _) => Err(Lost::Unknown),
        ([only], _) | (_, [only]) => Ok(only),
        (several, _) => Err(Lost::Several(
            several.iter().map(|key| format!("{} ({})", key.id, key.status)).collect(),
        )),
    }
}

pub(super) fn is_active(key: &ApiKey) -> bool {
    key.status == "active"
}

/// Whether somebody gave a key itself.
pub(super) fn is_secret(text: &str) -> bool {
    text.contains("sk-ant-")
}

/// Says why, and how the command ends.
pub(super) fn explain(lost: &Lost, wanted: &str, terminal: &mut Terminal) -> Exit {
    match lost {
        Lost::Secret => return refuse_secret(terminal),
        Lost::Unknown => {
            terminal.error(format_args!("there is no key `{wanted}`"));
            terminal.hint(
                "`usagewarden keys list` shows them; a key is named by its id or its exact name",
            );
        }
        Lost::Several(ids) => {
            terminal
                .error(format_args!("there are {} keys `{wanted}`; name one by its id", ids.len()));
            terminal.hint(ids.join(", "));
        }
    }
    Exit::No
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
    fn a_key_is_meant_by_its_id_or_by_a_name_that_fits_one() {
        let keys = [
            sample("apikey_1", "ci", "archived"),
            sample("apikey_2", "ci", "active"),
            sample("apikey_3", "web", "inactive"),
            sample("apikey_4", "twice", "active"),
            sample("apikey_5", "twice", "active"),
        ];
        let several = vec!["apikey_4 (active)".to_owned(), "apikey_5 (active)".to_owned()];
        let cases = [
            ("apikey_1", Ok("apikey_1")),
            ("ci", Ok("apikey_2")),
            ("web", Ok("apikey_3")),
            ("CI", Err(Lost::Unknown)),
            ("twice", Err(Lost::Several(several))),
            ("sk-ant-api03-x", Err(Lost::Secret)),
        ];
        for (wanted, expected) in cases {
            assert_eq!(key(&keys, wanted).map(|key| key.id.as_str()), expected, "{wanted}");
        }
    }
}
