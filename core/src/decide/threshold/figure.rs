//! What a stretch comes to in one metric, for each of a rule's subjects.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::decide::case::Case;
use crate::ledger::Basis;
use crate::notice::Contributor;
use crate::reading::{Report, Tokens};
use crate::rule::{Facet, Metric, Threshold, User};
use crate::stretch::{RequestUse, UseRow, UseSums, WindowUse};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, Subject, WorkspaceId};

/// More would not be read; the page has the rest.
const CONTRIBUTORS_MAX: usize = 5;

/// A subject, by reference: rows are many, and names of subjects are made once each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who<'a> {
    workspace: Option<&'a WorkspaceId>,
    /// Told apart by model; `Some(None)`: what is for none.
    model: Option<Option<&'a ModelId>>,
    key: Option<&'a ApiKeyId>,
}

/// A figure, in the unit of its metric; no value where there is nothing to take a share of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) value: Option<Decimal>,
    pub(super) basis: Option<Basis>,
}

pub(super) type Figures<'a> = BTreeMap<Who<'a>, Figure>;

impl Figure {
    /// Nothing was used: that is no ratio.
    pub(super) fn of_nothing(metric: Metric) -> Self {
        Self { value: value(metric, &UseSums::default()), basis: None }
    }
}

impl<'a> Who<'a> {
    fn of(
        threshold: &Threshold,
        workspace: &'a WorkspaceId,
        model: Option<&'a ModelId>,
        key: Option<&'a ApiKeyId>,
    ) -> Self {
        Self {
            workspace: Some(workspace).filter(|_| has(threshold, Facet::Workspace)),
            model: has(threshold, Facet::Model).then_some(model),
            key: key.filter(|_| has(threshold, Facet::Key)),
        }
    }

    fn of_subject(subject: &'a Subject) -> Self {
        let Subject { workspace, model, key, .. } = subject;
        let model = model.as_ref().map(|id| Some(id).filter(|id| id.as_str() != ModelId::NONE));
        Self { workspace: workspace.as_ref(), model, key: key.as_ref() }
    }

    pub(super) fn subject(self) -> Subject {
        let Self { workspace, model, key } = self;
        Subject {
            workspace: workspace.cloned(),
            model: model.map(|id| id.cloned().unwrap_or_else(|| ModelId::NONE.into())),
            key: key.cloned(),
            detail: None,
        }
    }
}

/// The figures of every subject; `None` where the metric is not told for such a stretch.
pub(super) fn of<'a>(
    case: &Case<'_>,
    threshold: &Threshold,
    window: &'a WindowUse,
) -> Option<Figures<'a>> {
    if threshold.metric == Metric::Requests {
        return Some(requests(case, threshold, window.requests.as_ref()?));
    }
    let mut sums: BTreeMap<Who<'_>, UseSums> = BTreeMap::new();
    for (who, row) in rows(case, threshold, window) {
        sums.entry(who).or_default().add(row);
    }
    let figure = |sums: &UseSums| Figure {
        value: value(threshold.metric, sums),
        basis: sums.basis.filter(|_| threshold.metric == Metric::Cost),
    };
    Some(sums.iter().map(|(who, sums)| (*who, figure(sums))).collect())
}

/// The rows of the scope, each with the subject it is a part of. What is for no model has a
/// price and nothing else: of all but that it is no model's.
fn rows<'a>(
    case: &Case<'_>,
    threshold: &Threshold,
    window: &'a WindowUse,
) -> impl Iterator<Item = (Who<'a>, &'a UseRow)> {
    let is_all = threshold.scope.is_all();
    let takes_any = threshold.metric == Metric::Cost || !has(threshold, Facet::Model);
    let rows = window.rows.iter().filter(move |row| takes_any || row.model.is_some());
    rows.filter(move |row| is_all || threshold.scope.holds(user(row), &case.snapshot.roster))
        .map(|row| (Who::of(threshold, &row.workspace, row.model.as_ref(), Some(&row.key)), row))
}

fn requests<'a>(case: &Case<'_>, threshold: &Threshold, requests: &'a RequestUse) -> Figures<'a> {
    let (no_key, tier) = (ApiKeyId::NONE.into(), ServiceTier::STANDARD.into());
    let mut figures = Figures::new();
    for (workspace, model, count) in &requests.rows {
        let user = User { workspace, model: Some(model), key: &no_key, tier: &tier };
        if !threshold.scope.holds(user, &case.snapshot.roster) {
            continue;
        }
        let who = Who::of(threshold, workspace, Some(model), None);
        let none = Figure { value: Some(Decimal::ZERO), basis: None };
        let figure = figures.entry(who).or_insert(none);
        figure.value = figure.value.map(|sum| sum + Decimal::from(*count));
    }
    figures
}

fn has(threshold: &Threshold, facet: Facet) -> bool {
    threshold.each.contains(&facet)
}

fn user(row: &UseRow) -> User<'_> {
    User { workspace: &row.workspace, model: row.model.as_ref(), key: &row.key, tier: &row.tier }
}

fn value(metric: Metric, sums: &UseSums) -> Option<Decimal> {
    let Tokens { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } = sums.tokens;
    let written = cache_write_5m.saturating_add(cache_write_1h);
    let count = |count: u64| Some(Decimal::from(count));
    match metric {
        Metric::Cost => Some(sums.cost.dollars()),
        Metric::UncachedInputTokens => count(uncached_input),
        Metric::CacheReadTokens => count(cache_read),
        Metric::CacheWriteTokens => count(written),
        Metric::OutputTokens => count(output),
        Metric::TotalTokens => count(sums.tokens.total()),
        // Told by another source, and of nothing there.
        Metric::Requests => Some(Decimal::ZERO),
        Metric::WebSearches => count(sums.web_searches),
        Metric::CacheHitRatio => {
            let input = uncached_input.saturating_add(cache_read).saturating_add(written);
            Decimal::from(cache_read).checked_div(Decimal::from(input))
        }
    }
}

/// Whether all of the stretch was read. Requests are told only where they were.
pub(super) fn covered(threshold: &Threshold, window: &WindowUse) -> bool {
    threshold.metric == Metric::Requests || window.covered
}

/// The newest data the figure is made of.
pub(super) fn data_until(
    case: &Case<'_>,
    threshold: &Threshold,
    window: &WindowUse,
) -> Option<Timestamp> {
    if threshold.metric == Metric::Requests {
        return window.requests.as_ref().map(|requests| requests.window.until());
    }
    let heard = case.snapshot.heard.get(&Report::Usage)?;
    Some(window.window.until().min(heard.heard_at))
}

/// Who used most of what the alert of `subject` is about, largest first.
pub(super) fn contributors(
    case: &Case<'_>,
    threshold: &Threshold,
    window: &WindowUse,
    subject: &Subject,
) -> Vec<Contributor> {
    if threshold.metric == Metric::CacheHitRatio {
        return Vec::new();
    }
    let mut sums: BTreeMap<(&WorkspaceId, Option<&ModelId>, &ApiKeyId), UseSums> = BTreeMap::new();
    for (who, row) in rows(case, threshold, window) {
        if who == Who::of_subject(subject) {
            let whose = (&row.workspace, row.model.as_ref(), &row.key);
            sums.entry(whose).or_default().add(row);
        }
    }
    let used = |sums: &UseSums| value(threshold.metric, sums).unwrap_or_default();
    let total: Decimal = sums.values().map(used).sum();
    let mut most: Vec<_> = sums.iter().filter(|(_, sums)| used(sums) > Decimal::ZERO).collect();
    most.sort_by_key(|(_, sums)| std::cmp::Reverse(used(sums)));
    most.truncate(CONTRIBUTORS_MAX);
    let roster = &case.snapshot.roster;
    most.into_iter()
        .map(|(&(workspace, model, key), sums)| Contributor {
            workspace: roster.workspace_name(workspace).unwrap_or(workspace.as_str()).to_owned(),
            model: model.map(ToString::to_string),
            api_key: roster.key_name(key).unwrap_or(key.as_str()).to_owned(),
            value: Amount::from_dollars(sums.cost.dollars()),
            share: used(sums).checked_div(total).unwrap_or_default(),
            change: None,
        })
        .collect()
}
