//! Sentences about thresholds and rate limits.

use jiff::SignedDuration;

use crate::notice::{Effect, Matter, News};
use crate::quantity::Quantity;
use crate::rule::Metric;
use crate::subject::OrganizationName;
use crate::words::figure::{bounded, measured, share, span, whole_percent};
use crate::words::name::{for_whom, limiter_name, narrow};

pub(super) fn title(news: &News) -> String {
    let facts = &news.facts;
    let rule = &facts.rule;
    match &facts.matter {
        Matter::Bound { metric, above, window } => {
            let over = span(*window);
            let side = if *above { "above" } else { "below" };
            let limit = facts.limit.map(|limit| measured(*metric, limit));
            match (facts.value, facts.limit, limit) {
                (Some(value), Some(limit), _) => format!(
                    "{rule} at {} in {over} ({} {})",
                    measured(*metric, value),
                    if *above { "at most" } else { "at least" },
                    bounded(limit)
                ),
                (None, _, Some(limit)) => {
                    let no = if news.effect == Effect::Resolved { "no longer " } else { "" };
                    format!("{rule} {no}{side} {limit} in {over}")
                }
                (_, None, _) | (None, Some(_), None) => format!("{rule}, {over}"),
            }
        }
        Matter::RateLimit { group, limiter, .. } => {
            let name = limiter_name(limiter);
            // What stands in parentheses is for the sentence.
            let short = name.split(" (").next().unwrap_or(&name);
            let of = format!("{short} for {group}");
            match (facts.value, facts.limit, facts.ratio()) {
                (Some(value), Some(limit), Some(ratio)) => {
                    let (value, limit) = (bounded(value), bounded(limit));
                    format!("{rule} at {} % ({value} of {limit} {of})", whole_percent(ratio))
                }
                (_, _, _) => format!("{rule} ({of})"),
            }
        }
        Matter::Step { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => rule.to_string(),
    }
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    match &news.facts.matter {
        Matter::Bound { metric, above, window } => {
            Threshold { organization, news, metric: *metric, above: *above, window: *window }
                .summary()
        }
        Matter::RateLimit { group, limiter, over } => {
            rate_limit(organization, news, group, limiter, *over)
        }
        Matter::Step { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => super::title(organization, news),
    }
}

struct Threshold<'a> {
    organization: &'a OrganizationName,
    news: &'a News,
    metric: Metric,
    above: bool,
    window: SignedDuration,
}

impl Threshold<'_> {
    fn summary(&self) -> String {
        let facts = &self.news.facts;
        let Some(limit) = facts.limit else {
            return super::title(self.organization, self.news);
        };
        let value = facts.value;
        match (self.news.effect, value) {
            (Effect::Fired | Effect::Test, Some(value)) => self.fired(value, limit),
            (Effect::Fired | Effect::Test, None) => format!("{}.", self.is("", limit)),
            (Effect::Reminded, Some(value)) => {
                format!("{}: {} now.", self.is("still ", limit), self.shown(value))
            }
            (Effect::Reminded, None) => format!("{}.", self.is("still ", limit)),
            (Effect::Resolved, Some(value)) => {
                format!("{}: {} now.", self.is("no longer ", limit), self.shown(value))
            }
            (Effect::Resolved, None) => format!("{}.", self.is("no longer ", limit)),
        }
    }

    fn fired(&self, value: Quantity, limit: Quantity) -> String {
        let Self { organization, metric, window, .. } = self;
        let facts = &self.news.facts;
        let did = match metric {
            Metric::Cost => "spent",
            Metric::UncachedInputTokens
            | Metric::CacheReadTokens
            | Metric::CacheWriteTokens
            | Metric::OutputTokens
            | Metric::TotalTokens => "used",
            Metric::Requests => "sent",
            Metric::WebSearches => "made",
            Metric::CacheHitRatio => "had",
        };
        let (value, shown) = (measured(*metric, value), self.shown(limit));
        // Cut to what is shown, the two can look alike.
        let barely = if facts.value.map(|value| self.shown(value)) == Some(shown.clone()) {
            "just "
        } else {
            ""
        };
        let side = if self.above { "above" } else { "below" };
        format!(
            "{organization} {did} {value} within {}, {barely}{side} the {shown} that the rule `{}` {}{}.",
            span(*window),
            facts.rule,
            self.wants(),
            for_whom(facts)
        )
    }

    /// `acme is still above the 10,000 requests within 1 hour that the rule `busy` allows`
    fn is(&self, how: &str, limit: Quantity) -> String {
        let Self { organization, metric, window, above, .. } = self;
        let facts = &self.news.facts;
        format!(
            "{organization} is {how}{} the {} within {} that the rule `{}` {}{}",
            if *above { "above" } else { "below" },
            measured(*metric, limit),
            span(*window),
            facts.rule,
            self.wants(),
            for_whom(facts)
        )
    }

    const fn wants(&self) -> &'static str {
        if self.above { "allows" } else { "wants" }
    }

    /// A figure whose words were said before.
    fn shown(&self, figure: Quantity) -> String {
        bounded(figure)
    }
}

fn rate_limit(
    organization: &OrganizationName,
    news: &News,
    group: &str,
    limiter: &str,
    over: SignedDuration,
) -> String {
    let facts = &news.facts;
    let (what, over) = (limiter_name(limiter), span(over));
    let at = narrow(facts).map(|narrow| format!(" in {narrow}")).unwrap_or_default();
    let rule = &facts.rule;
    let Some(((value, limit), ratio)) = facts.value.zip(facts.limit).zip(facts.ratio()) else {
        let state = match news.effect {
            Effect::Fired | Effect::Test => "is near",
            Effect::Reminded => "is still near",
            Effect::Resolved => "is no longer near",
        };
        return format!(
            "{organization} {state} its limit of {what} for {group}{at}, says the rule `{rule}`."
        );
    };
    let (share, figures) = (share(ratio), format!("{} of {}", bounded(value), bounded(limit)));
    let state = match news.effect {
        Effect::Fired | Effect::Test => "is at",
        Effect::Reminded => "is still at",
        Effect::Resolved => "is back at",
    };
    format!(
        "{organization} {state} {share} of its rate limit for {group}{at}: {figures} {what}, as a mean over {over}."
    )
}

/// What to do when nobody stands out.
pub(super) const fn next_step(matter: &Matter) -> &'static str {
    match matter {
        Matter::Bound { metric: Metric::CacheHitRatio, .. } => {
            "Ask what changed in the prompts: with fewer cache hits the same work costs more."
        }
        Matter::Bound { above: true, .. } => super::LOOK_WHO,
        Matter::Bound { above: false, .. } => {
            "Check that what should be using the API is running, and that its key is in use."
        }
        Matter::RateLimit { .. }
        | Matter::Step { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => {
            "Spread the load, move what can wait into batches, or ask for a higher limit, before requests are refused with 429."
        }
    }
}
