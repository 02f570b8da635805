//! Judges the rule `keys`: keys that grow old, expire, are new, or were switched on or off.
//!
//! That an active key is too old, or will stop working, lasts until it is replaced. That one
//! is new, or has another status, is news of its own and nothing resolves. A key that is not
//! active grows no older, and one that has expired is about to expire no more.

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertRecord, Seen};
use crate::decide::case::Case;
use crate::decide::lasting::{Asking, Held};
use crate::decide::listed::{Moved, compare};
use crate::decide::steady::{Finder, Finding};
use crate::decide::told;
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::notice::{KeyTrouble, Kind, Matter, Names, News};
use crate::reading::Report;
use crate::roster::ApiKey;
use crate::rule::{Keys, Rule};
use crate::subject::{ApiKeyId, Subject};
use crate::words::shell_word;

/// The status of a key that works.
const ACTIVE: &str = "active";

/// What the two lasting troubles are called in a subject.
const OLD: &str = "old";
const EXPIRING: &str = "expiring";

/// What an alert remembers of its key: its name, and when it was made or expires.
const NAME: &str = "name";
const AT: &str = "at";

pub(super) fn judge(case: &Case<'_>, rule: &Rule, keys: &Keys) -> Vec<Turn> {
    let judging = Judging { case, rule, keys };
    let mut turns: Vec<Turn> = judging.listed().into_iter().collect();
    turns.extend(judging.lasting());
    turns
}

struct Judging<'a> {
    case: &'a Case<'a>,
    rule: &'a Rule,
    keys: &'a Keys,
}

impl<'a> Judging<'a> {
    /// The keys as they were last told, and when; `None` while they are not.
    fn heard(&self) -> Option<(&'a [ApiKey], Timestamp)> {
        let heard_at = self.case.told_at(Report::Keys)?;
        Some((self.case.snapshot.roster.keys.as_deref()?, heard_at))
    }

    fn watched(&self, key: &ApiKey) -> bool {
        self.keys.holds(key, &self.case.snapshot.roster)
    }

    const fn finder(&self) -> Finder<'a> {
        Finder { rule: &self.rule.name, kind: Kind::Keys, hold: SignedDuration::ZERO }
    }
}

/// What lasts.
impl Judging<'_> {
    fn lasting(&self) -> Vec<Turn> {
        let keys = self.heard().map(|(keys, _)| keys);
        let held = keys.map(|keys| {
            let active = keys.iter().filter(|key| key.status == ACTIVE);
            active.flat_map(|key| [self.old(key), self.expiring(key)]).flatten().collect()
        });
        let recall = |subject: &Subject, seen: &Seen| self.recall(subject, seen);
        let (case, finder, severity) = (self.case, self.finder(), self.keys.severity);
        Asking { case, finder, severity, recall: &recall }.advance(held)
    }

    fn old(&self, key: &ApiKey) -> Option<Held> {
        let (older_than, created_at) = (self.keys.older_than?, key.created_at?);
        let is_old = self.case.now.duration_since(created_at) >= older_than;
        let trouble = KeyTrouble::Old { created_at, older_than };
        (is_old && self.watched(key)).then(|| self.held(key, OLD, created_at, trouble))
    }

    fn expiring(&self, key: &ApiKey) -> Option<Held> {
        let (within, expires_at) = (self.keys.expires_within?, key.expires_at?);
        let left = expires_at.duration_since(self.case.now);
        let is_near = left.is_positive() && left <= within;
        let trouble = KeyTrouble::Expiring { expires_at };
        (is_near && self.watched(key)).then(|| self.held(key, EXPIRING, expires_at, trouble))
    }

    fn held(&self, key: &ApiKey, word: &str, at: Timestamp, trouble: KeyTrouble) -> Held {
        let matter = self.matter(&key.id, trouble);
        let seen = [(NAME, key.name.clone()), (AT, at.to_string())];
        let seen = seen.map(|(field, text)| (field.to_owned(), text)).into();
        Held { subject: subject(key, word), matter, names: self.names(key), seen }
    }

    /// What there is to say of a key that may be gone. `None`: the rule asks for it no more.
    fn recall(&self, subject: &Subject, seen: &Seen) -> Option<(Matter, Names)> {
        let (id, word) = (subject.key.as_ref()?, subject.detail.as_deref()?);
        let at: Timestamp = seen.get(AT)?.parse().ok()?;
        let trouble = match word {
            OLD => KeyTrouble::Old { created_at: at, older_than: self.keys.older_than? },
            EXPIRING => {
                self.keys.expires_within?;
                KeyTrouble::Expiring { expires_at: at }
            }
            _ => return None,
        };
        let workspace = subject.workspace.as_ref();
        let workspace = workspace.and_then(|id| self.case.snapshot.roster.workspace_name(id));
        let names =
            Names { workspace: workspace.map(ToOwned::to_owned), api_key: seen.get(NAME).cloned() };
        Some((self.matter(id, trouble), names))
    }
}

/// What is news of its own.
impl Judging<'_> {
    /// `None`: there is nothing to tell and nothing to remember.
    fn listed(&self) -> Option<Turn> {
        if !self.keys.new && !self.keys.status_changed {
            return None;
        }
        let (keys, heard_at) = self.heard()?;
        let mut known = self.case.alerts_of(&self.rule.name);
        let known = known.find(|alert| alert.subject == Subject::ORGANIZATION);
        let lines = keys.iter().map(|key| (key.id.as_str(), key.status.as_str()));
        let compared = compare(known.and_then(|alert| alert.seen.as_ref()), lines, heard_at)?;
        let mut news = Vec::new();
        if !compared.moved.is_empty() {
            let mut moved = compared.moved.iter().peekable();
            for key in keys {
                if let Some(moved) = moved.next_if(|moved| moved.id == key.id.as_str()) {
                    news.extend(self.news(key, moved, heard_at));
                }
            }
        }
        let quiet = AlertRecord::quiet(self.rule.name.clone(), Subject::ORGANIZATION);
        let alert = AlertRecord { seen: Some(compared.seen), ..quiet };
        Some(Turn { alert, news, standing: None, again_at: None, orders: Vec::new() })
    }

    fn news(&self, key: &ApiKey, moved: &Moved<'_>, heard_at: Timestamp) -> Option<News> {
        let (word, trouble) = match &moved.before {
            None if self.keys.new => ("new", KeyTrouble::New { created_by: self.maker(key) }),
            Some(before) if self.keys.status_changed => {
                let (before, after) = (before.clone(), key.status.clone());
                ("status", KeyTrouble::Status { before, after })
            }
            None | Some(_) => return None,
        };
        if !self.watched(key) {
            return None;
        }
        let matter = self.matter(&key.id, trouble);
        let finding = Finding::new(subject(key, word), Verdict::Breach, self.keys.severity, matter);
        let finding =
            Finding { names: Some(self.names(key)), data_until: Some(heard_at), ..finding };
        Some(told::once(self.case, self.finder(), finding, heard_at))
    }
}

impl Judging<'_> {
    fn matter(&self, id: &ApiKeyId, trouble: KeyTrouble) -> Matter {
        let verb = match trouble {
            KeyTrouble::Old { .. } | KeyTrouble::Expiring { .. } => "rotate",
            KeyTrouble::New { .. } | KeyTrouble::Status { .. } => self.stop(),
        };
        let organization = shell_word(self.case.snapshot.organization.as_str());
        let id = shell_word(id.as_str());
        let command = format!("usagewarden keys {verb} {id} --organization {organization}");
        Matter::Key { trouble, command }
    }

    /// The company API, which alone has a quota, cannot switch a key off.
    fn stop(&self) -> &'static str {
        if self.case.snapshot.heard.contains_key(&Report::Quota) { "revoke" } else { "disable" }
    }

    /// Who made it: by address, where that is a member.
    fn maker(&self, key: &ApiKey) -> Option<String> {
        let id = key.created_by.as_ref()?;
        let members = self.case.snapshot.roster.members.as_deref().into_iter().flatten();
        let maker = members.filter(|member| !member.email.is_empty()).find(|one| one.id == *id);
        Some(maker.map_or(id, |member| &member.email).clone())
    }

    fn names(&self, key: &ApiKey) -> Names {
        let roster = &self.case.snapshot.roster;
        let workspace = key.workspace.as_ref().and_then(|id| roster.workspace_name(id));
        Names { workspace: workspace.map(ToOwned::to_owned), api_key: Some(key.name.clone()) }
    }
}

/// A key, told apart by what is said of it.
fn subject(key: &ApiKey, word: &str) -> Subject {
    Subject { workspace: key.workspace.clone(), key: Some(key.id.clone()), ..Subject::detail(word) }
}
