//! What a key may read, found out by asking for one line of everything once.
//!
//! Nothing is changed by it, so whether a key may write is not found out: an Admin key has no
//! scopes to choose, and a company says the role of its key ([`Client::me`]).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use usagewarden_core::window::{Width, Window};

use super::admin::{BETA_ANALYTICS, BETA_SPEND_LIMITS, over};
use super::asked::Asked;
use super::error::PollError;
use super::http::Question;
use super::pacing::Budget;
use super::{Api, Client};

impl Client {
    /// What can be read, in the order of the documentation, each with the answer it got.
    pub async fn permissions(&self) -> Vec<(Asked, Result<(), PollError>)> {
        match self.api {
            Api::Admin => self.admin_permissions().await,
            Api::Company => self.company_permissions().await,
        }
    }

    async fn admin_permissions(&self) -> Vec<(Asked, Result<(), PollError>)> {
        let mut found = Vec::new();
        for question in probes(self.http.now()) {
            // That it answers with success is all there is to know.
            found.push((question.asked, self.http.one(&question, |_| Ok(())).await));
        }
        found
    }

    async fn company_permissions(&self) -> Vec<(Asked, Result<(), PollError>)> {
        let today = self.http.now().to_zoned(TimeZone::UTC).date();
        vec![
            (Asked::Me, self.me().await.map(|_| ())),
            (Asked::Profile, self.profile().await.map(|_| ())),
            (Asked::Organizations, self.memberships().await.map(|_| ())),
            (Asked::Quota, self.quota().await.map(|_| ())),
            (Asked::DayTotals, self.day_totals(today, today).await.map(|_| ())),
            (Asked::Keys, self.company_keys().await.map(|_| ())),
            (Asked::Users, self.company_users().await.map(|_| ())),
            (Asked::Activities, self.activities(self.http.now(), 1).await.map(|_| ())),
        ]
    }
}

/// One line of everything the Admin API lets some key read.
fn probes(now: Timestamp) -> Vec<Question> {
    let list = |asked, list| Question::new(asked, &["organizations", list]).with("limit", "1");
    let report = |asked, path: &[&str], width: Width| {
        let last = last_whole(width, now);
        over(asked, path, last).with("bucket_width", width.wire()).with("limit", "1")
    };
    let analytics = |asked, name| {
        over(asked, &["organizations", "analytics", name], last_whole(Width::Hour, now))
            .with("time_bucket_width", Width::Hour.wire())
            .with("limit", "1")
            .preview(BETA_ANALYTICS, Budget::Analytics)
    };
    vec![
        Question::new(Asked::Profile, &["organizations", "me"]),
        list(Asked::Users, "users"),
        list(Asked::Invites, "invites"),
        list(Asked::Workspaces, "workspaces"),
        list(Asked::Keys, "api_keys"),
        report(Asked::Usage, &["organizations", "usage_report", "messages"], Width::Hour),
        report(Asked::Cost, &["organizations", "cost_report"], Width::Day),
        analytics(Asked::AnalyticsUsage, "usage"),
        analytics(Asked::AnalyticsCost, "cost"),
        list(Asked::RateLimits, "rate_limits"),
        list(Asked::SpendLimits, "spend_limits").preview(BETA_SPEND_LIMITS, Budget::SpendLimits),
        Question::new(Asked::Activities, &["compliance", "activities"]).with("limit", "1"),
    ]
}

/// The last bucket that is over.
fn last_whole(width: Width, now: Timestamp) -> Window {
    let until = width.floor(now);
    Window::new(until - width.duration(), until).expect("it begins before it ends")
}
