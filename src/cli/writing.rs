//! The way of every command that changes something at an API.
//!
//! One organization is chosen, what will be done is shown, somebody agrees, and the journal
//! says so before the API is asked and again after it answered. A dry run ends after the
//! first half. Without a terminal nobody can be asked, so `--yes` is needed.
//!
//! What a key changes is whatever organization it belongs to, so before the first change it is
//! asked whether that is the one that is meant, where there is anything to compare.
//!
//! A refusal is shown with its cause and what to do, and ends with exit code 1. An answer
//! that never came leaves it open whether the change was made: that is said, too.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use usagewarden_core::roster::Profile;

use crate::app;
use crate::chain::Chain;
use crate::claude::{Client, PollError};
use crate::cli::terminal::Mark;
use crate::cli::{Exit, Global, Terminal, several};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Environment, Organization};
use crate::journal::{Journal, Line, Stage};

/// One change, as it is shown, asked for and noted.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// As it was typed: `keys disable`.
    pub(super) command: &'static str,
    /// What is changed, by its id.
    pub(super) target: String,
    /// The whole of it in one sentence: `Make the key ci (apikey_01…) inactive.`
    pub(super) sentence: String,
    /// What else to know before agreeing, a line each.
    pub(super) notes: Vec<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// Who writes, to whom, and where that is noted.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) organization: &'a Organization,
    journal: Journal,
    by: String,
    yes: bool,
    dry_run: bool,
    /// Set once it is sure whose key writes.
    checked: OnceLock<()>,
}

/// The organization that a question is about: the one that was named, else the only one.
/// `Err` says what is wrong.
pub(super) fn one_organization<'a>(
    global: &Global,
    config: &'a Config,
    terminal: &mut Terminal,
) -> Result<&'a Organization, Exit> {
    match (global.organization.as_deref(), config.organizations.as_slice()) {
        (Some(wanted), _) => several::named(wanted, config, terminal),
        (None, [only]) => Ok(only),
        (None, _) => {
            terminal.error("there are several organizations; name one with --organization");
            terminal.hint(several::configured(config));
            Err(Exit::Usage)
        }
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        global: &Global,
        config: &'a Config,
        environment: &Environment,
        dry_run: bool,
        terminal: &mut Terminal,
    ) -> Result<Self, Exit> {
        let organization = one_organization(global, config, terminal)?;
        let journal = Journal::at(config.journal.clone());
        let (by, yes, checked) = (environment.person(), global.yes, OnceLock::new());
        Ok(Self { organization, journal, by, yes, dry_run, checked })
    }

    pub(super) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether nothing is to be changed, only shown.
    pub(super) const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Shows a change and asks for it. `Err` is how the command ends when it is not to be made.
    pub(super) fn agree(&self, change: &Change, terminal: &mut Terminal) -> Result<(), Exit> {
        let organization = &self.organization.name;
        if !terminal.json() {
            terminal.line(format_args!("{organization}: {}", change.sentence));
            for note in &change.notes {
                terminal.line(format_args!("  {note}"));
            }
        }
        if self.dry_run {
            self.say_dry_run(change, terminal);
            return Err(Exit::Done);
        }
        if self.yes {
            return Ok(());
        }
        if terminal.json() {
            // A program reads the answer, and whoever is asked must know what it is about.
            terminal.hint(format_args!("{organization}: {}", change.sentence));
            for note in &change.notes {
                terminal.hint(format_args!("  {note}"));
            }
        }
        match terminal.ask("Do it?") {
            Some(true) => Ok(()),
            Some(false) => {
                terminal.error("nothing was changed");
                Err(Exit::No)
            }
            None => {
                terminal.error("nobody can be asked here, so nothing was changed");
                terminal.hint("add --yes to change without asking, or --dry-run to only look");
                Err(Exit::Usage)
            }
        }
    }

    fn say_dry_run(&self, change: &Change, terminal: &mut Terminal) {
        if terminal.json() {
            let Change { command, target, sentence, notes, before, after } = change;
            terminal.value(&serde_json::json!({
                "organization": self.organization.name.as_str(), "dry_run": true,
                "command": command, "target": target, "sentence": sentence, "notes": notes,
                "before": before, "after": after,
            }));
        } else {
            terminal.line("This is a dry run: nothing was changed.");
        }
    }

    /// A client with the key that writes.
    pub(super) fn client(&self) -> Client {
        app::write_client(self.organization, Arc::new(SystemClock))
    }

    /// Says that a change was made. `id` is what the API calls the thing.
    pub(super) fn done(&self, change: &Change, id: Option<&str>, terminal: &mut Terminal) {
        self.conclude(change, id, true, terminal);
        if !terminal.json() {
            let good = terminal.marked(Mark::Good, "Done.");
            terminal.line(good);
        }
    }

    /// Says that there is nothing to change, and why.
    pub(super) fn unchanged(&self, change: &Change, why: &str, terminal: &mut Terminal) {
        self.conclude(change, None, false, terminal);
        if !terminal.json() {
            let (organization, sentence) = (&self.organization.name, &change.sentence);
            terminal.line(format_args!("{organization}: {sentence}"));
            terminal.line(format_args!("{why} Nothing was changed."));
        }
    }

    /// One object for a program.
    fn conclude(&self, change: &Change, id: Option<&str>, changed: bool, terminal: &mut Terminal) {
        if terminal.json() {
            let Change { command, target, sentence: _, notes: _, before, after } = change;
            terminal.value(&serde_json::json!({
                "organization": self.organization.name.as_str(), "command": command,
                "changed": changed, "target": target, "id": id, "before": before, "after": after,
            }));
        }
    }

    /// Makes a change that was agreed to: notes it, asks the API, and notes what it said.
    pub(super) async fn make<T>(
        &self,
        change: &Change,
        asking: impl Future<Output = Result<T, PollError>>,
        terminal: &mut Terminal,
    ) -> Result<T, Exit> {
        self.is_of_whom_it_is_meant(terminal).await?;
        let begun_at = SystemClock.now();
        let write = format!("{}-{}", begun_at.as_nanosecond(), std::process::id());
        self.note(change, &write, Stage::Begun, None, begun_at).map_err(|error| {
            terminal.error(format_args!("{}; nothing was changed", Chain(&error)));
            terminal.hint("run it as a user who may write there, or name another `[journal] path`");
            Exit::No
        })?;
        let answer = asking.await;
        let (stage, error) = match &answer {
            Ok(_) => (Stage::Done, None),
            Err(error) if error.is_doubtful() => (Stage::Unknown, Some(Chain(error).to_string())),
            Err(error) => (Stage::Refused, Some(Chain(error).to_string())),
        };
        if let Err(error) = self.note(change, &write, stage, error, SystemClock.now()) {
            terminal.error(format_args!("what came of it could not be noted: {}", Chain(&error)));
        }
        answer.map_err(|error| refused(&error, terminal))
    }

    /// Whether the key that writes belongs to the organization that is read, and that one is
    /// called as expected. A key that may not see its organization cannot be asked.
    async fn is_of_whom_it_is_meant(&self, terminal: &mut Terminal) -> Result<(), Exit> {
        let organization = self.organization;
        let is_one_key = organization.key.expose_secret() == organization.write_key.expose_secret();
        let is_sure = is_one_key && organization.expect_name.is_none();
        if is_sure || self.checked.get().is_some() {
            return Ok(());
        }
        let written = profile(&self.client()).await.map_err(|error| refused(&error, terminal))?;
        let read = match is_one_key {
            true => written.clone(),
            false => {
                let read = profile(&several::reader(organization)).await;
                read.map_err(|error| refused(&error, terminal))?
            }
        };
        let expected = organization.expect_name.as_deref();
        if let Some(said) = stranger(expected, read.as_ref(), written.as_ref()) {
            terminal.error(format_args!("{}: {said}; nothing was changed", organization.name));
            terminal.hint("give `key` and `write_key` keys of the organization you mean, or correct `expect_name`");
            return Err(Exit::No);
        }
        self.checked.get_or_init(|| ());
        Ok(())
    }

    fn note(
        &self,
        change: &Change,
        write: &str,
        stage: Stage,
        error: Option<String>,
        at: Timestamp,
    ) -> Result<(), crate::journal::JournalError> {
        self.journal.keep(&Line {
            at,
            write: write.to_owned(),
            stage,
            by: self.by.clone(),
            organization: self.organization.name.to_string(),
            command: change.command.to_owned(),
            target: change.target.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            error,
        })
    }
}

/// Whom a key belongs to; `None` where it may not see that.
async fn profile(client: &Client) -> Result<Option<Profile>, PollError> {
    match client.profile().await {
        Ok(profile) => Ok(Some(profile)),
        Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How the key that writes is not of the organization that is meant.
fn stranger(
    expected: Option<&str>,
    read: Option<&Profile>,
    written: Option<&Profile>,
) -> Option<String> {
    let Profile { id, name, .. } = written?;
    let whose = format!("the key that writes belongs to {name} ({id})");
    if let Some(read) = read.filter(|read| read.id != *id) {
        return Some(format!("{whose}, the one that reads to {} ({})", read.name, read.id));
    }
    expected
        .filter(|expected| expected != name)
        .map(|expected| format!("{whose}, not to {expected}"))
}

/// Says why the API did not do it, and what to do about that.
pub(super) fn refused(error: &PollError, terminal: &mut Terminal) -> Exit {
    let (advice, said) = (error.advice(), Chain(error).to_string());
    // Of many refusals the cause is the same sentence with its end.
    if advice.cause.starts_with(&said) {
        terminal.error(advice.cause);
    } else {
        terminal.error(said);
        terminal.hint(advice.cause);
    }
    terminal.hint(advice.fix);
    Exit::No
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str, name: &str) -> Profile {
        Profile {
            id: id.to_owned(),
            name: name.to_owned(),
            plan: None,
            created_at: None,
            features: Vec::new(),
            requests_per_minute: None,
            tokens_per_minute: None,
        }
    }

    #[test]
    fn a_key_of_another_organization_is_told_apart_by_its_id_or_the_expected_name() {
        let (acme, other) = (profile("org_1", "Acme"), profile("org_2", "Acme"));
        let cases = [
            (Some(&acme), Some(&acme), None, None),
            (Some(&acme), Some(&other), None, Some("belongs to Acme (org_2)")),
            (None, Some(&other), None, None),
            (Some(&acme), None, Some("Labs"), None),
            (Some(&acme), Some(&acme), Some("Acme"), None),
            (Some(&acme), Some(&acme), Some("Labs"), Some("not to Labs")),
        ];
        for (read, written, expected, said) in cases {
            let found = stranger(expected, read, written);
            let fits = match said {
                None => found.is_none(),
                Some(part) => found.as_deref().is_some_and(|found| found.contains(part)),
            };
            assert!(fits, "{read:?}, {written:?}, {expected:?}: {found:?}");
        }
    }
}
