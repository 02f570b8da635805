//! The audit log of both APIs: oldest first, each line once, without what our own polling leaves
//! in it.
//!
//! The Admin API has it in the Compliance API, which few keys may read: a refusal is an ordinary
//! answer ([`PollError::not_granted`]). The company API gives the newest lines and no way to
//! those before them, and its lines have no ids: they get one of all that they say.

use std::collections::HashSet;

use jiff::Timestamp;
use usagewarden_core::roster::Activity;

use super::asked::Asked;
use super::error::PollError;
use super::http::Question;
use super::paging::Dialect;
use super::wire::activities;
use super::{Api, Client};

/// What reading reports and this log leaves in it.
const OWN_NOISE: [&str; 3] = [
    "platform_cost_report_viewed",
    "platform_usage_report_messages_viewed",
    "compliance_api_accessed",
];
/// Of one page. The API gives five times as many; this keeps an answer small.
const LINES_OF_PAGE: usize = 1_000;

impl Client {
    /// At most `most` lines from `since` on, oldest first. Whoever gets as many asks on from
    /// the last one's moment.
    pub async fn activities(
        &self,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Activity>, PollError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let lines = match self.api {
            Api::Admin => self.admin_activities(since, most).await?,
            Api::Company => self.company_activities(most).await?,
        };
        Ok(in_order(lines, since, most))
    }

    async fn admin_activities(
        &self,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Activity>, PollError> {
        let question = Question::new(Asked::Activities, &["compliance", "activities"])
            .with("created_at.gte", since.to_string())
            .with("order", "asc")
            .with("limit", most.min(LINES_OF_PAGE).to_string())
            .each("exclude_activity_types[]", &OWN_NOISE);
        let decode = |body: &[u8]| activities::decode_page(body, self.http.scrub());
        Ok(self.http.walk_to(&question, Dialect::Id, most, decode).await?.items)
    }

    async fn company_activities(&self, most: usize) -> Result<Vec<Activity>, PollError> {
        let organization = self.organization_id().await?;
        let path = ["organizations", &organization, "audit_logs"];
        let question = Question::new(Asked::Activities, &path)
            .with("limit", most.min(LINES_OF_PAGE).to_string());
        let decode = |body: &[u8]| activities::decode_list(body, self.http.scrub());
        self.http.one(&question, decode).await
    }
}

/// A gateway may ignore what it was asked, and a page may repeat what the last one said.
fn in_order(mut lines: Vec<Activity>, since: Timestamp, most: usize) -> Vec<Activity> {
    let mut known = HashSet::new();
    lines.retain(|line| {
        line.at >= since
            && !OWN_NOISE.contains(&line.kind.as_str())
            && known.insert(line.id.clone())
    });
    lines.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    lines.truncate(most);
    lines
}
