//! Keys: read one, make one, switch one off, end one.

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use usagewarden_core::roster::ApiKey;
use usagewarden_core::subject::ApiKeyId;

use super::{not_offered, step, unsendable};
use crate::claude::asked::Asked;
use crate::claude::error::PollError;
use crate::claude::http::Question;
use crate::claude::wire::{company, keys};
use crate::claude::{Api, Client};

/// A key that was just made. Its secret is never shown again by anybody.
#[derive(Debug)]
pub struct NewKey {
    pub id: ApiKeyId,
    pub name: String,
    pub secret: SecretString,
}

/// What a key of the Admin API can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    Active,
    /// Refused until it is active again.
    Inactive,
    /// Ended.
    Archived,
}

impl KeyStatus {
    /// The word of the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Archived => "archived",
        }
    }
}

const NO_SWITCH: &str = "The company API knows no inactive keys: `usagewarden keys revoke` ends one \
                         for good, `usagewarden keys rotate` puts a new one in its place first";
const NO_NEW_KEYS: &str = "Keys are made in the Console alone: make it there, and name it to \
                           `usagewarden keys rotate` if it is to follow another one";

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
struct Wanted<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes: &'a [String],
}

impl Client {
    /// One key; `None`: there is no such key.
    pub async fn key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, PollError> {
        if self.api == Api::Company {
            return Ok(self.keys().await?.into_iter().find(|key| key.id == *id));
        }
        let names = self.names_with_default().await?;
        let path = ["organizations", "api_keys", step(Asked::Key, id.as_str())?];
        let decode = |body: &[u8]| keys::decode_one(body, &names);
        match self.http.one(&Question::new(Asked::Key, &path), decode).await {
            Ok(key) => Ok(Some(key)),
            Err(PollError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the status of a key (Admin API), and answers with the key as it is now.
    pub async fn set_key_status(
        &self,
        id: &ApiKeyId,
        status: KeyStatus,
    ) -> Result<ApiKey, PollError> {
        self.status_of(Asked::SetKeyStatus, id, status).await
    }

    async fn status_of(
        &self,
        asked: Asked,
        id: &ApiKeyId,
        status: KeyStatus,
    ) -> Result<ApiKey, PollError> {
        if self.api == Api::Company {
            return not_offered(asked, NO_SWITCH);
        }
        let path = ["organizations", "api_keys", step(asked, id.as_str())?];
        let names = self.names_with_default().await?;
        let body = Status { status: status.word() };
        let question = Question::write(asked, Method::POST, &path, &body);
        self.http.one(&question, |body| keys::decode_one(body, &names)).await
    }

    /// Makes a key (company API). Never asked twice by itself: where the answer is lost the key
    /// may exist, and nobody has its secret. Without `scopes` the API gives those it gives.
    pub async fn create_key(&self, name: &str, scopes: &[String]) -> Result<NewKey, PollError> {
        let asked = Asked::CreateKey;
        if self.api == Api::Admin {
            return not_offered(asked, NO_NEW_KEYS);
        }
        if name.trim().is_empty() {
            return Err(unsendable(asked, "a key needs a name"));
        }
        let organization = self.organization_id().await?;
        let path = ["organizations", &organization, "api_keys"];
        let question = Question::write(asked, Method::POST, &path, &Wanted { name, scopes }).once();
        let (id, secret) = self.http.one(&question, company::decode_new_key).await?;
        Ok(NewKey { id: id.as_str().into(), name: name.to_owned(), secret })
    }

    /// Ends a key for good: deleted in a company, archived in the Admin API. One that is gone
    /// already was not found, unless it went by a try of ours.
    pub async fn revoke_key(&self, id: &ApiKeyId) -> Result<(), PollError> {
        let asked = Asked::RevokeKey;
        if self.api == Api::Admin {
            return self.status_of(asked, id, KeyStatus::Archived).await.map(|_| ());
        }
        let id = step(asked, id.as_str())?;
        let organization = self.organization_id().await?;
        let path = ["organizations", &organization, "api_keys", id];
        self.http.one(&Question::delete(asked, &path), |_| Ok(())).await
    }
}
