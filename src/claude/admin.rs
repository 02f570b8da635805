//! Questions of the published Admin API.
//!
//! Windows are cut to what one question may span, and buckets to the window asked for.
//! The default workspace's real id is learned before anything that could show it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::reading::{BillBucket, RequestBucket, UsageBucket};
use usagewarden_core::window::{Width, Window};

use super::asked::Asked;
use super::error::PollError;
use super::http::Question;
use super::pacing::Budget;
use super::paging::Dialect;
use super::wire::{self, Misread, analytics};
use super::{Client, Refreshed};

mod inventory;

pub(super) use inventory::BETA_SPEND_LIMITS;

pub(super) const BETA_ANALYTICS: &str = "analytics-usage-cost-2026-08-24";
/// Rows of a page of analytics; the most it gives.
const ROWS: &str = "1000";

/// Analytics has nothing before this day, anywhere: 2026-01-01T00:00:00Z.
const ANALYTICS_BEGINS: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// The earliest start analytics accepts at `now`: within the last 365 days, and not before
/// it began. Rounded up to the day.
pub fn analytics_reach(now: Timestamp) -> Timestamp {
    let year = SignedDuration::from_hours(365 * 24);
    Width::Day.ceil(now.checked_sub(year).unwrap_or(now)).max(ANALYTICS_BEGINS)
}

/// Buckets of one page: of minutes and hours fewer than allowed, since a page is held in memory.
const fn buckets_of_page(width: Width) -> &'static str {
    match width {
        Width::Minute => "360",
        Width::Hour => "168",
        Width::Day => "31",
    }
}

/// The longest range analytics answers at once.
const fn analytics_span(width: Width) -> SignedDuration {
    match width {
        Width::Minute => SignedDuration::from_hours(24),
        Width::Hour | Width::Day => SignedDuration::from_hours(31 * 24),
    }
}

impl Client {
    /// Tokens of `window` by workspace, model, key, tier and geography: every bucket there is, oldest first.
    pub async fn usage(&self, width: Width, window: Window) -> Result<Vec<UsageBucket>, PollError> {
        let question = over(Asked::Usage, &["organizations", "usage_report", "messages"], window)
            .with("bucket_width", width.wire())
            .with("limit", buckets_of_page(width))
            .each(
                "group_by[]",
                &["workspace_id", "model", "api_key_id", "service_tier", "inference_geo"],
            );
        let names = self.workspaces.names();
        let decode = |body: &[u8]| wire::usage::decode(body, width, &names);
        let walked = self.http.walk(&question, Dialect::Report, decode).await?;
        Ok(within(width, window, walked.items, UsageBucket::from))
    }

    /// Money billed by the day, by workspace and what was charged for.
    pub async fn cost(&self, window: Window) -> Result<Vec<BillBucket>, PollError> {
        let question = over(Asked::Cost, &["organizations", "cost_report"], window)
            .with("bucket_width", Width::Day.wire())
            .with("limit", buckets_of_page(Width::Day))
            .each("group_by[]", &["workspace_id", "description"]);
        let names = self.workspaces.names();
        let decode = |body: &[u8]| wire::cost::decode(body, &names);
        let walked = self.http.walk(&question, Dialect::Report, decode).await?;
        Ok(within(Width::Day, window, walked.items, BillBucket::from))
    }

    /// Money billed, after discount, by all that usage is grouped by and by kind of charge.
    /// `window` begins no earlier than [`analytics_reach`].
    pub async fn analytics_cost(
        &self,
        width: Width,
        window: Window,
    ) -> Result<Refreshed<BillBucket>, PollError> {
        let groups = [
            "workspace_id",
            "model",
            "api_key_id",
            "service_tier",
            "inference_geo",
            "cost_type",
            "token_type",
        ];
        let names = self.names_with_default().await?;
        let decode = |body: &[u8]| analytics::decode_cost(body, &names);
        let rows =
            self.analytics(Asked::AnalyticsCost, "cost", width, window, &groups, decode).await?;
        let buckets = grouped(width, window, rows.buckets)
            .map(|(from, rows)| BillBucket::new(width, from, rows))
            .collect();
        Ok(Refreshed { buckets, refreshed_at: rows.refreshed_at })
    }

    /// Requests by the hour, by workspace and model.
    pub async fn analytics_requests(
        &self,
        window: Window,
    ) -> Result<Refreshed<RequestBucket>, PollError> {
        let groups = ["workspace_id", "model"];
        let names = self.names_with_default().await?;
        let decode = |body: &[u8]| analytics::decode_requests(body, &names);
        let (asked, width) = (Asked::AnalyticsUsage, Width::Hour);
        let rows = self.analytics(asked, "usage", width, window, &groups, decode).await?;
        let buckets = grouped(width, window, rows.buckets)
            .map(|(from, rows)| RequestBucket { from, rows: summed(rows) })
            .collect();
        Ok(Refreshed { buckets, refreshed_at: rows.refreshed_at })
    }

    /// All rows of a window, asked in spans no longer than one answer may cover.
    async fn analytics<T>(
        &self,
        asked: Asked,
        report: &'static str,
        width: Width,
        window: Window,
        groups: &[&str],
        decode: impl Fn(&[u8]) -> Result<super::Page<(Timestamp, T)>, Misread>,
    ) -> Result<Refreshed<(Timestamp, T)>, PollError> {
        let (mut rows, mut refreshed_at) = (Vec::new(), None);
        for span in spans(window, analytics_span(width)) {
            let question = over(asked, &["organizations", "analytics", report], span)
                .with("time_bucket_width", width.wire())
                .with("limit", ROWS)
                .with("order_by", "time")
                .with("order", "asc")
                .each("group_by[]", groups)
                .preview(BETA_ANALYTICS, Budget::Analytics);
            let walked = self.http.walk(&question, Dialect::Report, &decode).await?;
            rows.extend(walked.items);
            let at = walked.refreshed_at.ok_or_else(|| {
                self.http.unreadable(asked, Misread::because("no `data_refreshed_at`"))
            })?;
            refreshed_at = Some(refreshed_at.map_or(at, |earlier: Timestamp| earlier.min(at)));
        }
        // A window is never empty, so neither are its spans.
        let refreshed_at = refreshed_at.unwrap_or(window.from());
        Ok(Refreshed { buckets: rows, refreshed_at })
    }
}

pub(super) fn over(asked: Asked, path: &[&str], window: Window) -> Question {
    Question::new(asked, path)
        .with("starting_at", window.from().to_string())
        .with("ending_at", window.until().to_string())
}

/// `window` cut into pieces no longer than `longest`, oldest first.
fn spans(window: Window, longest: SignedDuration) -> impl Iterator<Item = Window> {
    let mut from = window.from();
    std::iter::from_fn(move || {
        let until = from.checked_add(longest).map_or(window.until(), |at| at.min(window.until()));
        let span = Window::new(from, until)?;
        from = until;
        Some(span)
    })
}

/// The buckets that touch `window`, oldest first, each once: what the API sends beyond
/// the question was not asked for.
fn within<T>(
    width: Width,
    window: Window,
    buckets: Vec<T>,
    from: impl Fn(&T) -> Timestamp,
) -> Vec<T> {
    let wanted = width.floor(window.from())..window.until();
    let by_time: BTreeMap<Timestamp, T> = buckets
        .into_iter()
        .map(|bucket| (from(&bucket), bucket))
        .filter(|(from, _)| wanted.contains(from))
        .collect();
    by_time.into_values().collect()
}

/// Rows by the bucket they fall in.
fn grouped<T>(
    width: Width,
    window: Window,
    rows: Vec<(Timestamp, T)>,
) -> impl Iterator<Item = (Timestamp, Vec<T>)> {
    let wanted = width.floor(window.from())..window.until();
    let mut by_time: BTreeMap<Timestamp, Vec<T>> = BTreeMap::new();
    for (at, row) in rows {
        let from = width.floor(at);
        if wanted.contains(&from) {
            by_time.entry(from).or_default().push(row);
        }
    }
    by_time.into_iter()
}

fn summed<K: Ord>(rows: Vec<(K, u64)>) -> Vec<(K, u64)> {
    let mut sums: BTreeMap<K, u64> = BTreeMap::new();
    for (of, requests) in rows {
        let sum = sums.entry(of).or_default();
        *sum = sum.saturating_add(requests);
    }
    sums.into_iter().collect()
}
