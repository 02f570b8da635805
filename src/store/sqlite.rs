//! The store in one SQLite file.
//!
//! It promises what [`Store`] does, with one file, its log and its lock: what was
//! answered is synced to disk, and a second daemon on the same file is refused. All
//! work happens on two threads of its own, so nothing here blocks the runtime. It
//! never repairs: a file it does not trust stays as it is, and the error says what to
//! do about it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use usagewarden_core::action::{ActionId, ActionRecord};
use usagewarden_core::audit::AuditLog;
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::{Book, LedgerSettings};
use usagewarden_core::notice::Notice;
use usagewarden_core::outbox::{Again, Entry, EntryId, Envelope};
use usagewarden_core::reading::{Reading, Report};
use usagewarden_core::roster::Profile;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ChannelName, OrganizationName};
use usagewarden_core::window::Window;

use self::prune::Cutoffs;
use self::worker::Worker;
use super::{
    DaySpend, EntryCount, FallBack, Fence, Keep, Kept, Listing, Look, Settled, Store, StoreError,
};

mod action;
mod baselines;
mod claim;
mod counts;
mod dimensions;
mod fold;
mod migrate;
mod open;
mod organization;
mod outbox;
mod outcome;
mod packed;
mod plan;
mod prune;
mod rows;
#[cfg(test)]
mod tests;
mod view;
mod worker;

/// An opened SQLite file. Dropping it finishes what is queued and closes the file.
#[derive(Debug)]
pub struct SqliteStore {
    // Dropped in this order: the last connection to close folds the log into the file,
    // and the lock goes when nothing is open any more.
    reader: Worker,
    writer: Worker,
    _lock: File,
}

impl SqliteStore {
    /// Opens the store at `path`, or makes one, with its directory, where there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = open::open(path)?;
        let failed = |source| StoreError::Thread { source };
        Ok(Self {
            reader: Worker::reader(opened.reader).map_err(failed)?,
            writer: Worker::writer(opened.writer).map_err(failed)?,
            _lock: opened.lock,
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn acquire(&self, organization: &OrganizationName) -> Result<Fence, StoreError> {
        let organization = organization.clone();
        self.writer
            .run("take over an organization", move |c| organization::acquire(c, organization))
            .await
    }

    async fn commit_reading(
        &self,
        fence: &Fence,
        settings: &LedgerSettings,
        reading: Reading,
    ) -> Result<(), StoreError> {
        let (fence, settings) = (fence.clone(), settings.clone());
        self.writer
            .run("write a reading", move |c| fold::commit(c, &fence, &settings, &reading))
            .await
    }

    async fn book(&self, organization: &OrganizationName) -> Result<Book, StoreError> {
        let name = organization.clone();
        self.reader
            .run("load the book", move |c| organization::book(c, organization::find(c, &name)?.id))
            .await
    }

    async fn profile(
        &self,
        organization: &OrganizationName,
    ) -> Result<Option<Profile>, StoreError> {
        let name = organization.clone();
        self.reader
            .run("load the profile", move |c| {
                organization::inventory(c, organization::find(c, &name)?.id, Report::Company)
            })
            .await
    }

    async fn audit(&self, organization: &OrganizationName) -> Result<Option<AuditLog>, StoreError> {
        let name = organization.clone();
        self.reader
            .run("load the audit log", move |c| {
                organization::inventory(c, organization::find(c, &name)?.id, Report::Audit)
            })
            .await
    }

    async fn snapshot(
        &self,
        organization: &OrganizationName,
        settings: &LedgerSettings,
        at: Timestamp,
    ) -> Result<Snapshot, StoreError> {
        let (name, settings) = (organization.clone(), settings.clone());
        self.reader.run("take a snapshot", move |c| view::snapshot(c, name, &settings, at)).await
    }

    async fn kept(&self, organization: &OrganizationName) -> Result<Kept, StoreError> {
        let name = organization.clone();
        self.reader.run("load what is kept of judging", move |c| view::kept(c, &name)).await
    }

    async fn spend(
        &self,
        organization: &OrganizationName,
        settings: &LedgerSettings,
        window: Window,
    ) -> Result<Vec<DaySpend>, StoreError> {
        let (name, settings) = (organization.clone(), settings.clone());
        self.reader.run("add up past days", move |c| view::spend(c, &name, &settings, window)).await
    }

    async fn commit_plan(&self, fence: &Fence, plan: Plan) -> Result<(), StoreError> {
        let fence = fence.clone();
        self.writer.run("write a plan", move |c| plan::commit(c, &fence, &plan)).await
    }

    async fn due(&self, now: Timestamp, look: Look) -> Result<Vec<Entry>, StoreError> {
        self.reader.run("look for entries", move |c| outbox::due(c, now, &look)).await
    }

    async fn claim(&self, entries: Vec<EntryId>) -> Result<Vec<Envelope>, StoreError> {
        self.writer.run("take entries to be sent", move |c| claim::claim(c, &entries)).await
    }

    async fn next_due(&self, but: Vec<ChannelName>) -> Result<Option<Timestamp>, StoreError> {
        self.reader.run("look for the next entry", move |c| outbox::next_due(c, &but)).await
    }

    async fn settle(&self, settled: Settled) -> Result<(), StoreError> {
        self.writer.run("write an outcome", move |c| outcome::settle(c, &settled)).await
    }

    async fn hasten(&self, channel: ChannelName, now: Timestamp) -> Result<(), StoreError> {
        self.writer.run("hasten a channel", move |c| outcome::hasten(c, &channel, now)).await
    }

    async fn fall_back(
        &self,
        step_in: FallBack,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.writer.run("fall back", move |c| outcome::fall_back(c, &step_in, now)).await
    }

    async fn retry(&self, again: Again, now: Timestamp) -> Result<u64, StoreError> {
        self.writer.run("try entries again", move |c| outcome::retry(c, &again, now)).await
    }

    async fn entry_counts(&self) -> Result<Vec<EntryCount>, StoreError> {
        self.reader.run("count the entries", outbox::counts).await
    }

    async fn entries(&self, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.reader.run("list the entries", move |c| outbox::entries(c, limit)).await
    }

    async fn listed(&self, listing: Listing) -> Result<Vec<(Entry, Notice)>, StoreError> {
        self.reader.run("list entries", move |c| outbox::listed(c, &listing)).await
    }

    async fn open_actions(&self, now: Timestamp) -> Result<Vec<ActionRecord>, StoreError> {
        self.reader.run("look for actions", move |c| action::due(c, now)).await
    }

    async fn next_action_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.reader.run("look for the next action", action::next_due).await
    }

    async fn actions(&self, limit: usize) -> Result<Vec<ActionRecord>, StoreError> {
        self.reader.run("list actions", move |c| action::newest(c, limit)).await
    }

    async fn action(&self, id: ActionId) -> Result<Option<ActionRecord>, StoreError> {
        self.reader.run("load an action", move |c| action::one(c, &id)).await
    }

    async fn keep_action(&self, record: ActionRecord) -> Result<(), StoreError> {
        self.writer.run("write an action", move |c| action::keep(c, &record)).await
    }

    async fn undo_action(
        &self,
        id: ActionId,
        now: Timestamp,
    ) -> Result<Option<ActionRecord>, StoreError> {
        self.writer.run("undo an action", move |c| action::undo(c, &id, now)).await
    }

    async fn prune(&self, keep: Keep, now: Timestamp) -> Result<(), StoreError> {
        let doing = "delete old rows";
        let cut = Cutoffs::new(keep, now);
        let organizations = self.reader.run(doing, prune::organizations).await?;
        for some in organizations.chunks(prune::ORGANIZATIONS_MAX) {
            let some: Arc<[i64]> = some.into();
            let sweep = || {
                let some = some.clone();
                self.writer.run(doing, move |c| prune::readings(c, &some, cut))
            };
            while sweep().await? {}
        }
        while self.writer.run(doing, move |c| prune::outbox(c, cut)).await? {}
        while self.writer.run(doing, move |c| prune::actions(c, cut)).await? {}
        while self.writer.run(doing, prune::shrink).await? {}
        Ok(())
    }
}

/// Says what we were doing when SQLite failed.
fn query(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + Copy {
    move |source| StoreError::Query { doing, source }
}
