//! Hearing who answers, before anything else is kept of them.

use tokio::time::Instant;
use tracing::{error, info};
use usagewarden_core::reading::{Findings, Report};
use usagewarden_core::roster::Profile;

use super::{Answer, Next, Setback, Stream};
use crate::claude::Outcome;
use crate::poll::identity::{Identity, Mismatch, identify};
use crate::schedule::Verdict;

impl Stream {
    /// Asks for the profile and opens the other reports, or keeps them shut.
    pub(super) async fn greet(&self) -> Next {
        let started = Instant::now();
        match self.meet().await {
            Ok(Identity::Pinned) => {
                self.told_success(Report::Company, true, started.elapsed());
                Next::Open(Verdict::Done)
            }
            Ok(Identity::Unknown | Identity::Wrong(_)) => {
                let took = started.elapsed();
                self.watch.metrics.polled(self.name(), Report::Company, Outcome::Ok, took);
                Next::Shut(Verdict::Done)
            }
            Err(setback) => self.told_failure(Report::Company, &setback, started.elapsed()),
        }
    }

    async fn meet(&self) -> Result<Identity, Setback> {
        let heard_at = self.now();
        let profile = self.own.client.profile().await?;
        let pinned = self.watch.store.profile(self.name()).await?;
        let expected = self.own.settings.expect_name.as_deref();
        let identity = identify(pinned.as_ref(), expected, &profile);
        self.turned_out(identity.clone(), &profile);
        if identity == Identity::Pinned {
            let findings = Findings::Profile(profile);
            self.keep(vec![Answer { report: Report::Company, heard_at, findings }]).await?;
        }
        Ok(identity)
    }

    pub(super) fn is_pinned(&self) -> bool {
        self.watch.board.change(self.name(), |standing| standing.identity == Identity::Pinned)
    }

    /// Puts it on the board, and tells of it when it changed.
    fn turned_out(&self, identity: Identity, profile: &Profile) {
        let before = self.watch.board.change(self.name(), |standing| {
            std::mem::replace(&mut standing.identity, identity.clone())
        });
        if identity != before {
            // Whoever judges looks again: nothing was heard, and yet something changed.
            self.own.committed.notify_one();
        }
        match (&identity, &before) {
            (Identity::Wrong(mismatch), before) if *before != identity => wrong(mismatch),
            (Identity::Pinned, Identity::Wrong(_)) => {
                info!(organization.id = profile.id, "The organization is the right one again");
            }
            (Identity::Pinned, Identity::Unknown) => info!(
                organization.id = profile.id,
                organization.name = profile.name,
                "Polling {}",
                profile.name
            ),
            (Identity::Unknown | Identity::Pinned | Identity::Wrong(_), _) => {}
        }
    }
}

fn wrong(mismatch: &Mismatch) {
    let fix = mismatch.fix();
    error!(fix, "Nothing is stored and no alert is judged: {mismatch}. {fix}");
}
