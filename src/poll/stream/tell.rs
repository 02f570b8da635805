//! Failures, told once where they are handled.

use std::time::Duration;

use tracing::{error, warn};
use usagewarden_core::reading::Report;

use super::{Next, Setback, Stream};
use crate::poll::Task;
use crate::poll::health::{Failure, Line};
use crate::store::StoreError;

impl Stream {
    /// Counts and tells the failure of a poll, and says what follows.
    pub(super) fn told_failure(&self, report: Report, setback: &Setback, took: Duration) -> Next {
        let failure = setback.failure();
        if let Some(outcome) = failure.outcome {
            self.watch.metrics.polled(self.name(), report, outcome, took);
        }
        self.told(Task::Poll(report), setback, &failure)
    }

    pub(super) fn told(&self, task: Task, setback: &Setback, failure: &Failure) -> Next {
        if let Setback::Unkept(StoreError::Fenced { .. }) = setback {
            let known = self
                .watch
                .board
                .change(self.name(), |standing| std::mem::replace(&mut standing.taken_over, true));
            if !known {
                error!(
                    "Another daemon took this organization over; it is not polled here any more"
                );
            }
            return Next::Leave;
        }
        let now = self.now();
        let line = self.watch.board.change(self.name(), |standing| {
            let (healths, report) = match task {
                Task::Poll(report) => (&mut standing.polls, report),
                Task::Fill(report) => (&mut standing.fills, report),
            };
            healths.entry(report).or_default().failed(failure, now)
        });
        if line == Line::New {
            // Whoever judges looks again: that nothing was heard may be worth telling.
            self.own.committed.notify_one();
        }
        log(task, setback, failure, line);
        Next::Again(setback.verdict())
    }
}

fn log(task: Task, setback: &Setback, failure: &Failure, line: Line) {
    let report = task.report();
    let (text, cause, fix) = (&failure.error, &failure.advice.cause, &failure.advice.fix);
    match (line, setback.needs_a_person()) {
        (Line::New, true) => {
            error!(%report, error = text, cause, fix, "Could not {task}: {cause}. {fix}");
        }
        (Line::New, false) => {
            warn!(%report, error = text, cause, fix, "Could not {task}: {cause}. {fix}");
        }
        (Line::Still(lasting), _) => {
            warn!(%report, error = text, "Still cannot {task}, for {lasting:#} now");
        }
        (Line::Silent, _) => {}
    }
}
