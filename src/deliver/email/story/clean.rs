//! Words from outside, made fit for one line of a mail.
//!
//! Names of workspaces and keys, answers of servers, even an organization's own name may
//! hold anything: line breaks that would begin a header, letters that turn the text
//! around, a page of text. What leaves here is one line, bounded, nothing invisible.

use usagewarden_core::decide::ALL_REPORTS;
use usagewarden_core::notice::{
    Announced, Announcement, Contributor, Facts, KeyTrouble, Matter, Names, News, Notice, NoticeId,
    PersonTrouble,
};
use usagewarden_core::subject::{ApiKeyId, ModelId, OrganizationName, RuleName, WorkspaceId};

/// Names longer than this are cut: a mail is read on a telephone.
const NAME_MAX: usize = 60;

/// Ids are copied, and made of several names.
const ID_MAX: usize = 200;

/// Fields of one line of the audit log: more would not be read.
const DETAILS_MAX: usize = 8;

/// What servers say, and what to do about it.
const SENTENCE_MAX: usize = 400;

/// The same notice with every word fit to be shown.
pub(super) fn notice(notice: &Notice) -> Notice {
    Notice {
        id: NoticeId(cut(&notice.id.0, ID_MAX)),
        organization: OrganizationName::new(name(notice.organization.as_str())),
        decided_at: notice.decided_at,
        lane: notice.lane.clone(),
        news: notice.news.iter().map(news).collect(),
    }
}

fn news(news: &News) -> News {
    News { facts: facts(&news.facts), ..news.clone() }
}

fn facts(facts: &Facts) -> Facts {
    let mut clean = facts.clone();
    clean.rule = RuleName::new(name(facts.rule.as_str()));
    let subject = &mut clean.subject;
    subject.workspace = subject.workspace.take().map(|id| WorkspaceId::new(name(id.as_str())));
    subject.model = subject.model.take().map(|id| ModelId::new(name(id.as_str())));
    subject.key = subject.key.take().map(|id| ApiKeyId::new(name(id.as_str())));
    // Our own word; any other detail is said by the matter.
    subject.detail = subject.detail.take().filter(|detail| **detail == *ALL_REPORTS);
    clean.names = Names {
        workspace: facts.names.workspace.as_deref().map(name),
        api_key: facts.names.api_key.as_deref().map(name),
    };
    clean.matter = matter(&facts.matter);
    clean.actions = facts.actions.iter().map(announced).collect();
    clean.contributors = facts.contributors.iter().map(contributor).collect();
    clean
}

fn announced(announced: &Announced) -> Announced {
    let verdict = match &announced.verdict {
        Announcement::NothingToDo { id, why } => {
            Announcement::NothingToDo { id: id.clone(), why: cut(why, SENTENCE_MAX) }
        }
        verdict @ (Announcement::Ordered(_)
        | Announcement::DryRun(_)
        | Announcement::Already { .. }
        | Announcement::NotAllowed) => verdict.clone(),
    };
    let does = cut(&announced.does, SENTENCE_MAX);
    Announced { action: announced.action.clone(), does, verdict }
}

fn contributor(contributor: &Contributor) -> Contributor {
    Contributor {
        workspace: name(&contributor.workspace),
        model: contributor.model.as_deref().map(name),
        api_key: name(&contributor.api_key),
        ..contributor.clone()
    }
}

fn matter(matter: &Matter) -> Matter {
    let sentence = |text: &Option<String>| text.as_deref().map(|text| cut(text, SENTENCE_MAX));
    match matter {
        Matter::RateLimit { group, limiter, over } => {
            Matter::RateLimit { group: name(group), limiter: name(limiter), over: *over }
        }
        Matter::Stale { report, refused, cause, fix } => Matter::Stale {
            report: *report,
            refused: *refused,
            cause: sentence(cause),
            fix: sentence(fix),
        },
        Matter::Changed { what, before, after } => Matter::Changed {
            what: cut(what, ID_MAX),
            before: sentence(before),
            after: sentence(after),
        },
        Matter::Stranger { expected, heard, fix } => Matter::Stranger {
            expected: cut(expected, ID_MAX),
            heard: cut(heard, ID_MAX),
            fix: cut(fix, SENTENCE_MAX),
        },
        Matter::Undelivered { channel, recipient, error } => Matter::Undelivered {
            channel: name(channel),
            recipient: name(recipient),
            error: cut(error, SENTENCE_MAX),
        },
        Matter::Key { trouble, command } => {
            Matter::Key { trouble: key_trouble(trouble), command: cut(command, SENTENCE_MAX) }
        }
        Matter::Person { who, trouble } => {
            Matter::Person { who: name(who), trouble: person_trouble(trouble) }
        }
        Matter::Activity { activity, actor, at, details, more } => Matter::Activity {
            activity: name(activity),
            actor: name(actor),
            at: *at,
            details: details
                .iter()
                .take(DETAILS_MAX)
                .map(|(field, text)| (name(field), cut(text, SENTENCE_MAX)))
                .collect(),
            more: *more,
        },
        Matter::Acted { action, id, does, state, error, no_undo } => Matter::Acted {
            action: action.clone(),
            id: id.clone(),
            does: cut(does, SENTENCE_MAX),
            state: *state,
            error: sentence(error),
            no_undo: sentence(no_undo),
        },
        Matter::Step { .. } | Matter::Bound { .. } | Matter::Test => matter.clone(),
    }
}

fn key_trouble(trouble: &KeyTrouble) -> KeyTrouble {
    match trouble {
        KeyTrouble::New { created_by } => {
            KeyTrouble::New { created_by: created_by.as_deref().map(name) }
        }
        KeyTrouble::Status { before, after } => {
            KeyTrouble::Status { before: name(before), after: name(after) }
        }
        KeyTrouble::Old { .. } | KeyTrouble::Expiring { .. } => trouble.clone(),
    }
}

fn person_trouble(trouble: &PersonTrouble) -> PersonTrouble {
    match trouble {
        PersonTrouble::NewAdmin { before, role } => {
            PersonTrouble::NewAdmin { before: before.as_deref().map(name), role: name(role) }
        }
        PersonTrouble::Role { before, after } => {
            PersonTrouble::Role { before: name(before), after: name(after) }
        }
        PersonTrouble::Invited { role, invited_at } => {
            PersonTrouble::Invited { role: name(role), invited_at: *invited_at }
        }
        PersonTrouble::Inactive { .. } => trouble.clone(),
    }
}

fn name(text: &str) -> String {
    cut(text, NAME_MAX)
}

/// One line of at most `most` letters, without what is invisible.
pub(super) fn cut(text: &str, most: usize) -> String {
    let visible = |letter: char| if is_invisible(letter) { ' ' } else { letter };
    let mut letters = text.chars().map(visible);
    let mut cut: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        cut.truncate(cut.trim_end().len());
        cut.push('…');
    }
    cut
}

/// Control characters, line separators, and what turns the direction of text or hides
/// in it.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}'
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_are_one_bounded_line() {
        let cases = [
            ("plain", "plain"),
            ("a\r\nBcc: b", "a  Bcc: b"),
            ("a\u{202E}b\u{2028}c", "a b c"),
            ("too long", "too long"),
            ("much too long", "much too…"),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, 9), expected, "{text:?}");
        }
    }
}
