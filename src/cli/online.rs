//! Asking everyone the daemon will ask: keys, reports, mail servers.

mod limits;
pub(super) mod pipeline;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use usagewarden_core::reading::Report;
use usagewarden_core::roster::Profile;
use usagewarden_core::subject::ChannelName;
use usagewarden_core::window::{Width, Window};

use crate::app::{self, HttpError};
use crate::chain::Chain;
use crate::claude::{Client, PollError};
use crate::cli::wording::{count, grouped};
use crate::clock::{Clock, SystemClock};
use crate::config::{Api, Config, Organization};

/// How one question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    Good,
    /// Not offered to this organization, and nothing is wrong with that.
    Absent,
    Failed,
}

/// One question and its answer, in words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) about: String,
    pub(super) standing: Standing,
    pub(super) said: String,
    pub(super) cause: Option<String>,
    pub(super) fix: Option<String>,
}

impl Finding {
    fn good(about: String, said: impl Into<String>) -> Self {
        Self { about, standing: Standing::Good, said: said.into(), cause: None, fix: None }
    }

    fn failed(about: String, error: &PollError) -> Self {
        let advice = error.advice();
        Self {
            about,
            standing: Standing::Failed,
            said: Chain(error).to_string(),
            cause: Some(advice.cause),
            fix: Some(advice.fix),
        }
    }

    fn absent(about: String, error: &PollError) -> Self {
        Self {
            about,
            standing: Standing::Absent,
            said: format!("not granted to this organization ({error})"),
            cause: None,
            fix: None,
        }
    }
}

/// Asks on behalf of every organization and channel; never stops at the first failure.
pub(super) async fn ask_everyone(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for organization in &config.organizations {
        findings.extend(ask_organization(organization, config).await);
    }
    for (channel, answer) in app::greet_mail_servers(config).await {
        let about = format!("channel {channel}");
        findings.push(match answer {
            Ok(()) => Finding::good(about, "the mail server took the login"),
            Err(error) => Finding {
                about,
                standing: Standing::Failed,
                said: Chain(&error).to_string(),
                cause: None,
                fix: Some("Check `server`, `tls`, `username` and `password` of the channel".into()),
            },
        });
    }
    for (channel, answer) in app::greet_webhooks(config, Arc::new(SystemClock)).await {
        findings.push(greeted(format!("channel {channel}"), &channel, answer));
    }
    findings
}

/// A webhook cannot be asked whether it would take a notice.
fn greeted(about: String, channel: &ChannelName, answer: Result<(), HttpError>) -> Finding {
    match answer {
        Ok(()) => Finding::good(
            about,
            format!(
                "its host answers; whether it takes notices, `usagewarden test-notice {channel}` shows"
            ),
        ),
        Err(error) => Finding {
            about,
            standing: Standing::Failed,
            said: Chain(&error).to_string(),
            cause: None,
            fix: Some("Check `url` and `ca_file` of the channel, and proxy variables".into()),
        },
    }
}

async fn ask_organization(organization: &Organization, config: &Config) -> Vec<Finding> {
    let clock = Arc::new(SystemClock);
    let client = app::client(organization, clock.clone());
    let name = &organization.name;
    let profile = match client.profile().await {
        Ok(profile) => profile,
        // Without an answer to the simplest question, the rest would only say the same again.
        Err(error) => return vec![Finding::failed(format!("organization {name}"), &error)],
    };
    let mut findings = vec![identity(organization, &profile)];
    for &report in app::reports_of(organization.api) {
        let about = format!("organization {name}, {report}");
        findings.push(match ask(&client, organization.api, report, clock.now()).await {
            Ok(said) => Finding::good(about, said),
            Err(error) if error.not_granted() => Finding::absent(about, &error),
            Err(error) => Finding::failed(about, &error),
        });
    }
    findings.extend(limits::ask(&client, organization, config, clock.now()).await);
    findings
}

/// Whether the key belongs to the organization that the operator meant.
fn identity(organization: &Organization, profile: &Profile) -> Finding {
    let about = format!("organization {}", organization.name);
    let said = format!("{} ({})", profile.name, profile.id);
    match &organization.expect_name {
        Some(expected) if *expected != profile.name => Finding {
            about,
            standing: Standing::Failed,
            said: format!("the key belongs to {said}, not to {expected}"),
            cause: Some("the key is of another organization, or that one was renamed".into()),
            fix: Some("Use the key of the organization you mean, or correct `expect_name`".into()),
        },
        Some(_) | None => Finding::good(about, said),
    }
}

/// Lines of the audit log that are asked for: enough to see that there are some.
const LINES_MOST: usize = 100;

/// One small question to one report, and what came of it in a few words.
async fn ask(
    client: &Client,
    api: Api,
    report: Report,
    now: Timestamp,
) -> Result<String, PollError> {
    let day =
        Window::new(Width::Day.floor(now), Width::Day.ceil(now + SignedDuration::from_secs(1)))
            .expect("a day is not empty");
    let hour = Width::Hour.bucket(now - SignedDuration::from_hours(1));
    Ok(match report {
        Report::Usage if api == Api::Company => {
            let date = now.to_zoned(jiff::tz::TimeZone::UTC).date();
            let totals = client.day_totals(date, date).await?;
            format!("{} tokens today", grouped(totals.total_tokens))
        }
        Report::Usage => {
            let buckets = client.usage(Width::Hour, hour).await?;
            let series: usize = buckets.iter().map(|bucket| bucket.rows().len()).sum();
            format!("{series} series in the last hour")
        }
        Report::Cost => {
            let bills = client.cost(day).await?;
            let sum: usagewarden_core::amount::Amount = bills.iter().map(|bill| bill.total()).sum();
            format!("{sum} billed so far today")
        }
        Report::Analytics => {
            client.analytics_cost(Width::Hour, hour).await?;
            "granted".to_owned()
        }
        Report::Company => "answered".to_owned(),
        Report::Quota => {
            let quota = client.quota().await?;
            format!("{} of {} tokens used", grouped(quota.used), grouped(quota.limit))
        }
        Report::RateLimits => count(client.rate_limits().await?.len(), "limit"),
        Report::SpendLimits => count(client.spend_limits().await?.len(), "limit"),
        Report::Keys => count(client.keys().await?.len(), "key"),
        Report::Members => count(client.users().await?.len(), "member"),
        Report::Audit => {
            let since = now - SignedDuration::from_hours(1);
            let lines = client.activities(since, LINES_MOST).await?.len();
            let or_more = if lines == LINES_MOST { " or more" } else { "" };
            format!("{}{or_more} in the last hour", count(lines, "line"))
        }
    })
}
