//! Questions of the company API, as the guides describe it.
//!
//! Nothing here has pages. The profile is cached, and says how fast to ask.

use std::collections::HashMap;

use jiff::civil::Date;
use usagewarden_core::roster::{ApiKey, DayTotals, Member, Membership, Profile, Quota};

use super::asked::Asked;
use super::error::PollError;
use super::http::Question;
use super::wire::company;
use super::{Api, Client};

/// Who the key is: its role, and the organization it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    pub role: String,
    pub organization: String,
}

impl Client {
    /// Who the organization is. A company's answer is good for a while.
    pub async fn profile(&self) -> Result<Profile, PollError> {
        match self.api {
            Api::Admin => self.admin_profile().await,
            Api::Company => self.company_profile().await,
        }
    }

    async fn company_profile(&self) -> Result<Profile, PollError> {
        if let Some(profile) = self.profile.get() {
            return Ok(profile);
        }
        let asked_at = self.profile.now();
        let question = Question::new(Asked::Profile, &["organizations", "company"]);
        let profile = self.http.one(&question, company::decode_profile).await?;
        self.profile.keep(asked_at, &profile);
        if let Some(requests_per_minute) = profile.requests_per_minute {
            self.http.pacing().learn(requests_per_minute);
        }
        Ok(profile)
    }

    /// Tokens used and left of the period.
    pub async fn quota(&self) -> Result<Quota, PollError> {
        let question = Question::new(Asked::Quota, &["organizations", "company", "usage"]);
        self.http.one(&question, company::decode_quota).await
    }

    /// Tokens and dollars from `first` to `last`. The guides do not say whether `last` is
    /// counted; their sample, thirty days back to today, reads as though it were.
    pub async fn day_totals(&self, first: Date, last: Date) -> Result<DayTotals, PollError> {
        let id = self.organization_id().await?;
        let question = Question::new(Asked::DayTotals, &["organizations", &id, "usage"])
            .with("start_date", first.to_string())
            .with("end_date", last.to_string());
        self.http.one(&question, company::decode_totals).await
    }

    /// The organizations the key may see.
    pub async fn memberships(&self) -> Result<Vec<Membership>, PollError> {
        let question = Question::new(Asked::Organizations, &["organizations"]);
        self.http.one(&question, company::decode_memberships).await
    }

    /// The key's own role.
    pub async fn me(&self) -> Result<Me, PollError> {
        let question = Question::new(Asked::Me, &["me"]);
        let (role, organization) = self.http.one(&question, company::decode_me).await?;
        Ok(Me { role, organization })
    }

    pub(super) async fn company_users(&self) -> Result<Vec<Member>, PollError> {
        let id = self.organization_id().await?;
        let question = Question::new(Asked::Users, &["organizations", &id, "users"]);
        self.http.one(&question, company::decode_users).await
    }

    /// One list has the states of keys and the other their names. Names are worth a second
    /// question, and not worth failing for: not every gateway serves both.
    pub(super) async fn company_keys(&self) -> Result<Vec<ApiKey>, PollError> {
        let stated = Question::new(Asked::Keys, &["organizations", "company", "api_keys"]);
        let listed = self.http.one(&stated, company::decode_keys).await?;
        let id = self.organization_id().await?;
        let named = Question::new(Asked::Keys, &["organizations", &id, "api_keys"]);
        let names = match self.http.one(&named, company::decode_keys).await {
            Ok(named) => named,
            Err(PollError::NotFound { .. } | PollError::Forbidden { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut names: HashMap<_, _> =
            names.into_iter().filter_map(|one| Some((one.key.id, one.name?))).collect();
        let with_name = |one: company::ListedKey| {
            let name = one.name.or_else(|| names.remove(&one.key.id)).unwrap_or(one.key.name);
            ApiKey { name, ..one.key }
        };
        Ok(listed.into_iter().map(with_name).collect())
    }

    /// As configured, else as the profile says.
    pub(super) async fn organization_id(&self) -> Result<String, PollError> {
        match &self.company_id {
            Some(id) => Ok(id.clone()),
            None => Ok(self.profile().await?.id),
        }
    }
}
