//! A single key looked at from outside: whose it is, and whether it is let in.
//!
//! It is for the key of a deployment pipeline, which is no key of ours: nothing is asked but
//! what every key may ask, and it is shown as `sk-ant-...xxxx` alone. That a key is refused is
//! an answer here; whatever else goes wrong is a [`PollError`].

use secrecy::{ExposeSecret, SecretString};

use super::asked::Asked;
use super::error::PollError;
use super::http::Question;
use super::{Api, Client, Settings, mask};
use crate::clock::SharedClock;

/// Console Admin keys, which list no models.
const ADMIN_PREFIX: &str = "sk-ant-admin";
/// Shorter tails fit too many keys.
const TAIL_LEAST: usize = 4;

/// What the API says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// `sk-ant-...xxxx`.
    pub key: String,
    pub standing: Standing,
    /// From the headers of the answer, else from the profile.
    pub organization_id: Option<String>,
    pub organization_name: Option<String>,
    /// Where the key is bound to one. The default workspace has its real id here.
    pub workspace_id: Option<String>,
    /// Only the company API says.
    pub role: Option<String>,
}

/// Whether a key is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// 401: expired, revoked, switched off or wrong; the API does not say which.
    Refused {
        message: String,
    },
    /// 403: known, and not allowed even this.
    NotAllowed {
        message: String,
    },
}

/// Asks the API who the key of `settings` is.
pub async fn inspect_key(settings: Settings, clock: SharedClock) -> Result<Inspection, PollError> {
    let key = settings.key.clone();
    inspect(&Client::new(settings, clock), &key).await
}

pub(super) async fn inspect(client: &Client, key: &SecretString) -> Result<Inspection, PollError> {
    let mut found = Inspection {
        key: mask(key.expose_secret()),
        standing: Standing::Active,
        organization_id: None,
        organization_name: None,
        workspace_id: None,
        role: None,
    };
    let asked = match client.api {
        Api::Admin => found.ask_admin(client, key).await,
        Api::Company => found.ask_company(client).await,
    };
    found.standing = standing(asked)?;
    let identity = client.http.identity();
    found.organization_id = identity.organization.or(found.organization_id);
    found.workspace_id = identity.workspace;
    Ok(found)
}

fn standing(asked: Result<(), PollError>) -> Result<Standing, PollError> {
    match asked {
        Ok(()) => Ok(Standing::Active),
        Err(PollError::Refused { message, .. }) => Ok(Standing::Refused { message }),
        Err(PollError::Forbidden { message, .. }) => Ok(Standing::NotAllowed { message }),
        Err(error) => Err(error),
    }
}

impl Inspection {
    async fn ask_admin(&mut self, client: &Client, key: &SecretString) -> Result<(), PollError> {
        if key.expose_secret().starts_with(ADMIN_PREFIX) {
            let profile = client.admin_profile().await?;
            self.organization_id = Some(profile.id);
            self.organization_name = Some(profile.name);
            return Ok(());
        }
        let question = Question::new(Asked::Models, &["models"]).with("limit", "1");
        client.http.one(&question, |_| Ok(())).await
    }

    /// Who it is comes first: a member's key need not be allowed to see the profile, and not
    /// every gateway serves both.
    async fn ask_company(&mut self, client: &Client) -> Result<(), PollError> {
        let known = match client.me().await {
            Ok(me) => {
                (self.role, self.organization_name) = (Some(me.role), Some(me.organization));
                true
            }
            Err(PollError::NotFound { .. }) => false,
            Err(error) => return Err(error),
        };
        match client.profile().await {
            Ok(profile) => {
                self.organization_id = Some(profile.id);
                self.organization_name = Some(profile.name);
                Ok(())
            }
            Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) if known => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether `hint`, as lists of keys show it (`sk-ant-api03-Zz9...QwEr`, or masked as we do it),
/// may be of this key. A hint without a tail fits none.
pub fn matches_hint(secret: &SecretString, hint: &str) -> bool {
    let secret = secret.expose_secret();
    let hint = hint.replace('…', "...");
    let Some((head, rest)) = hint.split_once("..") else { return false };
    let tail = rest.trim_start_matches('.');
    tail.len() >= TAIL_LEAST
        && secret.len() > head.len() + tail.len()
        && secret.starts_with(head)
        && secret.ends_with(tail)
}
