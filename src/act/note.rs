//! The two lines of the journal that belong to every change, and what earlier ones tell.

use jiff::Timestamp;
use usagewarden_core::action::course::{Change, Errand};
use usagewarden_core::action::{ActionRecord, Before, Target};
use usagewarden_core::amount::Amount;
use usagewarden_core::subject::OrganizationName;

use crate::act::api::Trouble;
use crate::chain::Chain;
use crate::journal::{Journal, Line, Stage};

/// Who does it, in the journal.
const BY: &str = "usagewarden";

/// What is about to be written of one change.
#[derive(Clone, Debug)]
pub(super) struct Note(Line);

impl Note {
    /// Of the change that brings a target to where `errand` wants it. The name of the write is
    /// the same before and after a crash.
    pub(super) fn of(record: &ActionRecord, place: usize, errand: Errand, now: Timestamp) -> Self {
        let order = &record.order;
        let (target, doing) = (order.targets.get(place), record.doings.get(place));
        let before = doing.and_then(|doing| doing.before.as_ref()).and_then(Before::words);
        let wanted = target.and_then(Target::wanted);
        let (before, after, way) = match errand {
            Errand::Do => (before, wanted, "do"),
            Errand::Undo => (wanted, before.or_else(|| Some("none".to_owned())), "undo"),
        };
        let line = Line {
            at: now,
            write: format!("{} {way} {}.{}", order.id.0, place + 1, record.attempts + 1),
            stage: Stage::Begun,
            by: BY.to_owned(),
            organization: order.organization.to_string(),
            command: format!("action {}", order.action),
            target: target.map(whom).unwrap_or_default(),
            before,
            after,
            error: None,
        };
        Self(line)
    }

    /// That it is about to be made. Without this line it must not be.
    pub(super) async fn begun(&self, journal: &Journal) -> Result<(), Trouble> {
        self.keep(journal, Stage::Begun, None, self.0.at).await
    }

    /// What came of it.
    pub(super) async fn ended(
        &self,
        journal: &Journal,
        answer: &Result<(), Trouble>,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let (stage, error) = match answer {
            Ok(()) => (Stage::Done, None),
            Err(trouble @ Trouble::Failed { doubtful: true, .. }) => {
                (Stage::Unknown, Some(trouble.said().to_owned()))
            }
            Err(trouble) => (Stage::Refused, Some(trouble.said().to_owned())),
        };
        self.keep(journal, stage, error, now).await
    }

    /// The file is synced, which takes its time: not on a thread that others wait for.
    async fn keep(
        &self,
        journal: &Journal,
        stage: Stage,
        error: Option<String>,
        at: Timestamp,
    ) -> Result<(), Trouble> {
        let line = Line { at, stage, error, ..self.0.clone() };
        let journal = journal.clone();
        let kept = tokio::task::spawn_blocking(move || journal.keep(&line)).await;
        match kept {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Trouble::own(Chain(&error).to_string())),
            Err(error) => Err(Trouble::own(Chain(&error).to_string())),
        }
    }
}

/// What a limit was set to last from this machine, by whomever, as far as that is known.
pub(super) async fn set_here(
    journal: &Journal,
    organization: &OrganizationName,
    target: &Target,
) -> Result<Option<Amount>, Trouble> {
    let (journal, organization) = (journal.clone(), organization.to_string());
    let target = whom(target);
    let is_made = |line: &Line| match line.stage {
        Stage::Done | Stage::Unknown => true,
        Stage::Begun | Stage::Refused => false,
    };
    let is_own = move |line: &Line| {
        line.organization == organization && line.target == target && is_made(line)
    };
    let found = tokio::task::spawn_blocking(move || journal.last(is_own)).await;
    let found = found.map_err(|error| Trouble::own(Chain(&error).to_string()))?;
    let found = found.map_err(|error| Trouble::own(Chain(&error).to_string()))?;
    Ok(found.and_then(|line| dollars(&line.after?)))
}

/// `100.00 USD`, as it is written there.
fn dollars(text: &str) -> Option<Amount> {
    text.strip_suffix(" USD")?.parse().ok().map(Amount::from_dollars)
}

/// What a change is, in a few words for the log.
pub(super) fn change_words(change: &Change) -> &'static str {
    match change {
        Change::DisableKey { .. } => "disable the key",
        Change::EnableKey { .. } => "enable the key",
        Change::SetSpendLimit { .. } => "set the spend limit",
        Change::RemoveSpendLimit { .. } => "remove the spend limit",
        Change::SetRateLimit { .. } => "set the rate limit",
        Change::Call { .. } => "call the webhook",
    }
}

/// By its id, and by its name where it has one; limits in the words of `limits set`.
fn whom(target: &Target) -> String {
    match target {
        Target::Key { id, name, .. } => format!("{id} ({name})"),
        Target::SpendLimit { .. } | Target::RateLimit { .. } | Target::Webhook { .. } => {
            target.named()
        }
    }
}
