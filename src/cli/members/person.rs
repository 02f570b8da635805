//! A member, or somebody who was invited and has not come yet.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::roster::{Invite, Member};

use crate::claude::{Client, PollError};
use crate::cli::naming::Named;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub(super) enum Person {
    Member(Member),
    Invite(Invite),
}

impl Person {
    pub(super) fn email(&self) -> &str {
        match self {
            Self::Member(member) => &member.email,
            Self::Invite(invite) => &invite.email,
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Member(member) => &member.id,
            Self::Invite(invite) => &invite.id,
        }
    }

    pub(super) fn role(&self) -> &str {
        match self {
            Self::Member(member) => &member.role,
            Self::Invite(invite) => &invite.role,
        }
    }

    /// When an invite is lost.
    pub(super) const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Member(_) => None,
            Self::Invite(invite) => invite.expires_at,
        }
    }

    /// Whether they still have to come. A company lists them among its members.
    pub(super) fn is_pending(&self) -> bool {
        match self {
            Self::Member(member) => member.status.as_deref() == Some("pending"),
            Self::Invite(_) => true,
        }
    }

    /// Members first, then by address.
    fn rank(&self) -> (bool, String) {
        (matches!(self, Self::Invite(_)), self.email().to_lowercase())
    }
}

impl Named for Person {
    const KIND: &'static str = "member or pending invite";

    fn ids(&self) -> Vec<&str> {
        vec![self.id()]
    }

    fn name(&self) -> &str {
        self.email()
    }

    /// Hosts are the same in any case, and people write themselves as they like.
    fn is_called(&self, wanted: &str) -> bool {
        self.email().eq_ignore_ascii_case(wanted)
    }
}

/// All members and pending invites. Invites that may not be listed are none.
pub(super) async fn everybody(client: &Client) -> Result<Vec<Person>, PollError> {
    let members = client.users().await?;
    let invites = match client.invites().await {
        Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => Vec::new(),
        answer => answer?,
    };
    let pending = invites.into_iter().filter(|invite| invite.status == "pending");
    let mut all: Vec<Person> = members.into_iter().map(Person::Member).collect();
    all.extend(pending.map(Person::Invite));
    all.sort_by_cached_key(Person::rank);
    Ok(all)
}
