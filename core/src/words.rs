//! News in words: the one place that chooses the sentences people read.
//!
//! A mail, a payload, a page and the log say the same thing in the same words. Sentences
//! are about one piece of news; times, which need a zone, are added where they are laid
//! out. Names that come from outside are put in as they are: whoever lays them out sees
//! to what they may hold.

use rust_decimal::Decimal;

use crate::notice::{Effect, Facts, Matter, News};
use crate::quantity::percent;
use crate::subject::OrganizationName;

/// What the news are about, short enough for the subject of a mail:
/// `acme: month at 80 % ($4,012.55 of $5,000.00)`.
pub fn title(organization: &OrganizationName, news: &News) -> String {
    let Facts { rule, matter, value, limit, .. } = &news.facts;
    let prefix = match news.effect {
        Effect::Fired => "",
        Effect::Reminded => "Reminder: ",
        Effect::Resolved => "Resolved: ",
        Effect::Test => "Test: ",
    };
    let ratio = news.facts.ratio().unwrap_or_default();
    let late = matches!(matter, Matter::Step { late: true, .. });
    let verb = if late { "ended at" } else { "at" };
    let figures = match (value, limit) {
        (Some(value), Some(limit)) => format!(" ({value} of {limit})"),
        (Some(_) | None, _) => String::new(),
    };
    let whole = (ratio * Decimal::ONE_HUNDRED).trunc();
    format!("{prefix}{organization}: {rule} {verb} {whole} %{figures}")
}

/// The whole matter in one sentence.
pub fn summary(organization: &OrganizationName, news: &News) -> String {
    let Facts { rule, value, limit, .. } = &news.facts;
    let (Some(value), Some(limit)) = (value, limit) else { return title(organization, news) };
    let percent = percent(news.facts.ratio().unwrap_or_default());
    format!(
        "{organization} has spent {value} of the {limit} that the budget `{rule}` allows: {percent} %."
    )
}

/// What to do about it, in one sentence.
pub fn next_step(facts: &Facts) -> String {
    match facts.contributors.first() {
        Some(first) => format!("Ask who spends in {}: is that meant to be?", first.workspace),
        None => "Look at the status page.".to_owned(),
    }
}
