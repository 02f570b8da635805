//! Who asks, and in which version.
//!
//! Both ways to send a key are accepted. A key that is missing, unknown, or not active gives
//! 401, one without the right gives 403, before anything is read of the query.

mod permission;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;

pub(crate) use self::permission::{allow, is_compliance};
use super::actor::{Actor, ActorKind};
use super::hash::identifier;
use super::refusal::Refusal;
use super::scene::Scene;
use super::world::workspace;

/// The administrator's key: everything.
pub const ADMIN_KEY: &str = "sk-ant-admin01-simulated-administrator-0001";
/// A scoped key of the Admin API that may read and nothing else.
pub const READER_KEY: &str = "sk-ant-api01-simulated-reader-0001";
/// An ordinary key of a workspace: no right but to list the models.
pub const WORKSPACE_KEY: &str = "sk-ant-api03-simulated-workspace-0001";
/// A key of an administrator, which the company API takes and the Admin API does not.
pub const COMPANY_KEY: &str = "sk-ant-api03-simulated-company-0001";
/// As [`COMPANY_KEY`], of the role `member`: may look at the company and its usage.
pub const COMPANY_MEMBER_KEY: &str = "sk-ant-api03-simulated-company-member-0001";
/// As [`COMPANY_KEY`], of the role `billing`: may see to the money and nothing else.
pub const COMPANY_BILLING_KEY: &str = "sk-ant-api03-simulated-company-billing-0001";

/// Whose key was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Administrator,
    Reader,
    Company(Role),
    /// A key of the organization, as a place in the world's keys, and its workspace's place.
    Key {
        key: usize,
        workspace: usize,
    },
    Workspace,
}

/// What a key may do in the company API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    Member,
    Billing,
}

impl Role {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Billing => "billing",
        }
    }
}

impl Caller {
    pub(crate) fn identify(
        headers: &HeaderMap,
        scene: &Scene,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let Some(sent) = key(headers) else {
            return Err(Refusal::unauthenticated("x-api-key header is required"));
        };
        let caller = match sent {
            ADMIN_KEY => Self::Administrator,
            READER_KEY => Self::Reader,
            WORKSPACE_KEY => Self::Workspace,
            COMPANY_KEY => Self::Company(Role::Admin),
            COMPANY_MEMBER_KEY => Self::Company(Role::Member),
            COMPANY_BILLING_KEY => Self::Company(Role::Billing),
            other => return Self::of_organization(other, scene, now),
        };
        Ok(caller)
    }

    fn of_organization(sent: &str, scene: &Scene, now: Timestamp) -> Result<Self, Refusal> {
        let keys = &scene.world.keys;
        let found = keys.iter().position(|key| key.secret == sent);
        match found.map(|place| (place, keys[place].workspace, keys[place].status(now))) {
            Some((key, workspace, "active")) => Ok(Self::Key { key, workspace }),
            Some((_, _, status)) => {
                Err(Refusal::unauthenticated(&format!("This API key is {status}")))
            }
            None => Err(Refusal::unauthenticated("invalid x-api-key")),
        }
    }

    /// What the company API says of it.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Company(role) => role,
            Self::Administrator => Role::Admin,
            Self::Reader | Self::Key { .. } | Self::Workspace => Role::Member,
        }
    }

    /// The workspace that the key belongs to, which an administrator's does not.
    pub(crate) const fn workspace(self) -> Option<usize> {
        match self {
            Self::Key { workspace, .. } => Some(workspace),
            Self::Workspace => Some(workspace::DEFAULT),
            Self::Administrator | Self::Reader | Self::Company(_) => None,
        }
    }

    /// As the activity log tells of what is done with the key.
    pub(crate) fn actor(self, scene: &Scene) -> Actor {
        let Scene { world, traffic, .. } = scene;
        let answers = |role: &str| {
            let found = world.members.iter().find(|member| member.role == role);
            found.unwrap_or(&world.members[0]).email.to_owned()
        };
        let made = |number: u64| identifier("apikey_", traffic.seed, 2, 900 + number);
        let (kind, id, email) = match self {
            Self::Administrator => (ActorKind::AdminKey, made(0), answers("admin")),
            Self::Reader => (ActorKind::AdminKey, made(1), answers("admin")),
            Self::Company(Role::Admin) => (ActorKind::Key, made(2), answers("admin")),
            Self::Company(Role::Member) => (ActorKind::Key, made(3), answers("developer")),
            Self::Company(Role::Billing) => (ActorKind::Key, made(4), answers("billing")),
            Self::Workspace => (ActorKind::Key, made(5), answers("developer")),
            Self::Key { key, .. } => {
                let key = &world.keys[key];
                let by = &world.members[key.created_by.unwrap_or(0)];
                (ActorKind::Key, key.id.clone(), by.email.to_owned())
            }
        };
        Actor { kind, id, email }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let found = parts.extensions.get::<Self>().copied();
        found.ok_or_else(|| Refusal::unauthenticated("x-api-key header is required"))
    }
}

fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::HeaderName::from_static("x-api-key"))
        .or_else(|| text(header::AUTHORIZATION)?.strip_prefix("Bearer "))
}

/// The personality that `anthropic-version` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    June2023,
    October2026,
}

impl<S: Sync> FromRequestParts<S> for Version {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let sent = parts.headers.get("anthropic-version").and_then(|value| value.to_str().ok());
        match sent {
            Some("2023-06-01") => Ok(Self::June2023),
            Some("2026-10-21") => Ok(Self::October2026),
            Some(other) => {
                Err(Refusal::invalid(format!("anthropic-version: `{other}` is not a version")))
            }
            None => Err(Refusal::invalid("anthropic-version: header is required")),
        }
    }
}

/// The words of `anthropic-beta`, however they were sent.
#[derive(Clone, Debug)]
pub(crate) struct Betas(Vec<String>);

impl<S: Sync> FromRequestParts<S> for Betas {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let sent = parts.headers.get_all("anthropic-beta").iter();
        let words = sent
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|word| word.trim().to_owned())
            .collect();
        Ok(Self(words))
    }
}

impl Betas {
    pub(crate) fn need(&self, word: &str) -> Result<(), Refusal> {
        if self.0.iter().any(|sent| sent == word) {
            Ok(())
        } else {
            Err(Refusal::invalid(format!(
                "this endpoint requires the anthropic-beta header {word}"
            )))
        }
    }
}
