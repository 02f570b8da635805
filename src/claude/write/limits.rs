//! Limits: of money, in the unit of each API, and of requests and tokens by the minute.

use reqwest::Method;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;
use usagewarden_core::amount::Amount;
use usagewarden_core::roster::SpendLimit;
use usagewarden_core::subject::WorkspaceId;

use super::{not_offered, step, unsendable};
use crate::claude::admin::BETA_SPEND_LIMITS;
use crate::claude::asked::Asked;
use crate::claude::error::PollError;
use crate::claude::http::Question;
use crate::claude::pacing::Budget;
use crate::claude::wire::limits;
use crate::claude::{Api, Client};

/// Whose spend limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpendScope {
    Organization,
    Workspace(WorkspaceId),
}

const NO_WORKSPACES: &str = "The company API of the guides knows no workspaces: set the limit of the whole \
                             organization instead";
const NO_DEFAULT_LIMIT: &str = "The default workspace cannot be given limits: set the limit of the whole \
                                organization, or move the traffic to a workspace of its own";
const NO_REMOVAL: &str = "The company API of the guides can set a spend limit and not remove one: set a \
                          higher one instead";
const NO_RATE_LIMITS: &str = "The company API of the guides shows rate limits and cannot change them: ask \
                              whoever runs it";
/// As many as one question may set.
const LIMITERS_MOST: usize = 16;

#[derive(Serialize)]
struct Limit<'a> {
    scope: Scope<'a>,
    amount: String,
    period: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Scope<'a> {
    Organization,
    Workspace { workspace_id: &'a str },
}

#[derive(Serialize)]
struct Billing {
    spending_limit: SpendingLimit,
}

#[derive(Serialize)]
struct SpendingLimit {
    amount: Box<RawValue>,
    currency: &'static str,
}

#[derive(Serialize)]
struct Limiters<'a> {
    limits: Vec<Limiter<'a>>,
}

#[derive(Serialize)]
struct Limiter<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    value: Option<u64>,
}

impl Client {
    /// Sets the monthly spend limit of `scope`. The Admin API answers with the limit; the
    /// company API with nothing, and cannot be asked for it either.
    pub async fn set_spend_limit(
        &self,
        scope: &SpendScope,
        amount: Amount,
    ) -> Result<Option<SpendLimit>, PollError> {
        let cents = whole_cents(amount)?;
        match self.api {
            Api::Admin => self.set_admin_limit(scope, cents).await.map(Some),
            Api::Company => self.set_company_limit(scope, cents).await.map(|()| None),
        }
    }

    async fn set_admin_limit(
        &self,
        scope: &SpendScope,
        cents: Decimal,
    ) -> Result<SpendLimit, PollError> {
        let asked = Asked::SetSpendLimit;
        let scope = match scope {
            SpendScope::Organization => Scope::Organization,
            SpendScope::Workspace(id) if id.as_str() == WorkspaceId::DEFAULT => {
                return not_offered(asked, NO_DEFAULT_LIMIT);
            }
            SpendScope::Workspace(id) => Scope::Workspace { workspace_id: id.as_str() },
        };
        let body = Limit { scope, amount: cents.to_string(), period: "monthly" };
        let question =
            Question::write(asked, Method::POST, &["organizations", "spend_limits"], &body)
                .preview(BETA_SPEND_LIMITS, Budget::SpendLimits);
        let names = self.workspaces.names();
        self.http.one(&question, |body| limits::decode_spend_limit(body, &names)).await
    }

    async fn set_company_limit(&self, scope: &SpendScope, cents: Decimal) -> Result<(), PollError> {
        let asked = Asked::SetSpendLimit;
        match scope {
            SpendScope::Workspace(_) => return not_offered(asked, NO_WORKSPACES),
            SpendScope::Organization => {}
        }
        let dollars = (cents / Decimal::ONE_HUNDRED).normalize().to_string();
        let amount = RawValue::from_string(dollars).expect("a decimal is a number of JSON");
        let body = Billing { spending_limit: SpendingLimit { amount, currency: "USD" } };
        let organization = self.organization_id().await?;
        let path = ["organizations", &organization, "billing"];
        self.http.one(&Question::write(asked, Method::PUT, &path, &body), |_| Ok(())).await
    }

    /// Removes a spend limit (Admin API), so that the next wider one holds.
    pub async fn remove_spend_limit(&self, id: &str) -> Result<(), PollError> {
        let asked = Asked::RemoveSpendLimit;
        if self.api == Api::Company {
            return not_offered(asked, NO_REMOVAL);
        }
        let path = ["organizations", "spend_limits", step(asked, id)?];
        let question =
            Question::delete(asked, &path).preview(BETA_SPEND_LIMITS, Budget::SpendLimits);
        self.http.one(&question, |_| Ok(())).await
    }

    /// Sets limiters of a workspace (Admin API); `None` clears one, so that it is inherited.
    /// `limit_id` is the organization's entry. Acts within about an hour.
    pub async fn set_rate_limit(
        &self,
        workspace: &WorkspaceId,
        limit_id: &str,
        limits: &[(String, Option<u64>)],
    ) -> Result<(), PollError> {
        let asked = Asked::SetRateLimit;
        if self.api == Api::Company {
            return not_offered(asked, NO_RATE_LIMITS);
        }
        if workspace.as_str() == WorkspaceId::DEFAULT {
            return not_offered(asked, NO_DEFAULT_LIMIT);
        }
        if limits.is_empty() || limits.len() > LIMITERS_MOST {
            let why = format!("{} limiters are not 1 to {LIMITERS_MOST}", limits.len());
            return Err(unsendable(asked, why));
        }
        let (workspace, id) = (step(asked, workspace.as_str())?, step(asked, limit_id)?);
        let path = ["organizations", "workspaces", workspace, "rate_limits", id];
        let limits = limits.iter().map(|(kind, value)| Limiter { kind, value: *value }).collect();
        let question = Question::write(asked, Method::POST, &path, &Limiters { limits });
        self.http.one(&question, |_| Ok(())).await
    }
}

/// `amount` in whole cents: neither API takes a part of one, and rounding is not ours to do.
fn whole_cents(amount: Amount) -> Result<Decimal, PollError> {
    let asked = Asked::SetSpendLimit;
    let cents = amount.dollars().checked_mul(Decimal::ONE_HUNDRED).map(|cents| cents.normalize());
    match cents {
        Some(cents) if cents.is_sign_negative() && !cents.is_zero() => {
            Err(unsendable(asked, "a limit cannot be below zero"))
        }
        Some(cents) if cents.scale() == 0 => Ok(cents),
        Some(_) => Err(unsendable(asked, format!("{} USD are not whole cents", amount.dollars()))),
        None => Err(unsendable(asked, "no limit is as high")),
    }
}
