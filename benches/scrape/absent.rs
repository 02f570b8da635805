//! A store and polls that nobody asks: a scrape needs neither.

use async_trait::async_trait;
use jiff::Timestamp;
use usagewarden::store::{DaySpend, EntryCount, Fence, Keep, Settled, Store, StoreError};
use usagewarden::web::{Polls, Standing};
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::{Book, LedgerSettings};
use usagewarden_core::outbox::{Entry, Envelope};
use usagewarden_core::reading::Reading;
use usagewarden_core::roster::Profile;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Window;

#[derive(Debug)]
pub(super) struct Nobody;

impl Polls for Nobody {
    fn standing(&self, _: &OrganizationName) -> Option<Standing> {
        None
    }
}

#[derive(Debug)]
pub(super) struct Nothing;

#[async_trait]
impl Store for Nothing {
    async fn spend(
        &self,
        _: &OrganizationName,
        _: &LedgerSettings,
        _: Window,
    ) -> Result<Vec<DaySpend>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn acquire(&self, _: &OrganizationName) -> Result<Fence, StoreError> {
        Err(StoreError::Closed)
    }

    async fn commit_reading(
        &self,
        _: &Fence,
        _: &LedgerSettings,
        _: Reading,
    ) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    async fn book(&self, _: &OrganizationName) -> Result<Book, StoreError> {
        Err(StoreError::Closed)
    }

    async fn profile(&self, _: &OrganizationName) -> Result<Option<Profile>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn snapshot(
        &self,
        _: &OrganizationName,
        _: &LedgerSettings,
        _: Timestamp,
    ) -> Result<Snapshot, StoreError> {
        Err(StoreError::Closed)
    }

    async fn entry_counts(&self) -> Result<Vec<EntryCount>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn commit_plan(&self, _: &Fence, _: Plan) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    async fn due(&self, _: Timestamp, _: usize) -> Result<Vec<Envelope>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn settle(&self, _: Settled) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    async fn entries(&self, _: usize) -> Result<Vec<Entry>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn prune(&self, _: Keep, _: Timestamp) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }
}
