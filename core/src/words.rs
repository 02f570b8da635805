//! News in words: the one place that chooses the sentences people read.
//!
//! A mail, a payload, a page and the log say the same thing in the same words. Sentences
//! are about one piece of news; instants, which need a zone, are added where they are laid
//! out. A figure is never shown on the wrong side of its limit: shares are cut and not
//! rounded. Names that come from outside are put in as they are: whoever lays them out
//! sees to what they may hold. It cannot fail; what is not known is not said.

mod acted;
mod bound;
mod figure;
mod name;
mod other;
mod stale;
mod step;
mod watched;

use crate::notice::{Contributor, Effect, Facts, Kind, Matter, News};
use crate::subject::{ApiKeyId, OrganizationName};

pub use acted::{announced, does, wanted};
pub use figure::{bounded, left_of, measured, span, whole_percent};
pub use name::{limiter_name, report_name, subject_name};

/// What the news are about, short enough for the subject of a mail:
/// `acme: month at 80 % ($4,012.55 of $5,000.00)`.
pub fn title(organization: &OrganizationName, news: &News) -> String {
    let prefix = match news.effect {
        Effect::Fired => "",
        Effect::Reminded => "Reminder: ",
        Effect::Resolved => "Resolved: ",
        Effect::Test => "Test: ",
    };
    let narrow = name::narrow(&news.facts).map(|name| format!(", {name}")).unwrap_or_default();
    format!("{prefix}{organization}{narrow}: {}", matter_title(news))
}

/// The same without the organization and the effect, for a place that shows both:
/// `month at 80 % ($4,012.55 of $5,000.00)`.
pub fn heading(news: &News) -> String {
    match name::narrow(&news.facts) {
        Some(narrow) => format!("{narrow}: {}", matter_title(news)),
        None => matter_title(news),
    }
}

fn matter_title(news: &News) -> String {
    match &news.facts.matter {
        Matter::Step { .. } => step::title(news),
        Matter::Bound { .. } | Matter::RateLimit { .. } => bound::title(news),
        Matter::Stale { .. } => stale::title(news),
        Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => other::title(news),
        Matter::Key { .. } | Matter::Person { .. } | Matter::Activity { .. } => {
            watched::title(news)
        }
        Matter::Acted { .. } => acted::title(news),
    }
}

/// The whole matter in one sentence.
pub fn summary(organization: &OrganizationName, news: &News) -> String {
    match &news.facts.matter {
        Matter::Step { .. } => step::summary(organization, news),
        Matter::Bound { .. } | Matter::RateLimit { .. } => bound::summary(organization, news),
        Matter::Stale { .. } => stale::summary(organization, news),
        Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => other::summary(organization, news),
        Matter::Key { .. } | Matter::Person { .. } | Matter::Activity { .. } => {
            watched::summary(organization, news)
        }
        Matter::Acted { .. } => acted::summary(organization, news),
    }
}

/// What to do about it, in one or two short sentences.
pub fn next_step(facts: &Facts) -> String {
    if let Some(last) = watched::last_step(facts) {
        return last.to_owned();
    }
    if facts.ended_at.is_some() {
        return "Nothing: this is over.".to_owned();
    }
    match &facts.matter {
        Matter::Step { api_limit, .. } => {
            let is_company = *api_limit && facts.kind == Kind::Quota;
            let look = if is_company { LOOK_IN_CONSOLE } else { LOOK_WHO };
            asked(facts).unwrap_or_else(|| look.to_owned())
        }
        Matter::Bound { .. } | Matter::RateLimit { .. } => {
            asked(facts).unwrap_or_else(|| bound::next_step(&facts.matter).to_owned())
        }
        Matter::Stale { fix, .. } => stale::next_step(fix.as_deref()),
        Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => other::next_step(&facts.matter),
        Matter::Key { .. } | Matter::Person { .. } | Matter::Activity { .. } => {
            watched::next_step(&facts.matter)
        }
        Matter::Acted { .. } => acted::next_step(&facts.matter),
    }
}

const LOOK_WHO: &str = "See on the status page who uses most, and ask whether that is meant to be.";

/// The API that counts a quota of its own does not tell whose tokens it counts.
const LOOK_IN_CONSOLE: &str =
    "See in the Console who uses most, and ask whether that is meant to be.";

/// Who has to be asked, where somebody stands out.
fn asked(facts: &Facts) -> Option<String> {
    let Contributor { workspace, api_key, share, .. } = facts.contributors.first()?;
    let (share, key) = (whole_percent(*share), key_name(api_key));
    Some(format!("Ask who spends in {workspace}, {key}: {share} % of all. Is that meant to be?"))
}

/// `key ci-runner`, or that there is none.
pub fn key_name(api_key: &str) -> String {
    if api_key == ApiKeyId::NONE { "without a key".to_owned() } else { format!("key {api_key}") }
}

/// A word of a command as a shell takes it, whatever it holds.
pub fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Lets a sentence begin with `text`, which may begin with a name that has to stay as it is.
fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let text = format!("{first}{}", letters.as_str());
    let ended = text.is_empty() || text.ends_with(['.', '!', '?']);
    if ended { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests;
