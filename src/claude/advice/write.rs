//! Advice where something was to be changed: whether it may have been, with which key, and what
//! to look at before it is asked for again.

use std::time::Duration;

use super::Advice;
use crate::claude::asked::Asked;
use crate::claude::error::PollError;

pub(super) fn doubtful(error: &PollError) -> Advice {
    let asked = error.asked();
    let fix = if asked == Some(Asked::CreateKey) {
        "Look at `usagewarden keys list` before asking again: a new key whose secret nobody has \
         read should be revoked"
    } else if asked == Some(Asked::Invite) {
        "Look at `usagewarden members list` before inviting again"
    } else {
        "Ask for it again: made twice, it changes nothing more"
    };
    Advice::new(format!("{error}; it may have been made all the same"), fix)
}

pub(super) fn refused(key: &str, message: &str) -> Advice {
    Advice::new(
        format!("the key {key} is wrong, expired or revoked ({message}); nothing was changed"),
        "Create a new key (for `api = \"admin\"` an Admin key, `sk-ant-admin01-…`) and store it where \
         `write_key` of this organization points, or `key` where there is no `write_key`",
    )
}

pub(super) fn forbidden(asked: Asked, key: &str, missing: &[String], message: &str) -> Advice {
    if !missing.is_empty() {
        let scopes = missing.join(", ");
        return Advice::new(
            format!("{asked}: the key {key} lacks {scopes}; nothing was changed"),
            format!(
                "Create a key with {scopes} and store it where `write_key` of this organization points"
            ),
        );
    }
    Advice::new(
        format!("{asked}: the key {key} may not do this ({message}); nothing was changed"),
        "Let `write_key` of this organization point to a key that may write: an Admin key \
         (`sk-ant-admin01-…`), or in a company the key of somebody with the role admin",
    )
}

pub(super) fn not_found(asked: Asked, message: &str) -> Advice {
    Advice::new(
        format!("{asked}: there is nothing by this id ({message}); nothing was changed"),
        "Look for the id with the list command; if it is right, check `base_url`, `api` and, in a \
         company, `id`",
    )
}

pub(super) fn throttled(asked: Asked, retry_after: Option<Duration>) -> Advice {
    let when = match retry_after {
        Some(wait) => format!("in {} s", wait.as_secs()),
        None => "later".to_owned(),
    };
    Advice::new(
        format!("{asked}: the API wants us to slow down; nothing was changed"),
        format!("Ask for it again {when}"),
    )
}

pub(super) fn bad_request(asked: Asked, message: &str) -> Advice {
    Advice::new(
        format!("{asked}: the API refused it ({message}); nothing was changed"),
        "Change what its message names, and ask again",
    )
}

pub(super) fn conflict(asked: Asked, message: &str) -> Advice {
    Advice::new(
        format!("{asked}: it conflicts with how things are ({message}); nothing was changed"),
        "Look at the list, resolve the conflict, and ask again",
    )
}

pub(super) fn not_offered(asked: Asked, why: &str) -> Advice {
    Advice::new(format!("{asked}: this API does not offer it; nothing was sent"), why)
}

pub(super) fn unsendable(error: &PollError) -> Advice {
    Advice::new(error.to_string(), "Correct it and ask again")
}
