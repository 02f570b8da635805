//! A rotation's outside as it is: the API, the file it is kept in, whoever takes the secret.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;
use usagewarden_core::subject::ApiKeyId;

use super::course::{Answer, Event, Outside};
use super::state::{End, Folder, Making, Named, Rotation, StateError};
use super::telling;
use crate::app;
use crate::chain::Chain;
use crate::claude::{Client, KeyStatus, PollError, Recovery};
use crate::cli::keys::find::is_active;
use crate::cli::keys::sight::Sight;
use crate::cli::writing::{Change, Writer, refused};
use crate::cli::{Exit, Terminal};
use crate::clock::SharedClock;

/// As typed, in the journal.
pub(super) const COMMAND: &str = "keys rotate";

pub(super) struct Live<'a> {
    pub(super) reads: Client,
    writes: Client,
    writer: &'a Writer<'a>,
    pub(super) folder: Folder,
    clock: SharedClock,
    pub(super) terminal: &'a mut Terminal,
    idle: SignedDuration,
    pace: Pace,
    /// Whether the last look failed, which is said once.
    is_blind: bool,
    has_looked: bool,
}

/// How often to look, and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) every: Duration,
    pub(super) until: Option<Instant>,
}

impl<'a> Live<'a> {
    pub(super) fn new(
        writer: &'a Writer<'a>,
        idle: SignedDuration,
        pace: Pace,
        clock: SharedClock,
        terminal: &'a mut Terminal,
    ) -> Self {
        Self {
            reads: app::client(writer.organization, clock.clone()),
            writes: app::write_client(writer.organization, clock.clone()),
            folder: Folder::beside(writer.journal().path()),
            writer,
            clock,
            terminal,
            idle,
            pace,
            is_blind: false,
            has_looked: false,
        }
    }

    fn failed(&mut self, error: &StateError) -> Exit {
        self.terminal.error(Chain(error));
        self.terminal
            .hint("run it as a user who may write there, or name another `[journal] path`");
        Exit::No
    }

    /// The same as [`look`](Outside::look), with the names of workspaces, for people.
    pub(super) async fn look_with_names(&mut self) -> Result<Sight, Exit> {
        let sight = self.look().await?;
        let named = sight.with_names(&self.reads).await;
        named.map_err(|error| refused(&error, self.terminal))
    }

    async fn see(&self) -> Result<Sight, PollError> {
        Sight::take(&self.reads, self.idle, self.clock.now()).await
    }
}

impl Outside for Live<'_> {
    /// While it waits, an API that does not answer is asked again.
    async fn look(&mut self) -> Result<Sight, Exit> {
        loop {
            let error = match self.see().await {
                Ok(sight) => {
                    (self.is_blind, self.has_looked) = (false, true);
                    return Ok(sight);
                }
                Err(error) => error,
            };
            let heals = matches!(error.recovery(), Recovery::Retry { .. });
            if !self.has_looked || !heals {
                return Err(refused(&error, self.terminal));
            }
            if !std::mem::replace(&mut self.is_blind, true) {
                self.terminal.error(format_args!("{}; asking again", Chain(&error)));
            }
            if !self.pause().await {
                return Err(Exit::No);
            }
        }
    }

    async fn make(&mut self, making: &Making) -> Result<Answer, Exit> {
        making.handing.prepare().map_err(|error| {
            self.terminal.error(Chain(&error));
            self.terminal.hint("no key was made; name another place: --secret-file PATH");
            Exit::No
        })?;
        let change = Change {
            command: COMMAND,
            target: making.name.clone(),
            sentence: format!("Make the key {}.", making.name),
            notes: Vec::new(),
            before: None,
            after: Some("active".to_owned()),
        };
        let mut doubtful = false;
        let asking = async {
            let answer = self.writes.create_key(&making.name, &making.scopes).await;
            doubtful = answer.as_ref().is_err_and(PollError::is_doubtful);
            answer
        };
        match self.writer.make(&change, asking, self.terminal).await {
            Ok(key) => Ok(Answer::Made(key)),
            Err(_) if doubtful => Ok(Answer::Doubtful),
            Err(exit) => Err(exit),
        }
    }

    async fn hand_over(
        &mut self,
        making: &Making,
        key: &crate::claude::NewKey,
    ) -> Result<(), Exit> {
        let handed = making.handing.hand_over(key, self.terminal).await;
        handed.map_err(|error| {
            self.terminal.error(Chain(&error));
            Exit::No
        })
    }

    async fn is_delivered(&mut self, making: &Making) -> bool {
        making.handing.is_delivered()
    }

    async fn clear(&mut self, key: &ApiKeyId) -> Result<(), Exit> {
        let change = Change {
            command: COMMAND,
            target: key.to_string(),
            sentence: format!("Revoke {key}, a new key whose secret nobody has."),
            notes: Vec::new(),
            before: Some("active".to_owned()),
            after: Some("revoked".to_owned()),
        };
        let asking = revoke(&self.writes, &self.reads, key);
        self.writer.make(&change, asking, self.terminal).await.inspect_err(|_| {
            self.terminal.hint(format_args!(
                "{key} is a new key whose secret nobody has: `usagewarden keys revoke {key}`"
            ));
        })
    }

    async fn cut(&mut self, rotation: &Rotation, new: &Named) -> Result<(), Exit> {
        let old = &rotation.old;
        let change = Change {
            command: COMMAND,
            target: old.to_string(),
            sentence: format!("{} {old}.", rotation.end.title()),
            notes: Vec::new(),
            before: Some("active".to_owned()),
            after: Some(format!("{}, replaced by {new}", rotation.end.outcome())),
        };
        let asking = async {
            match rotation.end {
                End::Disable => {
                    self.writes.set_key_status(&old.id, KeyStatus::Inactive).await.map(|_| ())
                }
                End::Revoke => revoke(&self.writes, &self.reads, &old.id).await,
            }
        };
        self.writer.make(&change, asking, self.terminal).await
    }

    async fn keep(&mut self, rotation: &Rotation) -> Result<(), Exit> {
        self.folder.keep(rotation).map_err(|error| self.failed(&error))
    }

    async fn forget(&mut self, rotation: &Rotation) -> Result<(), Exit> {
        self.folder.forget(rotation).map_err(|error| self.failed(&error))
    }

    async fn pause(&mut self) -> bool {
        let Pace { every, until } = self.pace;
        let now = Instant::now();
        let Some(until) = until else {
            tokio::time::sleep(every).await;
            return true;
        };
        tokio::time::sleep_until(until.min(now + every)).await;
        now < until
    }

    fn tell(&mut self, event: &Event<'_>) {
        telling::tell(event, self.idle, self.clock.now(), self.terminal);
    }
}

/// Revokes a key. One that is not there has gone: where it is listed still, it was the address
/// that was not found.
pub(in crate::cli::keys) async fn revoke(
    writes: &Client,
    reads: &Client,
    id: &ApiKeyId,
) -> Result<(), PollError> {
    let error = match writes.revoke_key(id).await {
        Err(error @ PollError::NotFound { .. }) => error,
        answer => return answer,
    };
    match reads.key(id).await {
        Ok(None) => Ok(()),
        Ok(Some(key)) if !is_active(&key) => Ok(()),
        Ok(Some(_)) | Err(_) => Err(error),
    }
}
