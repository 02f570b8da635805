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
    read::<Envelope<WireUser>>(body)?.into_page(Dialect::Id, |wire| {
        Ok(Member {
            id: wire.id,
            email: wire.email.unwrap_or_default(),
            name: wire.name,
            role: wire.role,
            status: None,
            last_active_at: None,
        })
    })
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
