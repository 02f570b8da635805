//! Judges the rule `change`: what should stay as it is, against what was seen last.
//!
//! The first look at a report remembers and says nothing. Each change is news of its own,
//! under an episode that begins and ends with it: nothing resolves. What was not heard, or
//! is not for this organization, stays as it was seen.

mod caps;
mod profile;
mod rates;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertState, Seen};
use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding};
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::decide::{Standing, told};
use crate::notice::{Kind, Matter, News};
use crate::reading::Report;
use crate::rule::{Change, Rule};
use crate::subject::{Subject, WorkspaceId};

/// One thing that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Changed {
    /// Where it was heard.
    report: Report,
    /// Names it among all that can change; the detail of its subject.
    field: String,
    workspace: Option<WorkspaceId>,
    /// For people: what, and the values it had and has.
    what: String,
    before: Option<String>,
    after: Option<String>,
}

/// What is looked at, what was seen of it, and what is new.
struct Look<'a> {
    case: &'a Case<'a>,
    change: &'a Change,
    seen: Seen,
    changes: Vec<Changed>,
}

pub(super) fn judge(case: &Case<'_>, rule: &Rule, change: &Change) -> Vec<Turn> {
    let mut alert = case.alert(&rule.name, &Subject::ORGANIZATION);
    let seen = alert.seen.take().unwrap_or_default();
    let mut look = Look { case, change, seen, changes: Vec::new() };
    profile::look(&mut look);
    caps::look(&mut look);
    rates::look(&mut look);
    alert.seen = Some(look.seen).filter(|seen| !seen.is_empty());
    let news = look.changes.into_iter().map(|changed| news(case, rule, change, changed)).collect();
    let nothing = Matter::Changed { what: String::new(), before: None, after: None };
    let finding = Finding::new(Subject::ORGANIZATION, Verdict::Clear, change.severity, nothing);
    let facts = finding.facts(case, finder(rule));
    let standing = Standing { state: AlertState::Quiet, facts, unknown: None };
    vec![Turn { alert, news, orders: Vec::new(), standing: Some(standing), again_at: None }]
}

impl Look<'_> {
    /// Names who has a limit, for people.
    fn whose(&self, workspace: Option<&WorkspaceId>) -> String {
        let name = workspace.map(|id| self.case.snapshot.roster.workspace_name(id));
        match (workspace, name.flatten()) {
            (_, Some(name)) => name.to_owned(),
            (Some(id), None) => id.to_string(),
            (None, None) => "the organization".to_owned(),
        }
    }
}

const fn finder(rule: &Rule) -> Finder<'_> {
    Finder { rule: &rule.name, kind: Kind::Change, hold: SignedDuration::ZERO }
}

/// Named by when it was heard: looked at twice, it is the same.
fn news(case: &Case<'_>, rule: &Rule, change: &Change, changed: Changed) -> News {
    let Changed { report, field, workspace, what, before, after } = changed;
    let heard_at = heard_at(case, report);
    let subject = Subject { workspace, ..Subject::detail(field) };
    let matter = Matter::Changed { what, before, after };
    let finding = Finding {
        data_until: Some(heard_at),
        ..Finding::new(subject, Verdict::Breach, change.severity, matter)
    };
    told::once(case, finder(rule), finding, heard_at)
}

fn heard_at(case: &Case<'_>, report: Report) -> Timestamp {
    case.snapshot.heard.get(&report).map_or(case.now, |heard| heard.heard_at)
}
