//! A store that holds one answer, so that questions can be asked without files.

use async_trait::async_trait;
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::{Basis, Book};
use usagewarden_core::outbox::{Entry, Envelope};
use usagewarden_core::reading::{Reading, Tokens};
use usagewarden_core::roster::Profile;
use usagewarden_core::window::Window;

use super::*;
use crate::metrics::example::charge;
use crate::store::{DaySpend, EntryCount, Fence, Keep, Settled, StoreError};

/// Three charges of `acme` on each UTC day from the second of November 2026 on, `labs` was never
/// heard of; or nothing but refusals.
#[derive(Debug)]
pub(super) struct Shelf {
    broken: bool,
}

impl Shelf {
    pub(super) fn full() -> Self {
        Self { broken: false }
    }

    pub(super) fn broken() -> Self {
        Self { broken: true }
    }
}

fn day(window: Window) -> DaySpend {
    let opus = Some("claude-opus-5-5");
    let charges = vec![
        charge("default", opus, Basis::Billed, "1.10"),
        charge("wrkspc_1", opus, Basis::Billed, "2.20"),
        charge("wrkspc_1", None, Basis::Estimated, "0.003"),
    ];
    DaySpend { window, charges, tokens: Tokens { output: 10, ..Tokens::default() } }
}

#[async_trait]
impl Store for Shelf {
    async fn spend(
        &self,
        organization: &OrganizationName,
        _: &LedgerSettings,
        window: Window,
    ) -> Result<Vec<DaySpend>, StoreError> {
        if self.broken {
            return Err(StoreError::Closed);
        }
        if organization.as_str() == "labs" {
            return Err(StoreError::Unknown { organization: organization.clone() });
        }
        let begins = Window::new(time("2026-11-02T00:00:00Z"), Timestamp::MAX).unwrap();
        let Some(window) = window.overlap(&begins).filter(|_| organization.as_str() == "acme")
        else {
            return Ok(Vec::new());
        };
        Ok(Width::Day.buckets(window).filter_map(|day| day.overlap(&window)).map(day).collect())
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
