//! Judges the rule `members`: new administrators, changed roles, invites that stay open, and
//! members who do nothing.
//!
//! That somebody has another role is news of its own, and nothing resolves. That an invite is
//! open, or a member inactive, lasts until it is no more.

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertRecord, Seen};
use crate::decide::case::Case;
use crate::decide::lasting::{Asking, Held};
use crate::decide::listed::{Moved, compare};
use crate::decide::steady::{Finder, Finding};
use crate::decide::told;
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::notice::{Kind, Matter, Names, News, PersonTrouble};
use crate::reading::Report;
use crate::roster::{Invite, Member};
use crate::rule::{Members, Rule};
use crate::subject::Subject;

/// Who can do everything, in either API.
const ADMINS: [&str; 3] = ["admin", "owner", "primary_owner"];

/// The status of an invite that nobody has taken.
const PENDING: &str = "pending";

/// How the details of subjects begin.
const INVITE: &str = "invite/";
const INACTIVE: &str = "inactive/";

/// What an alert remembers, for its end.
const WHO: &str = "who";
const ROLE: &str = "role";
const AT: &str = "at";

pub(super) fn judge(case: &Case<'_>, rule: &Rule, members: &Members) -> Vec<Turn> {
    let judging = Judging { case, rule, members };
    let mut turns: Vec<Turn> = judging.listed().into_iter().collect();
    turns.extend(judging.lasting());
    turns
}

struct Judging<'a> {
    case: &'a Case<'a>,
    rule: &'a Rule,
    members: &'a Members,
}

impl<'a> Judging<'a> {
    /// When people were last told of.
    fn heard_at(&self) -> Option<Timestamp> {
        self.case.told_at(Report::Members)
    }

    const fn finder(&self) -> Finder<'a> {
        Finder { rule: &self.rule.name, kind: Kind::Members, hold: SignedDuration::ZERO }
    }
}

/// What lasts.
impl Judging<'_> {
    fn lasting(&self) -> Vec<Turn> {
        let roster = &self.case.snapshot.roster;
        let people = roster.invites.as_deref().zip(roster.members.as_deref());
        let held = people.filter(|_| self.heard_at().is_some()).map(|(invites, members)| {
            let open = invites.iter().filter_map(|invite| self.open(invite));
            open.chain(members.iter().filter_map(|member| self.inactive(member))).collect()
        });
        let recall = |subject: &Subject, seen: &Seen| self.recall(subject, seen);
        let (case, finder, severity) = (self.case, self.finder(), self.members.severity);
        Asking { case, finder, severity, recall: &recall }.advance(held)
    }

    /// An invite that was open for too long. One that has expired is not open.
    fn open(&self, invite: &Invite) -> Option<Held> {
        let (pending, invited_at) = (self.members.invite_pending?, invite.invited_at?);
        let now = self.case.now;
        let is_open =
            invite.status == PENDING && invite.expires_at.is_none_or(|expires| expires > now);
        if !is_open || now.duration_since(invited_at) < pending {
            return None;
        }
        let trouble = PersonTrouble::Invited { role: invite.role.clone(), invited_at };
        let known = [(ROLE, invite.role.clone()), (AT, invited_at.to_string())];
        Some(held(format!("{INVITE}{}", invite.id), invite.email.clone(), trouble, known))
    }

    /// Only where the API tells of activity. Who never did anything may be about to begin.
    fn inactive(&self, member: &Member) -> Option<Held> {
        let (inactive_for, last_active_at) = (self.members.inactive_for?, member.last_active_at?);
        if self.case.now.duration_since(last_active_at) < inactive_for {
            return None;
        }
        let trouble = PersonTrouble::Inactive { last_active_at, inactive_for };
        let known = [(ROLE, member.role.clone()), (AT, last_active_at.to_string())];
        Some(held(format!("{INACTIVE}{}", member.id), who(member), trouble, known))
    }

    /// What there is to say of who may be gone. `None`: the rule asks for it no more.
    fn recall(&self, subject: &Subject, seen: &Seen) -> Option<(Matter, Names)> {
        let at = seen.get(AT)?.parse().ok()?;
        let (who, role) = (seen.get(WHO)?.clone(), seen.get(ROLE)?.clone());
        let detail = subject.detail.as_deref()?;
        let trouble = if detail.starts_with(INVITE) {
            self.members.invite_pending?;
            PersonTrouble::Invited { role, invited_at: at }
        } else if detail.starts_with(INACTIVE) {
            let inactive_for = self.members.inactive_for?;
            PersonTrouble::Inactive { last_active_at: at, inactive_for }
        } else {
            return None;
        };
        Some((Matter::Person { who, trouble }, Names::default()))
    }
}

fn held(
    detail: String,
    who: String,
    trouble: PersonTrouble,
    known: [(&'static str, String); 2],
) -> Held {
    let known = known.into_iter().chain([(WHO, who.clone())]);
    Held {
        subject: Subject::detail(detail),
        seen: known.map(|(field, text)| (field.to_owned(), text)).collect(),
        matter: Matter::Person { who, trouble },
        names: Names::default(),
    }
}

/// What is news of its own.
impl Judging<'_> {
    /// `None`: there is nothing to tell and nothing to remember.
    fn listed(&self) -> Option<Turn> {
        if !self.members.new_admin && !self.members.role_changed {
            return None;
        }
        let heard_at = self.heard_at()?;
        let members = self.case.snapshot.roster.members.as_deref()?;
        let mut known = self.case.alerts_of(&self.rule.name);
        let known = known.find(|alert| alert.subject == Subject::ORGANIZATION);
        let lines = members.iter().map(|member| (member.id.as_str(), member.role.as_str()));
        let compared = compare(known.and_then(|alert| alert.seen.as_ref()), lines, heard_at)?;
        let mut moved = compared.moved.iter().peekable();
        let mut news = Vec::new();
        for member in members {
            if let Some(moved) = moved.next_if(|moved| moved.id == member.id) {
                news.extend(self.news(member, moved, heard_at));
            }
        }
        let quiet = AlertRecord::quiet(self.rule.name.clone(), Subject::ORGANIZATION);
        let alert = AlertRecord { seen: Some(compared.seen), ..quiet };
        Some(Turn { alert, news, standing: None, again_at: None, orders: Vec::new() })
    }

    /// A new administrator is told as that, and not as a changed role as well.
    fn news(&self, member: &Member, moved: &Moved<'_>, heard_at: Timestamp) -> Option<News> {
        let (before, after) = (moved.before.clone(), member.role.clone());
        let is_risen = is_admin(&after) && !before.as_deref().is_some_and(is_admin);
        let trouble = match before {
            before if is_risen && self.members.new_admin => {
                PersonTrouble::NewAdmin { before, role: after }
            }
            Some(before) if self.members.role_changed => PersonTrouble::Role { before, after },
            Some(_) | None => return None,
        };
        let subject = Subject::detail(format!("member/{}", member.id));
        let matter = Matter::Person { who: who(member), trouble };
        let finding = Finding::new(subject, Verdict::Breach, self.members.severity, matter);
        let finding = Finding { data_until: Some(heard_at), ..finding };
        Some(told::once(self.case, self.finder(), finding, heard_at))
    }
}

fn is_admin(role: &str) -> bool {
    ADMINS.contains(&role)
}

/// An address, else a name, else an id.
fn who(member: &Member) -> String {
    let name = member.name.as_deref();
    let known = [Some(member.email.as_str()), name].into_iter().flatten();
    known.into_iter().find(|text| !text.is_empty()).unwrap_or(&member.id).to_owned()
}
