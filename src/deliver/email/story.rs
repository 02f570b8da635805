//! What a mail tells, before it is laid out as text or as HTML.
//!
//! The sentences are chosen by [`words`], so that mail, payload, page and log say the
//! same; here they meet times in the zone of the rule, figures by name, and advice. One
//! story feeds both bodies. All words that come from outside are made fit for one line
//! of a mail before anything is made of them: see [`clean`].

mod advice;
mod clean;
mod item;
mod lead;
mod rows;
mod time;

use usagewarden_core::notice::{Effect, Matter, News, Notice};
use usagewarden_core::rule::Severity;
use usagewarden_core::words;

pub(super) use item::{Item, Spender};

/// A subject that is longer is cut by every mail program anyway.
const SUBJECT_MAX: usize = 180;

/// What is beyond is on the status page: Gmail cuts a mail off at 102 kB, and one part can
/// take 7.
const ITEMS_MAX: usize = 12;

/// A mail in words.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) subject: String,
    /// The whole matter in one sentence, or how much there is of it.
    pub(super) headline: String,
    pub(super) organization: String,
    /// Chooses the color.
    pub(super) tone: Tone,
    /// The most urgent first, what is over last.
    pub(super) items: Vec<Item>,
    /// How many there would be besides.
    pub(super) left_out: usize,
    /// Where those can be read.
    pub(super) left_out_at: &'static str,
    pub(super) url: String,
    pub(super) footer: String,
}

/// How a mail, or a part of it, is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Wrong(Severity),
    Over,
    Test,
}

impl Tone {
    fn of(effect: Effect, severity: Severity) -> Self {
        match effect {
            Effect::Fired | Effect::Reminded => Self::Wrong(severity),
            Effect::Resolved => Self::Over,
            Effect::Test => Self::Test,
        }
    }
}

impl Story {
    pub(super) fn of(notice: &Notice, url: &str) -> Self {
        let notice = clean::notice(notice);
        let mut items: Vec<Item> = ordered(&notice).map(|news| Item::of(&notice, news)).collect();
        let left_out = items.len().saturating_sub(ITEMS_MAX) + untold(&notice);
        items.truncate(ITEMS_MAX);
        Self {
            subject: subject(&notice),
            headline: headline(&notice),
            organization: notice.organization.to_string(),
            tone: Tone::of(notice.effect(), notice.severity()),
            items,
            left_out,
            left_out_at: left_out_at(&notice),
            url: url.to_owned(),
            footer: footer(&notice),
        }
    }
}

/// What is over comes last, whatever the notice says.
fn ordered(notice: &Notice) -> impl Iterator<Item = &usagewarden_core::notice::News> {
    let is_over = |effect| effect == Effect::Resolved;
    let now = notice.news.iter().filter(move |news| !is_over(news.effect));
    now.chain(notice.news.iter().filter(move |news| is_over(news.effect)))
}

fn subject(notice: &Notice) -> String {
    let Some(first) = ordered(notice).next() else { return notice.organization.to_string() };
    let title = clean::cut(&words::title(&notice.organization, first), SUBJECT_MAX);
    match notice.news.len() + untold(notice) {
        0 | 1 => title,
        several => format!("{title}, and {} more", several - 1),
    }
}

fn headline(notice: &Notice) -> String {
    match notice.news.as_slice() {
        [] => String::new(),
        [only] => words::summary(&notice.organization, only),
        several => {
            let untold = std::iter::repeat_n(Effect::Fired, untold(notice));
            let effects = several.iter().map(|news| news.effect).chain(untold);
            counted(notice.organization.as_str(), effects)
        }
    }
}

/// What happened once is not on the status page.
fn left_out_at(notice: &Notice) -> &'static str {
    let is_line = |news: &News| matches!(news.facts.matter, Matter::Activity { .. });
    if notice.news.iter().all(is_line) {
        "`usagewarden audit` has"
    } else if notice.news.iter().any(is_line) {
        "the status page and `usagewarden audit` have"
    } else {
        "the status page has"
    }
}

/// What is told by its number alone.
fn untold(notice: &Notice) -> usize {
    let more = notice.news.iter().map(|news| match news.facts.matter {
        Matter::Activity { more, .. } => more,
        Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Acted { .. }
        | Matter::Stranger { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => 0,
    });
    usize::try_from(more.fold(0, u64::saturating_add)).unwrap_or(usize::MAX)
}

/// `4 alerts about acme: 2 new, 1 still firing, 1 resolved.`
fn counted(organization: &str, effects: impl Iterator<Item = Effect> + Clone) -> String {
    let count = |wanted| effects.clone().filter(|effect| *effect == wanted).count();
    let parts = Effect::ALL.map(|effect| (count(effect), effect)).into_iter();
    let parts: Vec<String> = parts
        .filter(|(count, _)| *count > 0)
        .map(|(count, effect)| format!("{count} {}", state(effect)))
        .collect();
    format!("{} alerts about {organization}: {}.", effects.clone().count(), parts.join(", "))
}

const fn state(effect: Effect) -> &'static str {
    match effect {
        Effect::Fired => "new",
        Effect::Reminded => "still firing",
        Effect::Resolved => "resolved",
        Effect::Test => "for a test",
    }
}

fn footer(notice: &Notice) -> String {
    let organization = &notice.organization;
    let mut rules: Vec<String> =
        notice.news.iter().map(|news| format!("`{}`", news.facts.rule)).collect();
    rules.sort_unstable();
    rules.dedup();
    let by = match rules.as_slice() {
        [only] => format!("the rule {only}"),
        several if several.len() <= 5 => format!("the rules {}", several.join(", ")),
        many => format!("{} rules", many.len()),
    };
    format!("Sent by usagewarden, which watches {organization} by {by}. Notice {}.", notice.id.0)
}
