//! What was done to people.

use serde_json::json;

use super::Told;
use crate::simulator::world::company_role;

#[derive(Clone, Debug)]
pub(crate) enum PersonDeed {
    RoleUpdated { user: String, email: String, before: &'static str, after: &'static str },
    Removed { user: String, email: String },
    Invited { invite: String, email: String, role: &'static str },
    InviteDeleted { invite: String, email: String },
}

impl PersonDeed {
    pub(super) fn admin(&self) -> Told {
        match self {
            Self::RoleUpdated { user, email, before, after } => (
                "claude_user_role_updated",
                json!({
                    "user_id": user, "user_email": email,
                    "previous_role": before, "current_role": after,
                }),
            ),
            Self::Removed { user, email } => {
                ("org_user_deleted", json!({ "user_id": user, "user_email": email }))
            }
            Self::Invited { invite, email, role } => (
                "org_user_invite_sent",
                json!({ "invite_id": invite, "invited_email": email, "role": role }),
            ),
            Self::InviteDeleted { invite, email } => {
                ("org_user_invite_deleted", json!({ "invite_id": invite, "invited_email": email }))
            }
        }
    }

    pub(super) fn company(&self) -> Told {
        match self {
            Self::RoleUpdated { user, email, before, after } => (
                "user.role_updated",
                json!({
                    "user_id": user, "email": email,
                    "previous_role": company_role(before), "role": company_role(after),
                }),
            ),
            Self::Removed { user, email } => {
                ("user.removed", json!({ "user_id": user, "email": email }))
            }
            Self::Invited { email, role, .. } => {
                ("user.invited", json!({ "email": email, "role": company_role(role) }))
            }
            Self::InviteDeleted { email, .. } => {
                ("user.invite_withdrawn", json!({ "email": email }))
            }
        }
    }
}
