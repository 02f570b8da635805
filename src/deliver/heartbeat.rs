//! The sign of life: somebody else notices when nothing is heard of us any more.
//!
//! While all is well a URL is asked for, in the manner of Healthchecks; when it is not, the
//! same URL with `/fail` is told why. Whether all is well is asked of the rest of the house
//! each time: a heartbeat that beats by itself would say nothing.
//!
//! It promises never to claim what was not just asked, and to beat at one pace whatever the
//! receiver does. A start about which nothing is known yet is silent. It fails by being
//! unheard: that is logged when it begins and when it ends, and shown in the metrics.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use prometheus::{IntGauge, Registry};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::deliver::http::{self, Address, Http, HttpError};

/// Whoever is asked whether all is well, and does not answer, is not.
const ASK_PATIENCE: Duration = Duration::from_secs(10);

/// The `[heartbeat]`, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub url: Address,
    pub every: Duration,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
}

/// Whether all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wellness {
    Well,
    /// Nothing is known yet: neither would be true.
    Starting,
    /// In words, for whoever is told.
    Ill(String),
}

/// Asks the rest of the house.
pub type AskWellness = Arc<dyn Fn() -> BoxFuture<'static, Wellness> + Send + Sync>;

/// When somebody last heard that all is well.
#[derive(Clone, Debug)]
pub struct HeartbeatMetrics(IntGauge);

impl HeartbeatMetrics {
    /// Only where there is a heartbeat: one that never came would otherwise look late.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let help = "When the receiver of the heartbeat last took word that all is well.";
        let name = "usagewarden_heartbeat_last_success_timestamp_seconds";
        let last_success = IntGauge::new(name, help)?;
        registry.register(Box::new(last_success.clone()))?;
        Ok(Self(last_success))
    }
}

/// Why a beat was not heard.
#[derive(Debug, thiserror::Error)]
enum BeatError {
    #[error(transparent)]
    Unanswered(#[from] HttpError),
    #[error("{host} answered HTTP {status}{}; check `url` in [heartbeat]", quoted(said))]
    Refused { host: String, status: StatusCode, said: String },
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// Beats until told to stop.
pub struct Heartbeat {
    url: Address,
    every: Duration,
    http: Http,
    clock: SharedClock,
    metrics: HeartbeatMetrics,
    wellness: AskWellness,
    told: Told,
}

/// What the log knows, so that it is told once.
#[derive(Debug, Default)]
struct Told {
    unheard: bool,
    ill: bool,
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heartbeat").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Heartbeat {
    pub fn new(
        settings: Settings,
        clock: SharedClock,
        metrics: HeartbeatMetrics,
        wellness: AskWellness,
    ) -> Self {
        let Settings { url, every, ca_file } = settings;
        let http = Http::new(url.clone(), ca_file, http::PATIENCE);
        Self { url, every, http, clock, metrics, wellness, told: Told::default() }
    }

    pub async fn run(mut self, stop: CancellationToken) {
        let mut beats = tokio::time::interval(self.every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = beats.tick() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.beat() => {}
            }
        }
    }

    /// Asks, and tells.
    async fn beat(&mut self) {
        let asked = tokio::time::timeout(ASK_PATIENCE, (self.wellness)()).await;
        let silent = |_| Wellness::Ill(format!("no answer within {} s", ASK_PATIENCE.as_secs()));
        let wellness = asked.unwrap_or_else(silent);
        self.log_wellness(&wellness);
        let heard = match &wellness {
            Wellness::Starting => return,
            Wellness::Well => self.tell(Method::GET, self.url.url().clone(), "").await,
            Wellness::Ill(reason) => self.tell(Method::POST, fail_url(&self.url), reason).await,
        };
        if heard.is_ok() && wellness == Wellness::Well {
            self.metrics.0.set(self.clock.now().as_second());
        }
        self.log_hearing(heard);
    }

    async fn tell(&self, method: Method, url: Url, reason: &str) -> Result<(), BeatError> {
        let mut headers = HeaderMap::new();
        if !reason.is_empty() {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            headers.insert(CONTENT_TYPE, text);
        }
        let body = Bytes::copy_from_slice(reason.as_bytes());
        let answer = self.http.ask(method, url, headers, body).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        let host = self.url.host();
        Err(BeatError::Refused { host, status: answer.status, said: answer.said })
    }

    fn log_wellness(&mut self, wellness: &Wellness) {
        match wellness {
            Wellness::Ill(reason) if !self.told.ill => {
                warn!(%reason, "Not all is well, as the heartbeat now says");
                self.told.ill = true;
            }
            Wellness::Well if self.told.ill => {
                info!("All is well again, as the heartbeat now says");
                self.told.ill = false;
            }
            Wellness::Ill(_) | Wellness::Well | Wellness::Starting => {}
        }
    }

    fn log_hearing(&mut self, heard: Result<(), BeatError>) {
        match heard {
            Ok(()) if self.told.unheard => {
                info!("The heartbeat is heard again");
                self.told.unheard = false;
            }
            Err(error) if !self.told.unheard => {
                warn!(error = %Chain(&error), "The heartbeat is not heard");
                self.told.unheard = true;
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// `…/ping/1/fail` of `…/ping/1`, and of `…/ping/1?create=1` with the same question.
fn fail_url(address: &Address) -> Url {
    let mut url = address.url().clone();
    let path = format!("{}/fail", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_beside_the_url() {
        for (url, expected) in [
            ("https://hc.example.com/ping/1", "https://hc.example.com/ping/1/fail"),
            ("https://hc.example.com/ping/1/", "https://hc.example.com/ping/1/fail"),
            ("https://hc.example.com/1?create=1", "https://hc.example.com/1/fail?create=1"),
            ("https://hc.example.com", "https://hc.example.com/fail"),
        ] {
            assert_eq!(fail_url(&Address::new(url.parse().unwrap())).as_str(), expected);
        }
    }
}
