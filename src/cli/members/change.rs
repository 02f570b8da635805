//! `members invite`, `set-role` and `remove`.
//!
//! Everybody is listed first, so that names are exact, and so that what is so already is
//! said before anybody is asked to agree. A key that may write and not list still invites.

use usagewarden_core::roster::Member;

use super::person::{Person, everybody};
use super::roles;
use crate::claude::{self, Client, PollError};
use crate::cli::naming::{self, Named, listed};
use crate::cli::wording::instant;
use crate::cli::writing::{Change, Writer, refused};
use crate::cli::{Exit, Global, Terminal, several};
use crate::config::{Api, Config, Environment};

/// A change that was asked for, of whatever kind.
pub(super) struct Asked<'a> {
    writer: Writer<'a>,
    reader: Client,
}

const NO_REMOVAL: &str = "The company API of the guides removes nobody: take the keys of whoever leaves with \
     `usagewarden keys revoke`, and remove the member where the company manages its members";

impl<'a> Asked<'a> {
    pub(super) fn new(
        global: &Global,
        config: &'a Config,
        environment: &Environment,
        dry_run: bool,
        terminal: &mut Terminal,
    ) -> Result<Self, Exit> {
        let writer = Writer::new(global, config, environment, dry_run, terminal)?;
        Ok(Self { reader: several::reader(writer.organization), writer })
    }

    const fn api(&self) -> Api {
        self.writer.organization.api
    }

    async fn everybody(&self, terminal: &mut Terminal) -> Result<Vec<Person>, Exit> {
        let all = everybody(&self.reader).await;
        all.map_err(|error| {
            several::unanswered(self.writer.organization, &error, terminal);
            Exit::No
        })
    }

    pub(super) async fn invite(
        &self,
        email: &str,
        role: &str,
        terminal: &mut Terminal,
    ) -> Result<(), Exit> {
        roles::may_give(role, self.api(), claude::Asked::Invite, terminal)?;
        let known = match everybody(&self.reader).await {
            Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => Vec::new(),
            Ok(known) => known,
            Err(error) => {
                several::unanswered(self.writer.organization, &error, terminal);
                return Err(Exit::No);
            }
        };
        if let Some(person) = known.iter().find(|person| person.is_called(email)) {
            return Err(known_already(person, terminal));
        }
        let (sentence, note) = match self.api() {
            Api::Admin => (
                format!("Invite {email} as {role}."),
                "They get a mail, and are a member once they accept it; the invite is good for 21 days.",
            ),
            Api::Company => (
                format!("Add {email} as {role}."),
                "Whether they have to accept it first is for the company to say.",
            ),
        };
        let change = Change {
            command: "members invite",
            target: email.to_owned(),
            sentence,
            notes: vec![note.to_owned()],
            before: None,
            after: Some(role.to_owned()),
        };
        self.writer.agree(&change, terminal)?;
        let client = self.writer.client();
        let invited = self.writer.make(&change, client.invite(email, role), terminal).await?;
        self.writer.done(&change, invited.id.as_deref(), terminal);
        Ok(())
    }

    pub(super) async fn set_role(
        &self,
        who: &str,
        role: &str,
        terminal: &mut Terminal,
    ) -> Result<(), Exit> {
        roles::may_give(role, self.api(), claude::Asked::SetRole, terminal)?;
        let all = self.everybody(terminal).await?;
        let person = naming::find(who, &all, terminal)?;
        let Person::Member(member) = person else {
            terminal.error(format_args!("{} was invited and is no member yet", person.shown()));
            terminal.hint("an invite keeps its role: withdraw it with `usagewarden members remove`, and invite with the other role");
            return Err(Exit::No);
        };
        let change = Change {
            command: "members set-role",
            target: person.shown(),
            sentence: format!("Give {} the role {role}.", person.shown()),
            notes: vec![format!("role: {} → {role}", member.role)],
            before: Some(member.role.clone()),
            after: Some(role.to_owned()),
        };
        if member.role == role {
            self.writer.unchanged(&change, &format!("The role is {role} already."), terminal);
            return Ok(());
        }
        roles::may_take(&member.role, self.api(), terminal)?;
        self.writer.agree(&change, terminal)?;
        let client = self.writer.client();
        self.writer.make(&change, client.set_role(&member.id, role), terminal).await?;
        self.writer.done(&change, Some(&member.id), terminal);
        Ok(())
    }

    pub(super) async fn remove(&self, who: &str, terminal: &mut Terminal) -> Result<(), Exit> {
        if self.api() == Api::Company {
            let error =
                PollError::NotOffered { asked: claude::Asked::RemoveMember, why: NO_REMOVAL };
            return Err(refused(&error, terminal));
        }
        let all = self.everybody(terminal).await?;
        let person = naming::find(who, &all, terminal)?;
        let change = self.removal(person).await;
        self.writer.agree(&change, terminal)?;
        let client = self.writer.client();
        match person {
            Person::Member(member) => {
                self.writer.make(&change, client.remove_member(&member.id), terminal).await?;
            }
            Person::Invite(invite) => {
                self.writer.make(&change, client.withdraw_invite(&invite.id), terminal).await?;
            }
        }
        self.writer.done(&change, Some(person.id()), terminal);
        Ok(())
    }

    async fn removal(&self, person: &Person) -> Change {
        let shown = person.shown();
        let (sentence, notes) = match person {
            Person::Member(member) => (
                format!("Remove {shown}, {}, from the organization.", member.role),
                self.keys_of(member).await.into_iter().collect(),
            ),
            Person::Invite(invite) => {
                let until =
                    person.expires_at().map(|at| format!("It is good until {}.", instant(at)));
                (
                    format!("Withdraw the invite of {shown} as {}.", invite.role),
                    until.into_iter().collect(),
                )
            }
        };
        Change {
            command: "members remove",
            target: shown,
            sentence,
            notes,
            before: Some(person.role().to_owned()),
            after: None,
        }
    }

    /// What to look after when somebody leaves; nothing where keys cannot be listed.
    async fn keys_of(&self, member: &Member) -> Option<String> {
        let keys = self.reader.keys().await.ok()?;
        let made: Vec<String> = keys
            .into_iter()
            .filter(|key| key.status == "active")
            .filter(|key| key.created_by.as_deref() == Some(member.id.as_str()))
            .map(|key| key.name)
            .collect();
        (!made.is_empty()).then(|| {
            format!(
                "Active keys that they made: {}. Look after them with `usagewarden keys list`.",
                listed(&made)
            )
        })
    }
}

/// Whoever is there need not be invited.
fn known_already(person: &Person, terminal: &mut Terminal) -> Exit {
    let shown = person.shown();
    match person {
        Person::Member(member) => {
            terminal
                .error(format_args!("{shown} is a member already, with the role {}", member.role));
            terminal.hint("`usagewarden members set-role` changes the role");
        }
        Person::Invite(invite) => {
            let until = invite.expires_at.map(|at| format!(", until {}", instant(at)));
            let until = until.unwrap_or_default();
            terminal.error(format_args!("{shown} was invited already, as {}{until}", invite.role));
            terminal.hint("wait until they accept it, or withdraw it with `usagewarden members remove` and invite again");
        }
    }
    Exit::No
}
