//! The course of the demo: read the past, let the runaway loose, see the steps crossed.
//!
//! It looks at the daemon from outside, as anyone could: at `/api/v1/status`, and at the
//! mails that arrive. It promises not to pretend: what did not happen in time is said.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior};
use tracing::debug;
use usagewarden_core::amount::Amount;

use super::opener::Opener;
use super::plan::STEPS;
use super::show::Show;
use super::stage::Stage;
use crate::chain::Chain;
use crate::cli::daemon::Daemon;
use crate::cli::status;
use crate::sink::Received;

/// How often the daemon is looked at.
const BEAT: Duration = Duration::from_millis(500);
/// For reading more than a year on a busy machine. It takes seconds.
const READ_PATIENCE: Duration = Duration::from_secs(120);
/// Past the last step, before a mail is missed.
const MAIL_PATIENCE: Duration = Duration::from_secs(30);

/// How the story ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody said stop.
    Asked,
    /// It was shown for as long as wished.
    Over,
    /// The daemon did not come to know the past.
    Unread,
    /// Mails did not come.
    Unsent,
    /// Simulator or mail server have ended.
    Broken,
}

/// Where it stands.
#[derive(Clone, Copy, Debug)]
enum Scene {
    Reading { since: Instant },
    Running { since: Instant },
}

pub(super) struct Story<'a> {
    pub(super) stage: Stage,
    pub(super) show: Show<'a>,
    pub(super) daemon_url: String,
    pub(super) shown_for: Option<Duration>,
    pub(super) opener: Option<Opener>,
    pub(super) told: Told,
}

/// What has happened by now.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) spent: Amount,
    /// How many of [`STEPS`] were crossed.
    pub(super) crossed: usize,
    pub(super) mails: Vec<Received>,
}

impl Told {
    /// Every step has its mail.
    pub(super) fn is_whole(&self) -> bool {
        self.mails.len() >= STEPS.len()
    }
}

/// What the daemon says of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figures {
    spent: Amount,
    /// Usage and bill were read back to the beginning of the week.
    is_read: bool,
}

impl Story<'_> {
    /// Tells it to its end.
    pub(super) async fn tell(&mut self, asked: impl Future<Output = ()>) -> End {
        let broken = self.stage.outside.stop_token();
        let mut asked = pin!(asked);
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut scene = Scene::Reading { since: Instant::now() };
        loop {
            tokio::select! {
                () = &mut asked => return End::Asked,
                () = broken.cancelled() => return End::Broken,
                Some(mail) = self.stage.mails.recv() => {
                    // What caused it is shown first.
                    self.look().await;
                    self.received(mail);
                }
                _ = beats.tick() => {}
            }
            let figures = self.look().await;
            match self.turn(scene, figures) {
                Ok(next) => scene = next,
                Err(end) => return end,
            }
        }
    }

    /// What comes after `scene`.
    fn turn(&mut self, scene: Scene, figures: Option<Figures>) -> Result<Scene, End> {
        if let Some(trouble) = self.opener.as_mut().and_then(Opener::has_failed) {
            self.show.note(&trouble);
        }
        match scene {
            Scene::Reading { .. } if figures.is_some_and(|figures| figures.is_read) => {
                self.stage.simulator.unleash();
                self.show.begin(self.told.spent, &self.stage.plan);
                Ok(Scene::Running { since: Instant::now() })
            }
            Scene::Reading { since } if since.elapsed() > READ_PATIENCE => Err(End::Unread),
            Scene::Reading { .. } => {
                self.show.reading();
                Ok(scene)
            }
            Scene::Running { since } => self.go_on(scene, since.elapsed()),
        }
    }

    fn go_on(&mut self, scene: Scene, elapsed: Duration) -> Result<Scene, End> {
        self.show.spend(self.told.spent, self.stage.plan.amount);
        let crossed_after = self.stage.plan.crossed_after;
        match self.shown_for {
            Some(shown_for) if elapsed >= shown_for => Err(End::Over),
            None if !self.told.is_whole() && elapsed > crossed_after + MAIL_PATIENCE => {
                Err(End::Unsent)
            }
            Some(_) | None => Ok(scene),
        }
    }

    /// Asks the daemon, and tells of the steps it has seen crossed.
    async fn look(&mut self) -> Option<Figures> {
        let status = match Daemon::at(&self.daemon_url).get(status::STATUS).await {
            Ok(status) => status,
            Err(error) => {
                debug!(error = %Chain(&error), "The demo could not see the daemon");
                return None;
            }
        };
        let figures = figures(&status["data"][0])?;
        self.told.spent = figures.spent;
        let amount = self.stage.plan.amount;
        while let Some(step) = STEPS.get(self.told.crossed).copied()
            && figures.spent.dollars() * rust_decimal::Decimal::ONE_HUNDRED
                >= amount.dollars() * rust_decimal::Decimal::from(step)
        {
            self.told.crossed += 1;
            self.show.crossed(step, figures.spent);
        }
        Some(figures)
    }

    fn received(&mut self, mail: Received) {
        self.show.mail(&mail);
        self.told.mails.push(mail);
        if self.told.mails.len() == STEPS.len() && self.shown_for.is_none() {
            self.show.note("That was the story. Everything goes on until Ctrl-C.");
        }
    }

    /// Mails that came while it ended.
    pub(super) fn catch_up(&mut self) {
        while let Ok(mail) = self.stage.mails.try_recv() {
            self.show.mail(&mail);
            self.told.mails.push(mail);
        }
    }
}

/// Whether the daemon at `url` knows what was spent this week.
#[cfg(test)]
pub(super) async fn is_read(url: &str) -> bool {
    let status = Daemon::at(url).get(status::STATUS).await.unwrap_or_default();
    figures(&status["data"][0]).is_some_and(|figures| figures.is_read)
}

/// The parts of one organization's status that the story needs.
fn figures(organization: &Value) -> Option<Figures> {
    let week = organization["spend"].as_array()?.iter().find(|spend| spend["period"] == "week")?;
    let spent = Amount::from_dollars(week["value"].as_str()?.parse().ok()?);
    let from: Timestamp = week["from"].as_str()?.parse().ok()?;
    let is_left = |series: &Value| {
        let read_from = series["read_from"].as_str().and_then(|at| at.parse().ok());
        read_from.is_none_or(|read_from: Timestamp| read_from > from)
    };
    let is_read = |name: &str| {
        let reports = organization["reports"].as_array();
        let report = reports.and_then(|all| all.iter().find(|one| one["report"] == name));
        report.is_some_and(|report| {
            let past = report["backfill"].as_array();
            report["outcome"] == "ok" && past.is_some_and(|past| !past.iter().any(is_left))
        })
    };
    Some(Figures { spent, is_read: is_read("usage") && is_read("cost") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn organization(usage: Value, cost: Value) -> Value {
        json!({
            "spend": [
                { "period": "day", "value": "1.00" },
                { "period": "week", "value": "12.50", "from": "2026-11-22T00:00:00Z" },
            ],
            "reports": [usage, cost],
        })
    }

    #[test]
    fn the_past_is_read_when_usage_and_bill_are_known_for_the_whole_week() {
        let report = |name: &str, outcome: &str, backfill: Value| json!({ "report": name, "outcome": outcome, "backfill": backfill });
        let read = |name: &str| report(name, "ok", json!([]));
        let back_to = |name: &str, from: &str| report(name, "ok", json!([{ "read_from": from }]));
        let cases = [
            (read("usage"), read("cost"), true),
            (read("usage"), back_to("cost", "2026-11-22T00:00:01Z"), false),
            (read("usage"), back_to("cost", "2026-11-22T00:00:00Z"), true),
            (report("usage", "failed", json!([])), read("cost"), false),
            (read("usage"), read("keys"), false),
        ];
        for (usage, cost, is_read) in cases {
            let spent = Amount::parse_configured("12.50 USD").unwrap();
            let organization = organization(usage, cost);
            assert_eq!(figures(&organization), Some(Figures { spent, is_read }), "{organization}");
        }
        assert_eq!(figures(&json!({ "spend": [], "reports": [] })), None);
        assert_eq!(figures(&Value::Null), None);
    }
}
