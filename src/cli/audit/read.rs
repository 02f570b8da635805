//! Reading a log from a moment on to its end, however many questions that takes.

use std::collections::HashSet;

use jiff::Timestamp;
use usagewarden_core::roster::Activity;

use crate::claude::{Client, PollError};
use crate::config::Api;

/// Of one question.
const LINES_AT_ONCE: usize = 5_000;
/// What is kept in memory; a log that has more is asked for less of its past.
const LINES_MOST: usize = 100_000;
/// A company gives so many, the newest, and no way to those before them.
const COMPANY_LINES: usize = 1_000;

/// What a log has from a moment on.
pub(super) struct Read {
    /// Oldest first, each once.
    pub(super) lines: Vec<Activity>,
    /// Why some are missing, where they are.
    pub(super) cut: Option<String>,
}

/// Everything from `since` on.
pub(super) async fn all(client: &Client, api: Api, since: Timestamp) -> Result<Read, PollError> {
    match api {
        Api::Company => {
            let lines = client.activities(since, COMPANY_LINES).await?;
            let cut = (lines.len() >= COMPANY_LINES).then(|| {
                format!(
                    "the API gives the newest {COMPANY_LINES} lines only; older ones are missing"
                )
            });
            Ok(Read { lines, cut })
        }
        Api::Admin => walk(client, since).await,
    }
}

async fn walk(client: &Client, since: Timestamp) -> Result<Read, PollError> {
    let (mut from, mut known, mut lines) = (since, HashSet::new(), Vec::new());
    loop {
        let more = client.activities(from, LINES_AT_ONCE).await?;
        let is_last = more.len() < LINES_AT_ONCE;
        let newest = more.last().map(|line| line.at);
        lines.extend(more.into_iter().filter(|line| known.insert(line.id.clone())));
        match newest {
            _ if is_last => return Ok(Read { lines, cut: None }),
            // As many in one moment as are given at once: there is no way past it.
            Some(newest) if newest > from && lines.len() < LINES_MOST => from = newest,
            Some(_) | None => {
                let until = newest.unwrap_or(from);
                let cut = Some(format!(
                    "{} lines are more than are read at once, so what comes after {until} is \
                     missing; begin later with --since",
                    lines.len()
                ));
                return Ok(Read { lines, cut });
            }
        }
    }
}
