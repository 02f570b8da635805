//! One organization: its reports asked for, its answers committed, its failures told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tracing::{debug, info};
use usagewarden_core::reading::{Findings, Reading, Report};
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Width;

use super::ask::{self, Answer};
use super::company::LastDay;
use super::setback::Setback;
use super::windows::{Looked, Request, series, windows};
use super::{Organization, Task, Watch};
use crate::claude::Outcome;
use crate::schedule::Verdict;

mod fill;
mod greet;
mod tell;

/// A report that is not granted is asked for again this often: grants are made by people.
const NOT_GRANTED_REST: SignedDuration = SignedDuration::from_hours(24);

/// One organization as it is polled.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) own: Organization,
    pub(super) watch: Arc<Watch>,
    memory: Mutex<Memory>,
}

/// What a restart forgets, at the cost of a look back.
#[derive(Debug, Default)]
struct Memory {
    looked: Looked,
    last_day: LastDay,
    /// Reports whose past is filled in.
    filled: BTreeSet<Report>,
    /// Tenths of a past that the log has told of.
    tenths: BTreeMap<(Report, Width), u8>,
}

/// What the poller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Again(Verdict),
    /// And its past can be filled in.
    Fill(Report, Verdict),
    /// The organization is who it should be: poll everything.
    Open(Verdict),
    /// It is not: poll nothing but its profile.
    Shut(Verdict),
    /// This task has nothing left to do.
    Over,
    /// The organization is another daemon's.
    Leave,
}

/// Answers of one poll, and the looks back they complete.
#[derive(Debug, Default)]
struct Heard {
    answers: Vec<Answer>,
    looked: Looked,
}

impl Stream {
    pub(super) fn new(own: Organization, watch: Arc<Watch>) -> Self {
        Self { own, watch, memory: Mutex::default() }
    }

    pub(super) fn name(&self) -> &OrganizationName {
        &self.own.settings.organization
    }

    pub(super) async fn run(&self, task: Task) -> Next {
        match task {
            Task::Poll(Report::Company) => self.greet().await,
            Task::Poll(report) => self.poll(report).await,
            Task::Fill(report) => self.fill(report).await,
        }
    }

    async fn poll(&self, report: Report) -> Next {
        let started = Instant::now();
        match self.read(report).await {
            Ok(granted) => {
                self.told_success(report, granted, started.elapsed());
                self.after(report, granted)
            }
            Err(setback) => self.told_failure(report, &setback, started.elapsed()),
        }
    }

    fn after(&self, report: Report, granted: bool) -> Next {
        if !granted {
            return Next::Again(Verdict::Rest { least: NOT_GRANTED_REST });
        }
        let has_past = !series(self.own.client.api(), report).is_empty();
        if has_past && !self.memory().filled.contains(&report) {
            Next::Fill(report, Verdict::Done)
        } else {
            Next::Again(Verdict::Done)
        }
    }

    /// Asks for everything of a report, then commits it, then rings. Returns whether the
    /// report is granted at all.
    async fn read(&self, report: Report) -> Result<bool, Setback> {
        let asked_at = self.now();
        match self.hear(report, asked_at).await {
            Ok(heard) => {
                self.keep(heard.answers).await?;
                self.memory().looked.extend(heard.looked);
                Ok(true)
            }
            Err(Setback::Unheard(error)) if error.not_granted() => {
                debug!(%report, error = %error, "The report is not granted");
                let findings = Findings::NotGranted;
                self.keep(vec![Answer { report, heard_at: asked_at, findings }]).await?;
                Ok(false)
            }
            Err(setback) => Err(setback),
        }
    }

    async fn hear(&self, report: Report, asked_at: Timestamp) -> Result<Heard, Setback> {
        let client = &self.own.client;
        if let Some(findings) = ask::inventory(client, report).await? {
            let answers = vec![Answer { report, heard_at: asked_at, findings }];
            return Ok(Heard { answers, looked: Looked::new() });
        }
        if report == Report::Audit {
            let known = self.watch.store.audit(self.name()).await?.unwrap_or_default();
            let findings = ask::activities(client, known.since(asked_at)).await?;
            let answers = vec![Answer { report, heard_at: asked_at, findings }];
            return Ok(Heard { answers, looked: Looked::new() });
        }
        let coverages = self.watch.store.book(self.name()).await?.coverage;
        let looked = self.memory().looked.clone();
        let requests = windows(client.api(), report, &coverages, &looked, asked_at);
        self.hear_windows(report, &requests, asked_at).await
    }

    /// Newest first, since the newest teach most of how ranges of days are meant; the
    /// answers are in the order of the requests. All count as heard when the first was
    /// asked for, which is never too late.
    async fn hear_windows(
        &self,
        report: Report,
        requests: &[Request],
        asked_at: Timestamp,
    ) -> Result<Heard, Setback> {
        let client = &self.own.client;
        let mut last_day = self.memory().last_day;
        let mut heard = Heard::default();
        let mut newest_first = Vec::new();
        for request in requests.iter().rev() {
            let answers = ask::window(client, report, request, &mut last_day, asked_at).await?;
            newest_first.push(answers);
            let completed = request.completes.iter().map(|each| (report, request.width, *each));
            heard.looked.extend(completed.map(|look| (look, asked_at)));
        }
        heard.answers = newest_first.into_iter().rev().flatten().collect();
        if last_day != LastDay::Unknown {
            self.memory().last_day = last_day;
        }
        Ok(heard)
    }

    /// Commits answers, and only then lets others look.
    async fn keep(&self, answers: Vec<Answer>) -> Result<(), Setback> {
        if answers.is_empty() {
            return Ok(());
        }
        let settings = &self.own.settings;
        for Answer { report, heard_at, findings } in answers {
            if !self.is_pinned() {
                return Err(Setback::Stranger);
            }
            let organization = settings.organization.clone();
            let reading = Reading { organization, report, heard_at, findings };
            self.watch.store.commit_reading(&self.own.fence, &settings.ledger, reading).await?;
        }
        self.own.committed.notify_one();
        Ok(())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.watch.clock.now()
    }

    fn told_success(&self, report: Report, granted: bool, took: std::time::Duration) {
        let now = self.now();
        self.watch.metrics.polled(self.name(), report, Outcome::Ok, took);
        self.watch.metrics.succeeded(self.name(), report, now);
        let (was_granted, failed_for) = self.watch.board.change(self.name(), |standing| {
            let health = standing.polls.entry(report).or_default();
            let was_granted = !health.not_granted;
            (was_granted, health.succeeded(now, granted))
        });
        if let Some(failed_for) = failed_for {
            info!(%report, failed_for = %format_args!("{failed_for:#}"), "The {report} report is back");
        }
        if was_granted && !granted {
            info!(%report, "The {report} report is not granted to this organization; it is asked for again each day");
        }
        debug!(%report, granted, "Polled");
    }
}
