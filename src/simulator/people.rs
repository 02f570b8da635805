//! What can be done to people, whoever asks: invite, change a role, remove.
//!
//! Each API has its own rules on who may become what; what both share is here.

use super::deed::{Deed, PersonDeed};
use super::hash::identifier;
use super::refusal::Refusal;
use super::scene::Draft;
use super::world::Invite;

/// The roles that the Admin API gives.
pub(crate) const ASSIGNABLE: [&str; 4] = ["user", "developer", "billing", "claude_code_user"];

/// The role of this name, if it can be given.
pub(crate) fn role(word: &str, known: &[&'static str]) -> Result<&'static str, Refusal> {
    let found = known.iter().find(|role| **role == word);
    found.copied().ok_or_else(|| {
        Refusal::invalid(format!("role: `{word}` is not one of {}", known.join(", ")))
    })
}

impl Draft {
    pub(crate) fn member(&self, id: &str) -> Result<usize, Refusal> {
        let members = &self.scene.world.members;
        let place = members.iter().position(|member| member.id == id && !member.has_left);
        place.ok_or_else(|| Refusal::not_found("The user was"))
    }

    pub(crate) fn set_role(&mut self, place: usize, after: &'static str) {
        let member = &mut self.scene.world.members[place];
        let before = std::mem::replace(&mut member.role, after);
        let (user, email) = (member.id.clone(), member.email.to_owned());
        if before != after {
            self.tell(Deed::Person(PersonDeed::RoleUpdated { user, email, before, after }));
        }
    }

    pub(crate) fn remove_member(&mut self, place: usize) {
        let member = &mut self.scene.world.members[place];
        member.has_left = true;
        let (user, email) = (member.id.clone(), member.email.to_owned());
        self.tell(Deed::Person(PersonDeed::Removed { user, email }));
    }

    /// Invites, and answers with the place of the invite.
    pub(crate) fn invite(&mut self, email: &str, role: &'static str) -> Result<usize, Refusal> {
        let email = email.trim();
        let is_address = email.split_once('@').is_some_and(|(who, at)| {
            !who.is_empty() && at.contains('.') && !email.contains(char::is_whitespace)
        });
        if !is_address {
            return Err(Refusal::invalid("email: value is not a valid email address"));
        }
        let world = &mut self.scene.world;
        let same = |known: &str| known.eq_ignore_ascii_case(email);
        if world.members.iter().any(|member| !member.has_left && same(member.email)) {
            return Err(Refusal::invalid("This person is a member of the organization already")
                .coded("already_member"));
        }
        let pending = |invite: &Invite| invite.status(self.now) == "pending";
        if world.invites.iter().any(|invite| pending(invite) && same(&invite.email)) {
            return Err(Refusal::invalid("This person has been invited already")
                .coded("invite_already_exists"));
        }
        let place = world.invites.len();
        let id = identifier("invite_", self.seed, 4, place as u64 + 1);
        let (invite, email) = (id.clone(), email.to_owned());
        let (sent_to, invited_at) = (email.clone(), self.now);
        world.invites.push(Invite {
            id,
            email,
            role,
            left: "pending",
            invited_at,
            accepted_at: None,
        });
        self.tell(Deed::Person(PersonDeed::Invited { invite, email: sent_to, role }));
        Ok(place)
    }

    pub(crate) fn withdraw_invite(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now;
        let invite = self.scene.world.invites.iter_mut().find(|invite| invite.id == id);
        let invite = invite.ok_or_else(|| Refusal::not_found("The invite was"))?;
        match invite.status(now) {
            "deleted" => return Err(Refusal::not_found("The invite was")),
            "accepted" => return Err(Refusal::invalid("The invite has been accepted already")),
            _ => invite.left = "deleted",
        }
        let (invite, email) = (invite.id.clone(), invite.email.clone());
        self.tell(Deed::Person(PersonDeed::InviteDeleted { invite, email }));
        Ok(())
    }
}
