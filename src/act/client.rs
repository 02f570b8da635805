//! The Claude API as acting needs it.

use async_trait::async_trait;
use usagewarden_core::action::Target;
use usagewarden_core::action::course::{Change, Sight};
use usagewarden_core::roster::Profile;
use usagewarden_core::subject::{ApiKeyId, WorkspaceId};

use crate::act::api::{Api, Trouble};
use crate::chain::Chain;
use crate::claude::{self, Client, KeyStatus, PollError, Recovery, SpendScope};

/// Asks with the key that may write.
#[derive(Debug)]
pub struct Asking {
    client: Client,
    api: claude::Api,
}

impl Asking {
    pub const fn new(client: Client, api: claude::Api) -> Self {
        Self { client, api }
    }

    async fn set_key(&self, id: &ApiKeyId, status: KeyStatus) -> Result<(), Trouble> {
        let key = self.client.set_key_status(id, status).await.map_err(trouble)?;
        if key.id == *id && key.status == status.word() {
            return Ok(());
        }
        let said = format!("the API answered that the key {} is {}", key.id, key.status);
        Err(Trouble::Failed { said, hint: None, doubtful: true, everywhere: false })
    }
}

#[async_trait]
impl Api for Asking {
    async fn owner(&self) -> Result<Profile, Trouble> {
        self.client.profile().await.map_err(trouble)
    }

    async fn look(&self, target: &Target) -> Result<Sight, Trouble> {
        match (target, self.api) {
            (Target::Key { id, .. }, _) => {
                self.client.key(id).await.map(Sight::Key).map_err(trouble)
            }
            (Target::SpendLimit { .. }, claude::Api::Admin) => {
                self.client.spend_limits().await.map(Sight::SpendLimits).map_err(trouble)
            }
            (Target::RateLimit { .. }, claude::Api::Admin) => {
                self.client.rate_limits().await.map(Sight::RateLimits).map_err(trouble)
            }
            (Target::SpendLimit { .. } | Target::RateLimit { .. }, claude::Api::Company)
            | (Target::Webhook { .. }, _) => Ok(Sight::Blind),
        }
    }

    async fn make(&self, change: &Change) -> Result<(), Trouble> {
        let client = &self.client;
        match change {
            Change::DisableKey { id } => return self.set_key(id, KeyStatus::Inactive).await,
            Change::EnableKey { id } => return self.set_key(id, KeyStatus::Active).await,
            Change::SetSpendLimit { workspace, amount } => {
                client.set_spend_limit(&scope(workspace.as_ref()), *amount).await.map(drop)
            }
            Change::RemoveSpendLimit { id } => client.remove_spend_limit(id).await,
            Change::SetRateLimit { workspace, limit_id, limiter, value } => {
                client.set_rate_limit(workspace, limit_id, &[(limiter.clone(), *value)]).await
            }
            Change::Call { channel } => {
                return Err(Trouble::refused(format!(
                    "the webhook {channel} is not part of the API"
                )));
            }
        }
        .map_err(trouble)
    }
}

fn scope(workspace: Option<&WorkspaceId>) -> SpendScope {
    workspace.map_or(SpendScope::Organization, |id| SpendScope::Workspace(id.clone()))
}

/// What a failure means here: a no is final, unless it is the way there that says it.
fn trouble(error: PollError) -> Trouble {
    let is_final = match error.outcome() {
        claude::Outcome::Refused => error.recovery() == Recovery::TellOperator,
        claude::Outcome::Ok
        | claude::Outcome::Throttled
        | claude::Outcome::Unreachable
        | claude::Outcome::Failed
        | claude::Outcome::Unreadable => false,
    };
    if is_final {
        let advice = error.advice();
        return Trouble::refused(format!("{}. {}", advice.cause, advice.fix));
    }
    let hint = match error.recovery() {
        Recovery::Retry { after } => after,
        Recovery::WaitForSpend | Recovery::TellOperator => None,
    };
    let everywhere = match error.outcome() {
        claude::Outcome::Throttled | claude::Outcome::Unreachable => true,
        claude::Outcome::Ok
        | claude::Outcome::Refused
        | claude::Outcome::Failed
        | claude::Outcome::Unreadable => false,
    };
    let doubtful = error.is_doubtful();
    Trouble::Failed { said: Chain(&error).to_string(), hint, doubtful, everywhere }
}
