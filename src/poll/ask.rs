//! What is asked for each report, and what comes of the answer.

use jiff::Timestamp;
use usagewarden_core::reading::{BillSource, Findings, Report};
use usagewarden_core::window::{Width, Window};

use super::company::{self, LastDay};
use super::windows::Request;
use crate::claude::{Api, Client, PollError, Refreshed};

/// One answer, as it will be committed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) report: Report,
    /// When we asked.
    pub(super) heard_at: Timestamp,
    pub(super) findings: Findings,
}

/// Asks for one window of a report. `last_day` is what is known of the company API's
/// ranges, and is learned from its answers.
pub(super) async fn window(
    client: &Client,
    report: Report,
    request: &Request,
    last_day: &mut LastDay,
    heard_at: Timestamp,
) -> Result<Vec<Answer>, PollError> {
    let (width, window) = (request.width, request.window);
    let answer = |report, findings| Answer { report, heard_at, findings };
    match (client.api(), report) {
        (Api::Company, _) => {
            let day = window.from();
            let (totals, learned) = company::totals(client, *last_day, day, heard_at).await?;
            *last_day = learned;
            let (usage, bill) = company::findings(day, &totals);
            Ok(vec![answer(Report::Usage, usage), answer(Report::Cost, bill)])
        }
        (Api::Admin, Report::Analytics) => {
            let findings = analytics(client, window).await?;
            Ok(findings.into_iter().map(|findings| answer(report, findings)).collect())
        }
        (Api::Admin, Report::Cost) => {
            let buckets = client.cost(window).await?;
            let source = BillSource::CostReport;
            let bill = Findings::Bill { source, width, window, refreshed_at: None, buckets };
            Ok(vec![answer(report, bill)])
        }
        (
            Api::Admin,
            Report::Usage
            | Report::Company
            | Report::Quota
            | Report::RateLimits
            | Report::SpendLimits
            | Report::Keys
            | Report::Members
            | Report::Audit,
        ) => {
            let buckets = client.usage(width, window).await?;
            Ok(vec![answer(report, Findings::Usage { width, window, buckets })])
        }
    }
}

/// Requests before money: coverage follows the money, so a crash between the two
/// commits leaves both to be asked for again.
async fn analytics(client: &Client, window: Window) -> Result<Vec<Findings>, PollError> {
    let Refreshed { buckets, refreshed_at } = client.analytics_cost(Width::Hour, window).await?;
    let bill = Findings::Bill {
        source: BillSource::Analytics,
        width: Width::Hour,
        window,
        refreshed_at: Some(refreshed_at),
        buckets,
    };
    match client.analytics_requests(window).await {
        Ok(Refreshed { buckets, refreshed_at }) => {
            Ok(vec![Findings::Requests { window, refreshed_at, buckets }, bill])
        }
        // One of the two may be granted without the other.
        Err(error) if error.not_granted() => Ok(vec![bill]),
        Err(error) => Err(error),
    }
}

/// Lines of the audit log that one poll takes. What is beyond comes with the next.
const LINES_MOST: usize = 2_000;

/// Asks for what the audit log has since a moment.
pub(super) async fn activities(client: &Client, since: Timestamp) -> Result<Findings, PollError> {
    let activities = client.activities(since, LINES_MOST).await?;
    Ok(Findings::Activities { complete: activities.len() < LINES_MOST, activities })
}

/// Asks for an inventory: each answer is the whole. Reports of figures, and the audit log, have none.
pub(super) async fn inventory(
    client: &Client,
    report: Report,
) -> Result<Option<Findings>, PollError> {
    Ok(match report {
        Report::Company => Some(Findings::Profile(client.profile().await?)),
        Report::Quota => Some(Findings::Quota(client.quota().await?)),
        Report::RateLimits => Some(Findings::RateLimits(client.rate_limits().await?)),
        Report::SpendLimits => Some(Findings::SpendLimits(client.spend_limits().await?)),
        Report::Keys => Some(Findings::Keys {
            workspaces: client.workspaces().await?,
            keys: client.keys().await?,
        }),
        Report::Members => Some(Findings::Members {
            members: client.users().await?,
            invites: client.invites().await?,
        }),
        Report::Usage | Report::Cost | Report::Analytics | Report::Audit => None,
    })
}
