//! What limits an organization: asked of its API, and of the journal where the API cannot
//! be asked.
//!
//! What a key may not see is noted and left out; what failed is told beside the rest.

use std::cell::RefCell;
use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::roster::{Profile, RateLimit, SpendLimit, Workspace};

use crate::claude::{Client, PollError};
use crate::config::{Api, Config, Organization};
use crate::journal::{Journal, JournalError, Line, Stage};

/// What the journal calls the spend limit of a whole organization.
pub(in crate::cli) const WHOLE: &str = "spend limit of the organization";

/// Everything that limits one organization.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct Limits {
    /// Of a company, where these two are all there is; `None` elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) requests_per_minute: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) tokens_per_minute: Option<u64>,
    pub(in crate::cli) workspaces: Vec<Workspace>,
    pub(in crate::cli) rate_limits: Vec<RateLimit>,
    pub(in crate::cli) spend_limits: Vec<SpendLimit>,
    /// Of a company, which cannot be asked for the spend limit it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) set_here: Option<SetHere>,
    /// What the key may not see, or nobody may: no failure.
    pub(in crate::cli) not_shown: Vec<String>,
    #[serde(skip)]
    pub(in crate::cli) failures: Vec<PollError>,
}

/// The spend limit that was set from this machine last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct SetHere {
    /// `500.00 USD`.
    pub(in crate::cli) amount: String,
    pub(in crate::cli) at: Timestamp,
    pub(in crate::cli) by: String,
    /// Whether no answer came, so that it may not have been set.
    pub(in crate::cli) doubtful: bool,
}

impl Limits {
    pub(in crate::cli) async fn ask(
        client: &Client,
        organization: &Organization,
        config: &Config,
    ) -> Self {
        let mut limits = Self::default();
        match organization.api {
            Api::Admin => limits.ask_admin(client).await,
            Api::Company => limits.look_up(organization, config),
        }
        limits
    }

    async fn ask_admin(&mut self, client: &Client) {
        self.workspaces = self.take(client.workspaces().await);
        self.spend_limits = self.take(client.spend_limits().await);
        self.rate_limits = self.take(client.rate_limits().await);
    }

    /// What came, or nothing and why.
    fn take<T>(&mut self, answer: Result<Vec<T>, PollError>) -> Vec<T> {
        answer.unwrap_or_else(|error| {
            if error.not_granted() || matches!(error, PollError::Forbidden { .. }) {
                self.not_shown.push(error.to_string());
            } else {
                self.failures.push(error);
            }
            Vec::new()
        })
    }

    fn look_up(&mut self, organization: &Organization, config: &Config) {
        match set_here(&Journal::at(config.journal.clone()), organization) {
            Ok(found) => self.set_here = found,
            Err(error) => self.not_shown.push(format!(
                "the spend limit: the API cannot be asked for it, and {error}, so what was set \
                 from here last is not known"
            )),
        }
    }

    /// A company says how fast it may be asked in its profile.
    pub(in crate::cli) const fn learn(&mut self, profile: &Profile) {
        self.requests_per_minute = profile.requests_per_minute;
        self.tokens_per_minute = profile.tokens_per_minute;
    }
}

/// The last spend limit that was set for the organization from this machine, by a command or
/// by an action. A write that was begun and of which nothing more is noted may have been made.
pub(in crate::cli) fn set_here(
    journal: &Journal,
    organization: &Organization,
) -> Result<Option<SetHere>, JournalError> {
    set_last(journal, organization.name.as_str())
}

fn set_last(journal: &Journal, organization: &str) -> Result<Option<SetHere>, JournalError> {
    let is_own = |line: &Line| {
        line.organization == organization && line.target == WHOLE && line.after.is_some()
    };
    let ended = RefCell::new(HashSet::new());
    journal.last(|line| {
        if is_own(line) && line.stage != Stage::Begun {
            ended.borrow_mut().insert(line.write.clone());
        }
        false
    })?;
    let ended = ended.into_inner();
    let may_be_made = |line: &Line| match line.stage {
        Stage::Done | Stage::Unknown => true,
        Stage::Begun => !ended.contains(&line.write),
        Stage::Refused => false,
    };
    let found = journal.last(|line| is_own(line) && may_be_made(line))?;
    Ok(found.map(|line| SetHere {
        doubtful: line.stage != Stage::Done,
        amount: line.after.unwrap_or_default(),
        at: line.at,
        by: line.by,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stages and amounts of lines, oldest first, and what they come to.
    #[track_caller]
    fn check(lines: &[(Stage, &str)], expected: Option<(&str, bool)>) {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::at(directory.path().join("journal.jsonl"));
        for (stage, amount) in lines {
            // One write is begun and ended with one amount here.
            for (organization, target) in [("acme", WHOLE), ("labs", WHOLE), ("acme", "ci")] {
                let amount = if (organization, target) == ("acme", WHOLE) { amount } else { "1" };
                let line = Line {
                    at: "2026-11-22T08:00:00Z".parse().unwrap(),
                    write: (*amount).to_owned(),
                    stage: *stage,
                    by: "ada".to_owned(),
                    organization: organization.to_owned(),
                    command: "limits set spend".to_owned(),
                    target: target.to_owned(),
                    before: None,
                    after: Some(amount.to_owned()),
                    error: None,
                };
                journal.keep(&line).unwrap();
            }
        }
        let found = set_last(&journal, "acme").unwrap();
        let found = found.as_ref().map(|set| (set.amount.as_str(), set.doubtful));
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn the_limit_set_last_is_the_last_that_was_not_refused() {
        use Stage::{Begun, Done, Refused, Unknown};
        check(&[], None);
        check(&[(Begun, "5"), (Done, "5")], Some(("5", false)));
        check(&[(Begun, "5"), (Done, "5"), (Begun, "6"), (Refused, "6")], Some(("5", false)));
        check(&[(Begun, "5"), (Done, "5"), (Begun, "6"), (Unknown, "6")], Some(("6", true)));
        check(&[(Begun, "5"), (Done, "5"), (Begun, "6")], Some(("6", true)));
        check(&[(Begun, "6"), (Refused, "6")], None);
        // Whoever set 5 was interrupted, and what came later changed nothing.
        let interrupted = [(Begun, "4"), (Done, "4"), (Begun, "5"), (Begun, "6"), (Refused, "6")];
        check(&interrupted, Some(("5", true)));
    }
}
