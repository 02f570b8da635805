//! The built-in rule `identity`: another organization answers than the one that is watched.
//!
//! What was expected and heard is remembered while it fires, so that its resolve can say what
//! is over.

use jiff::SignedDuration;

use crate::alert::Seen;
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
    let known = case.alert(&name, &Subject::ORGANIZATION);
    let (verdict, stranger) = match &case.snapshot.polling.identity {
        Identity::Wrong(stranger) => (Verdict::Breach, stranger.clone()),
        Identity::Right => (Verdict::Clear, recalled(known.seen.as_ref())),
        Identity::Unknown => (Verdict::Unknown(Unknown::NotPolled), recalled(known.seen.as_ref())),
    };
    if verdict != Verdict::Breach && known.is_blank() {
        return Vec::new();
    }
    let seen = Some(remembered(&stranger)).filter(|_| verdict != Verdict::Clear);
    let Stranger { expected, heard, fix } = stranger;
    let matter = Matter::Stranger { expected, heard, fix };
    let finding = Finding::new(Subject::ORGANIZATION, verdict, Severity::Critical, matter);
    let finder = Finder { rule: &name, kind: Kind::Identity, hold: SignedDuration::ZERO };
    let mut turn = advance(case, finder, finding);
    turn.alert.seen = seen;
    vec![turn]
}

fn remembered(stranger: &Stranger) -> Seen {
    let Stranger { expected, heard, fix } = stranger.clone();
    [("expected", expected), ("heard", heard), ("fix", fix)]
        .map(|(field, text)| (field.to_owned(), text))
        .into()
}

fn recalled(seen: Option<&Seen>) -> Stranger {
    let field = |name: &str| seen.and_then(|seen| seen.get(name)).cloned().unwrap_or_default();
    Stranger { expected: field("expected"), heard: field("heard"), fix: field("fix") }
}
