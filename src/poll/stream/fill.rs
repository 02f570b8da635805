//! Filling in the past: newest first, one chunk at a time, between polls.

use jiff::SignedDuration;
use tracing::info;
use usagewarden_core::reading::Report;
use usagewarden_core::window::{Width, Window};

use super::{Next, Setback, Stream};
use crate::poll::Task;
use crate::poll::progress::{Progress, Step, next_step, progress};
use crate::poll::windows::Request;
use crate::schedule::Verdict;

/// A past without a present (the report stopped being granted) is looked at this often.
const NOT_YET_REST: SignedDuration = SignedDuration::from_hours(1);

impl Stream {
    pub(super) async fn fill(&self, report: Report) -> Next {
        match self.fill_one(report).await {
            Ok(next) => {
                self.filled_one(report);
                next
            }
            Err(setback) => self.told(Task::Fill(report), &setback, &setback.failure()),
        }
    }

    async fn fill_one(&self, report: Report) -> Result<Next, Setback> {
        let api = self.own.client.api();
        let book = self.watch.store.book(self.name()).await?;
        let contact_at = book.contact_at.unwrap_or_else(|| self.now());
        self.show(progress(api, report, &book.coverage, contact_at));
        match next_step(api, report, &book.coverage, contact_at) {
            Step::Chunk(before, window) => {
                self.tell_tenth(&before);
                self.fill_chunk(report, before.width, window).await?;
                let after = Progress { read_from: window.from(), ..before };
                self.show(vec![after]);
                self.tell_tenth(&after);
                Ok(Next::Again(Verdict::Done))
            }
            Step::NotYet => Ok(Next::Again(Verdict::Rest { least: NOT_YET_REST })),
            Step::Complete => {
                self.memory().filled.insert(report);
                Ok(Next::Over)
            }
        }
    }

    async fn fill_chunk(
        &self,
        report: Report,
        width: Width,
        window: Window,
    ) -> Result<(), Setback> {
        let request = Request { width, window, completes: Vec::new() };
        let heard = self.hear_windows(report, &[request], self.now()).await?;
        self.keep(heard.answers).await
    }

    fn filled_one(&self, report: Report) {
        let now = self.now();
        let failed_for = self.watch.board.change(self.name(), |standing| {
            standing.fills.entry(report).or_default().succeeded(now, true)
        });
        if let Some(failed_for) = failed_for {
            info!(%report, "Filling in the past of {report} goes on after {failed_for:#}");
        }
    }

    fn show(&self, progress: Vec<Progress>) {
        self.watch.board.change(self.name(), |standing| {
            standing.progress.extend(progress.into_iter().map(|it| ((it.report, it.width), it)));
        });
    }

    /// A line when it begins, at every tenth, and when it is done.
    fn tell_tenth(&self, progress: &Progress) {
        let (report, width, percent) = (progress.report, progress.width, progress.percent());
        let tenth = percent / 10;
        let told = self.memory().tenths.insert((report, width), tenth);
        if told == Some(tenth) {
            return;
        }
        let (width, target) = (width.wire(), progress.target);
        match (told, tenth) {
            (None, _) => {
                info!(%report, width, back_to = %target, percent, "Filling in the past of {report} by {width}, back to {target}");
            }
            (Some(_), 10) => {
                info!(%report, width, "The past of {report} by {width} is filled in");
            }
            (Some(_), _) => {
                info!(%report, width, percent, "The past of {report} by {width} is filled in to {percent} %");
            }
        }
    }
}
