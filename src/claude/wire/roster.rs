//! Workspaces, members and invites of the Admin API.

use jiff::Timestamp;
use serde::Deserialize;
use usagewarden_core::roster::{Invite, Member, Workspace};

use super::envelope::Envelope;
use super::text::{Misread, read};
use crate::claude::names::Names;
use crate::claude::paging::{Dialect, Page};

#[derive(Deserialize)]
struct WireWorkspace {
    id: String,
    name: Option<String>,
    archived_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WireUser {
    id: String,
    email: Option<String>,
    name: Option<String>,
    role: String,
}

#[derive(Deserialize)]
struct WireInvite {
    id: String,
    email: String,
    role: String,
    status: String,
    invited_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// A workspace before it is known which of them is the default one.
pub(in crate::claude) struct Listed {
    pub(in crate::claude) api_id: String,
    name: Option<String>,
    archived: bool,
}

impl Listed {
    pub(in crate::claude) fn named(self, names: &Names) -> Workspace {
        Workspace {
            id: names.workspace(Some(&self.api_id)),
            name: self.name.unwrap_or_else(|| self.api_id.clone()),
            api_id: self.api_id,
            archived: self.archived,
        }
    }
}

pub(in crate::claude) fn decode_workspaces(body: &[u8]) -> Result<Page<Listed>, Misread> {
    read::<Envelope<WireWorkspace>>(body)?.into_page(Dialect::Id, |wire| {
        Ok(Listed { api_id: wire.id, name: wire.name, archived: wire.archived_at.is_some() })
    })
}

pub(in crate::claude) fn decode_users(body: &[u8]) -> Result<Page<Member>, Misread> {
    read::<Envelope<WireUser>>(body)?.into_page(Dialect::Id, |wire| Ok(wire.form()))
}

pub(in crate::claude) fn decode_user(body: &[u8]) -> Result<Member, Misread> {
    Ok(read::<WireUser>(body)?.form())
}

impl WireUser {
    fn form(self) -> Member {
        Member {
            id: self.id,
            email: self.email.unwrap_or_default(),
            name: self.name,
            role: self.role,
            status: None,
            last_active_at: None,
        }
    }
}

/// The id of a new invite or member, and whether it waits to be accepted. The guides do not say
/// what is answered, so nothing is needed: neither a body nor JSON in it.
pub(in crate::claude) fn decode_invited(body: &[u8]) -> Result<(Option<String>, bool), Misread> {
    #[derive(Default, Deserialize)]
    struct WireInvited {
        #[serde(alias = "user_id")]
        id: Option<String>,
        status: Option<String>,
    }
    let wire = match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => read(body)?,
        Some(_) | None => WireInvited::default(),
    };
    let settled = matches!(wire.status.as_deref(), Some("active" | "accepted"));
    Ok((wire.id, !settled))
}

pub(in crate::claude) fn decode_invites(body: &[u8]) -> Result<Page<Invite>, Misread> {
    read::<Envelope<WireInvite>>(body)?.into_page(Dialect::Id, |wire| {
        Ok(Invite {
            id: wire.id,
            email: wire.email,
            role: wire.role,
            status: wire.status,
            invited_at: wire.invited_at,
            expires_at: wire.expires_at,
        })
    })
}
