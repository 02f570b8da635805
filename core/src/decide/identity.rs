//! The built-in rule `identity`: another organization answers than the one that is watched.

use jiff::SignedDuration;

use crate::decide::case::Case;
use crate::decide::steady::{Finder, Finding, advance};
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::notice::{Kind, Matter};
use crate::polling::{Identity, Stranger};
use crate::rule::Severity;
use crate::subject::{RuleName, Subject};

/// Rules of operators cannot have this name.
const NAME: &str = "identity";

pub(super) fn is_named(name: &RuleName) -> bool {
    name.as_str() == NAME
}

/// Fires while a stranger answers. It has a standing only when there is something to say.
pub(super) fn judge(case: &Case<'_>) -> Vec<Turn> {
    let name = RuleName::new(NAME);
    let (verdict, matter) = match &case.snapshot.polling.identity {
        Identity::Wrong(stranger) => (Verdict::Breach, matter(stranger)),
        Identity::Right => (Verdict::Clear, nobody()),
        Identity::Unknown => (Verdict::Unknown(Unknown::NotPolled), nobody()),
    };
    let is_known = case.alerts_of(&name).next().is_some();
    if verdict != Verdict::Breach && !is_known {
        return Vec::new();
    }
    let finding = Finding {
        subject: Subject::ORGANIZATION,
        verdict,
        severity: Severity::Critical,
        matter,
        value: None,
        limit: None,
        basis: None,
        data_until: None,
        contributors: Vec::new(),
    };
    let finder = Finder { rule: &name, kind: Kind::Identity, hold: SignedDuration::ZERO };
    vec![advance(case, finder, finding)]
}

fn matter(stranger: &Stranger) -> Matter {
    let Stranger { expected, heard, fix } = stranger.clone();
    Matter::Stranger { expected, heard, fix }
}

fn nobody() -> Matter {
    Matter::Stranger { expected: String::new(), heard: String::new(), fix: String::new() }
}
