//! `usagewarden status`: what the running daemon knows.
//!
//! Asks `/api/v1/status` and prints it; the store is never opened from here. A daemon
//! that does not answer is an answer too: no.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::chain::Chain;
use crate::cli::terminal::Mark;
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::Environment;

/// A status is made from memory; a daemon that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than ten thousand organizations need.
const BODY_BYTES_MAX: usize = 64 << 20;

const WATCH_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Show it again every two seconds, until interrupted
    #[arg(long)]
    watch: bool,
}

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("`{url}` is no address")]
    Url { url: String },
    #[error("no daemon answers at {url}")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("{url} answered HTTP {status}")]
    Refused { url: String, status: u16 },
    #[error("the answer of {url} is larger than a status can be")]
    TooLarge { url: String },
    #[error("{url} did not answer with a status")]
    Unreadable { url: String, source: serde_json::Error },
}

/// The parts of the answer that are shown.
#[derive(Deserialize)]
struct Status {
    at: Timestamp,
    data: Vec<Organization>,
}

#[derive(Deserialize)]
struct Organization {
    organization: String,
    name: Option<String>,
    plan: Option<String>,
    zone: String,
    spend: Vec<Spend>,
    limits: Limits,
    unpriced: Vec<Unpriced>,
    reports: Vec<Report>,
}

#[derive(Deserialize)]
struct Spend {
    period: String,
    value: String,
    basis: Option<String>,
    until: Timestamp,
    data_timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Limits {
    quota: Option<Quota>,
    spend: Vec<SpendLimit>,
}

#[derive(Deserialize)]
struct Quota {
    used: u64,
    limit: u64,
    resets_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct SpendLimit {
    scope: String,
    value: Option<String>,
    period: String,
}

#[derive(Deserialize)]
struct Unpriced {
    model: String,
    tokens: u64,
}

#[derive(Deserialize)]
struct Report {
    report: String,
    granted: Option<bool>,
    heard_at: Option<Timestamp>,
    data_timestamp: Option<Timestamp>,
    outcome: Option<String>,
    cause: Option<String>,
    fix: Option<String>,
    backfill: Option<Backfill>,
}

#[derive(Deserialize)]
struct Backfill {
    buckets_read: u64,
    buckets_wanted: u64,
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let url = match address(global, environment, terminal) {
        Ok(url) => url,
        Err(exit) => return exit,
    };
    block_on(async {
        loop {
            let exit = show(&url, global, terminal).await;
            if !options.watch || exit != Exit::Done {
                return exit;
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Exit::Done,
                () = tokio::time::sleep(WATCH_EVERY) => terminal.line(""),
            }
        }
    })
}

/// Where the daemon listens: as asked for, else as the configuration says.
fn address(
    global: &Global,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<String, Exit> {
    let named = global.url.clone().or_else(|| environment.daemon_url().map(str::to_owned));
    let url = match named {
        Some(url) => url,
        None => format!("http://{}/", load(global, environment, terminal)?.config.http.listen),
    };
    Ok(url.trim_end_matches('/').to_owned())
}

async fn show(url: &str, global: &Global, terminal: &mut Terminal) -> Exit {
    match ask(url).await {
        Ok((value, status)) => {
            if terminal.json() {
                terminal.value(&value);
            } else {
                let wanted = global.organization.as_deref();
                for one in status.data.iter().filter(|o| wanted.is_none_or(|w| o.organization == w))
                {
                    print(one, status.at, terminal);
                }
            }
            Exit::Done
        }
        Err(error) => {
            terminal.error(Chain(&error));
            terminal
                .hint("is the daemon running? `--url` or $USAGEWARDEN_URL name another address");
            Exit::No
        }
    }
}

async fn ask(url: &str) -> Result<(Value, Status), AskError> {
    let named = || url.to_owned();
    let full = format!("{url}/api/v1/status");
    let full: reqwest::Url = full.parse().map_err(|_| AskError::Url { url: named() })?;
    let unreachable = |source: reqwest::Error| AskError::Unreachable {
        url: named(),
        source: source.without_url(),
    };
    let client = client(&full).map_err(unreachable)?;
    let mut response = client.get(full).send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(AskError::Refused { url: named(), status: response.status().as_u16() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(AskError::TooLarge { url: named() });
        }
        body.extend_from_slice(&chunk);
    }
    let unreadable = |source| AskError::Unreadable { url: named(), source };
    let value: Value = serde_json::from_slice(&body).map_err(unreadable)?;
    let status = Status::deserialize(&value).map_err(unreadable)?;
    Ok((value, status))
}

/// Plain HTTP, as on this machine, needs no certificates, and there may be none.
fn client(url: &reqwest::Url) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        builder.no_proxy().tls_certs_only(std::iter::empty()).build()
    } else {
        builder.build()
    }
}

fn print(shown: &Organization, now: Timestamp, terminal: &mut Terminal) {
    let title = terminal.marked(Mark::Strong, &shown.organization);
    let known = [shown.name.as_deref(), shown.plan.as_deref(), Some(shown.zone.as_str())];
    terminal.line(format_args!(
        "{title}  {}",
        known.into_iter().flatten().collect::<Vec<_>>().join(", ")
    ));
    let spends = shown.spend.iter().map(|spend| spend_row(spend, now)).collect();
    terminal.table(&["spend", "USD", "basis", "data", "resets"], spends, &[1]);
    let mut limits: Vec<Vec<String>> = shown.limits.spend.iter().map(limit_row).collect();
    limits.extend(shown.limits.quota.as_ref().map(quota_row));
    if !limits.is_empty() {
        terminal.table(&["limit", "of", "per"], limits, &[1]);
    }
    let reports = shown.reports.iter().map(|report| report_row(report, now)).collect();
    terminal.table(&["report", "heard", "data", "state"], reports, &[]);
    for one in &shown.unpriced {
        let warn = terminal.marked(Mark::Warn, "unpriced");
        terminal.line(format_args!(
            "{warn}: {} tokens of {} have no known price",
            one.tokens, one.model
        ));
    }
    terminal.line("");
}

fn spend_row(spend: &Spend, now: Timestamp) -> Vec<String> {
    vec![
        spend.period.clone(),
        spend.value.clone(),
        spend.basis.clone().unwrap_or_default(),
        spend.data_timestamp.map(|at| age(at, now)).unwrap_or_default(),
        format!("in {}", length(spend.until.duration_since(now))),
    ]
}

fn limit_row(limit: &SpendLimit) -> Vec<String> {
    let value = limit.value.clone().unwrap_or_else(|| "no cap".to_owned());
    vec![limit.scope.clone(), value, limit.period.clone()]
}

fn quota_row(quota: &Quota) -> Vec<String> {
    let reset = quota.resets_at.map(|at| format!("resets {at}")).unwrap_or_default();
    vec!["quota".to_owned(), format!("{} of {} tokens", quota.used, quota.limit), reset]
}

fn report_row(report: &Report, now: Timestamp) -> Vec<String> {
    let state = match (report.granted, report.cause.as_deref()) {
        (_, Some(cause)) => {
            let fix = report.fix.as_deref().unwrap_or_default();
            format!("{cause}. {fix}")
        }
        (Some(false), None) => "not granted".to_owned(),
        (_, None) => report.outcome.clone().unwrap_or_default(),
    };
    let filling = report.backfill.as_ref().filter(|fill| fill.buckets_read < fill.buckets_wanted);
    let filling = filling.map(|fill| {
        let percent = fill.buckets_read * 100 / fill.buckets_wanted.max(1);
        format!(" (history {percent} %)")
    });
    vec![
        report.report.clone(),
        report.heard_at.map(|at| age(at, now)).unwrap_or_else(|| "never".to_owned()),
        report.data_timestamp.map(|at| age(at, now)).unwrap_or_default(),
        state + &filling.unwrap_or_default(),
    ]
}

fn age(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", length(now.duration_since(at)))
}

/// As people say it: the largest unit that fits, and the next when it matters.
fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        let cases = [
            (-5, "0 s"),
            (59, "59 s"),
            (119, "119 s"),
            (600, "10 min"),
            (7_200, "2 h"),
            (864_000, "10 days"),
        ];
        for (seconds, shown) in cases {
            assert_eq!(length(SignedDuration::from_secs(seconds)), shown);
        }
    }
}
