//! Members: invite, change a role, remove.

use reqwest::Method;
use serde::Serialize;

use super::{not_offered, step, unsendable};
use crate::claude::asked::Asked;
use crate::claude::error::PollError;
use crate::claude::http::Question;
use crate::claude::wire::roster;
use crate::claude::{Api, Client};

/// What came of an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Of the invite (Admin API) or of the member (company API), where the answer says.
    pub id: Option<String>,
    /// Whether somebody still has to accept it.
    pub pending: bool,
}

const NO_ADMIN_GIVEN: &str = "The Admin API never gives the role admin: invite with another role, and let \
                        an admin of the organization raise it in the Console";
const NO_ADMIN_MADE: &str = "The Admin API never gives the role admin: let an admin of the organization \
                        give it in the Console";
const NO_ADMIN_TAKEN: &str = "The Admin API never takes the role admin away: let an admin of the \
                        organization change it in the Console";
const NO_REMOVAL: &str = "The company API of the guides removes nobody: take the keys of whoever leaves \
                          with `usagewarden keys revoke`, and remove the member where the company \
                          manages its members";
const NO_INVITES: &str = "The company API of the guides has no list of invites, so none can be withdrawn: \
                          do it where the company manages its members";

#[derive(Serialize)]
struct Wanted<'a> {
    email: &'a str,
    role: &'a str,
}

#[derive(Serialize)]
struct Role<'a> {
    role: &'a str,
}

impl Client {
    /// Invites somebody. Never asked twice by itself.
    pub async fn invite(&self, email: &str, role: &str) -> Result<Invited, PollError> {
        let asked = Asked::Invite;
        if !email.contains('@') || email.contains(char::is_whitespace) {
            return Err(unsendable(asked, format!("`{}` is no address", email.escape_debug())));
        }
        let body = Wanted { email, role };
        let question = match self.api {
            Api::Admin if role == "admin" => return not_offered(asked, NO_ADMIN_GIVEN),
            Api::Admin => {
                Question::write(asked, Method::POST, &["organizations", "invites"], &body)
            }
            Api::Company => {
                let organization = self.organization_id().await?;
                let path = ["organizations", &organization, "users"];
                Question::write(asked, Method::POST, &path, &body)
            }
        };
        let (id, pending) = self.http.one(&question.once(), roster::decode_invited).await?;
        Ok(Invited { id, pending })
    }

    /// Gives a member another role.
    pub async fn set_role(&self, user_id: &str, role: &str) -> Result<(), PollError> {
        let asked = Asked::SetRole;
        let id = step(asked, user_id)?;
        let body = Role { role };
        let question = match self.api {
            Api::Admin => {
                self.may_change_role(id, role).await?;
                let path = ["organizations", "users", id];
                Question::write(asked, Method::POST, &path, &body)
            }
            Api::Company => {
                let organization = self.organization_id().await?;
                let path = ["organizations", &organization, "users", id];
                Question::write(asked, Method::PATCH, &path, &body)
            }
        };
        self.http.one(&question, |_| Ok(())).await
    }

    /// The role admin is neither given nor taken. A key that may not read who somebody is may
    /// still write it: then the API itself refuses.
    async fn may_change_role(&self, id: &str, role: &str) -> Result<(), PollError> {
        if role == "admin" {
            return not_offered(Asked::SetRole, NO_ADMIN_MADE);
        }
        let question = Question::new(Asked::Member, &["organizations", "users", id]);
        match self.http.one(&question, roster::decode_user).await {
            Ok(member) if member.role == "admin" => not_offered(Asked::SetRole, NO_ADMIN_TAKEN),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Removes a member (Admin API).
    pub async fn remove_member(&self, user_id: &str) -> Result<(), PollError> {
        let asked = Asked::RemoveMember;
        match self.api {
            Api::Company => not_offered(asked, NO_REMOVAL),
            Api::Admin => self.delete(asked, "users", user_id).await,
        }
    }

    /// Withdraws an invite that nobody has accepted (Admin API).
    pub async fn withdraw_invite(&self, invite_id: &str) -> Result<(), PollError> {
        let asked = Asked::WithdrawInvite;
        match self.api {
            Api::Company => not_offered(asked, NO_INVITES),
            Api::Admin => self.delete(asked, "invites", invite_id).await,
        }
    }

    async fn delete(&self, asked: Asked, list: &str, id: &str) -> Result<(), PollError> {
        let path = ["organizations", list, step(asked, id)?];
        self.http.one(&Question::delete(asked, &path), |_| Ok(())).await
    }
}
