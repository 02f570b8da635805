//! Lists of the Admin API: workspaces, keys, members, invites, limits.

use std::collections::HashSet;

use usagewarden_core::roster::{ApiKey, Invite, Member, Profile, RateLimit, SpendLimit, Workspace};
use usagewarden_core::subject::WorkspaceId;

use crate::claude::asked::Asked;
use crate::claude::error::PollError;
use crate::claude::http::Question;
use crate::claude::names::Names;
use crate::claude::pacing::Budget;
use crate::claude::paging::{Dialect, Page};
use crate::claude::wire::{self, Misread, company, keys, limits, roster};
use crate::claude::{Api, Client};

pub(in crate::claude) const BETA_SPEND_LIMITS: &str = "spend-limit-reads-2026-09-26";
/// Entries of a page of a list; the most it gives.
const ENTRIES: &str = "1000";

impl Client {
    pub(in crate::claude) async fn admin_profile(&self) -> Result<Profile, PollError> {
        let question = Question::new(Asked::Profile, &["organizations", "me"]);
        self.http.one(&question, company::decode_profile).await
    }

    /// All workspaces, archived ones too: history names them. The company API has none.
    ///
    /// The default workspace is listed only when asked for, and nothing in it says that it
    /// is the default. So the list is read with it and then without: what the second
    /// lacks is it. A workspace made in between is in the second alone.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, PollError> {
        if self.api == Api::Company {
            return Ok(Vec::new());
        }
        let all = self.list_workspaces("true").await?;
        let others = self.list_workspaces("false").await?;
        let others: HashSet<&str> = others.iter().map(|other| other.api_id.as_str()).collect();
        let mut alone = all.iter().filter(|one| !others.contains(one.api_id.as_str()));
        if let (Some(default), None) = (alone.next(), alone.next()) {
            self.workspaces.learn(&default.api_id);
        }
        let names = self.workspaces.names();
        Ok(all.into_iter().map(|one| one.named(&names)).collect())
    }

    async fn list_workspaces(&self, with_default: &str) -> Result<Vec<roster::Listed>, PollError> {
        let question = Question::new(Asked::Workspaces, &["organizations", "workspaces"])
            .with("limit", ENTRIES)
            .with("include_archived", "true")
            .with("include_default", with_default);
        Ok(self.http.walk(&question, Dialect::Id, roster::decode_workspaces).await?.items)
    }

    /// The names of things, the default workspace's among them. A key that may not list
    /// workspaces still reads what it may: then a real id stays as it is.
    pub(in crate::claude) async fn names_with_default(&self) -> Result<Names, PollError> {
        let names = self.workspaces.names();
        if names.knows_default() {
            return Ok(names);
        }
        match self.workspaces().await {
            Ok(_) | Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => {
                Ok(self.workspaces.names())
            }
            Err(error) => Err(error),
        }
    }

    /// All API keys, whatever their state.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, PollError> {
        if self.api == Api::Company {
            return self.company_keys().await;
        }
        let names = self.names_with_default().await?;
        self.list(Asked::Keys, "api_keys", |body| keys::decode(body, &names)).await
    }

    /// All members.
    pub async fn users(&self) -> Result<Vec<Member>, PollError> {
        match self.api {
            Api::Company => self.company_users().await,
            Api::Admin => self.list(Asked::Users, "users", roster::decode_users).await,
        }
    }

    /// Invites that are pending, accepted or expired. The company API has none.
    pub async fn invites(&self) -> Result<Vec<Invite>, PollError> {
        match self.api {
            Api::Company => Ok(Vec::new()),
            Api::Admin => self.list(Asked::Invites, "invites", roster::decode_invites).await,
        }
    }

    async fn list<T>(
        &self,
        asked: Asked,
        list: &'static str,
        decode: impl Fn(&[u8]) -> Result<Page<T>, Misread>,
    ) -> Result<Vec<T>, PollError> {
        let question = Question::new(asked, &["organizations", list]).with("limit", ENTRIES);
        Ok(self.http.walk(&question, Dialect::Id, decode).await?.items)
    }

    /// The organization's rate limits, then those that workspaces override. The default
    /// workspace cannot have any.
    pub async fn rate_limits(&self) -> Result<Vec<RateLimit>, PollError> {
        let own = Question::new(Asked::RateLimits, &["organizations", "rate_limits"]);
        let decode = |body: &[u8]| limits::decode_rate_limits(body, None);
        let mut all = self.http.walk(&own, Dialect::Bare, decode).await?.items;
        for workspace in self.workspaces().await? {
            if workspace.archived || workspace.id.as_str() == WorkspaceId::DEFAULT {
                continue;
            }
            all.extend(self.workspace_rate_limits(&workspace).await?);
        }
        Ok(all)
    }

    async fn workspace_rate_limits(&self, of: &Workspace) -> Result<Vec<RateLimit>, PollError> {
        let path = ["organizations", "workspaces", &of.api_id, "rate_limits"];
        let decode = |body: &[u8]| limits::decode_rate_limits(body, Some(&of.id));
        match self.http.walk(&Question::new(Asked::RateLimits, &path), Dialect::Bare, decode).await
        {
            Ok(walked) => Ok(walked.items),
            // It was deleted since the list was read.
            Err(PollError::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Every spend limit the organization may list, the usage tier's among them.
    pub async fn spend_limits(&self) -> Result<Vec<SpendLimit>, PollError> {
        let question = Question::new(Asked::SpendLimits, &["organizations", "spend_limits"])
            .preview(BETA_SPEND_LIMITS, Budget::SpendLimits);
        let names = self.workspaces.names();
        let decode = |body: &[u8]| wire::limits::decode_spend_limits(body, &names);
        Ok(self.http.walk(&question, Dialect::Bare, decode).await?.items)
    }
}
