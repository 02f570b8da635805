//! What the outside sees of a commit, and of the polls.

use std::collections::BTreeMap;
use std::sync::Arc;

use usagewarden_core::decide::Judged;
use usagewarden_core::polling;
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use crate::claude::Outcome;
use crate::metrics::Exposition;
use crate::poll::{self, Identity, Mismatch};
use crate::web::{BackfillState, PollState, Polls, Problem, Standing, Views};

/// Where snapshots go once they are judged: metrics and pages, from the same one.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) exposition: Arc<Exposition>,
    pub(super) views: Arc<Views>,
}

impl Front {
    pub(super) fn publisher(self: &Arc<Self>) -> Arc<dyn Fn(Arc<Judged>) + Send + Sync> {
        let front = Arc::clone(self);
        Arc::new(move |judged| {
            front.exposition.publish(&judged);
            front.views.publish(judged);
        })
    }
}

/// The board of the polls in the words of page and status.
#[derive(Debug)]
pub(super) struct PollsOnPage(pub(super) poll::Board);

impl Polls for PollsOnPage {
    fn standing(&self, organization: &OrganizationName) -> Option<Standing> {
        let standing = self.0.standing(organization)?;
        let mut reports: BTreeMap<Report, PollState> =
            standing.polls.iter().map(|(&report, health)| (report, poll_state(health))).collect();
        for progress in standing.progress.values() {
            let state = reports.entry(progress.report).or_default();
            state.backfill.push(BackfillState {
                width: progress.width,
                read_from: progress.read_from,
                target: progress.target,
                percent: progress.percent(),
            });
        }
        Some(Standing { trouble: trouble(&standing), reports })
    }
}

fn poll_state(health: &poll::Health) -> PollState {
    let problem = health.failing.as_ref().map(|failing| Problem {
        since: failing.since,
        cause: failing.cause.clone(),
        fix: failing.fix.clone(),
    });
    PollState {
        outcome: health.last_outcome.map(|outcome| outcome.label()),
        succeeded_at: health.last_success_at,
        problem,
        backfill: Vec::new(),
    }
}

/// What keeps a whole organization from being polled.
fn trouble(standing: &poll::Standing) -> Option<String> {
    if standing.taken_over {
        return Some("another daemon has taken this organization over".to_owned());
    }
    match &standing.identity {
        Identity::Unknown | Identity::Pinned => None,
        Identity::Wrong(Mismatch::OtherId { pinned, heard, name }) => Some(format!(
            "the key belongs to {name} ({heard}), not to the organization first heard ({pinned}); nothing is stored until that is right again"
        )),
        Identity::Wrong(Mismatch::OtherName { expected, heard }) => Some(format!(
            "the key belongs to {heard}, not to {expected} as `expect_name` says; nothing is stored until that is right"
        )),
    }
}

/// The board of the polls as judging knows it.
pub(super) fn polling(board: &poll::Board, organization: &OrganizationName) -> polling::Polling {
    let Some(standing) = board.standing(organization) else { return polling::Polling::default() };
    let mut polling =
        polling::Polling { identity: identity(&standing.identity), ..Default::default() };
    for (&report, health) in &standing.polls {
        match &health.failing {
            Some(failing) => {
                let refused = health.last_outcome == Some(Outcome::Refused);
                let (since, cause) = (failing.since, failing.cause.clone());
                let failing = polling::Failing { since, refused, cause, fix: failing.fix.clone() };
                polling.failing.insert(report, failing);
            }
            None if health.last_success_at.is_some() => drop(polling.answering.insert(report)),
            None => {}
        }
    }
    polling
}

fn identity(identity: &Identity) -> polling::Identity {
    let stranger = |expected: String, heard: String, fix: &str| {
        polling::Identity::Wrong(polling::Stranger { expected, heard, fix: fix.to_owned() })
    };
    match identity {
        Identity::Unknown => polling::Identity::Unknown,
        Identity::Pinned => polling::Identity::Right,
        Identity::Wrong(mismatch @ Mismatch::OtherId { pinned, heard, name }) => {
            stranger(pinned.clone(), format!("{name} ({heard})"), mismatch.fix())
        }
        Identity::Wrong(mismatch @ Mismatch::OtherName { expected, heard }) => {
            stranger(expected.clone(), heard.clone(), mismatch.fix())
        }
    }
}
