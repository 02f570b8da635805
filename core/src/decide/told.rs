//! What is told once, and has no end: news under an episode that begins and ends with it.

use jiff::Timestamp;

use crate::decide::case::Case;
use crate::decide::facts;
use crate::decide::steady::{Finder, Finding};
use crate::notice::{Effect, News};

/// The news of a finding, named by the moment it is of: found twice, it is the same.
pub(super) fn once(case: &Case<'_>, finder: Finder<'_>, finding: Finding, at: Timestamp) -> News {
    let organization = &case.snapshot.organization;
    let episode = facts::episode_id(finder.rule, organization, &finding.subject, at);
    let mut facts = finding.facts(case, finder);
    (facts.episode, facts.since) = (episode, at);
    let id = facts::news_id(&facts.episode, Effect::Fired, None);
    News { id, effect: Effect::Fired, facts, period_end: false, only: None }
}
