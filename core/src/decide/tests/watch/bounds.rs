//! The rule `threshold`.

use super::*;
use crate::quantity::Quantity;
use crate::rule::{Bound, Facet, Metric, Threshold};
use crate::stretch::{RequestUse, UseRow, WindowUse};

/// More than 100 output tokens in an hour.
fn over_a_hundred() -> Threshold {
    Threshold {
        metric: Metric::OutputTokens,
        window: minutes(60),
        bound: Bound::Above(Decimal::ONE_HUNDRED),
        clear: None,
        hold: SignedDuration::ZERO,
        severity: Severity::Warning,
        scope: Scope::default(),
        each: Vec::new(),
    }
}

fn ratio_below_half() -> Threshold {
    let bound = Bound::Below(Decimal::new(5, 1));
    Threshold { metric: Metric::CacheHitRatio, bound, ..over_a_hundred() }
}

fn row(workspace: &str, tokens: Tokens) -> UseRow {
    UseRow {
        workspace: workspace.into(),
        model: Some("claude-opus-5-5".into()),
        key: "apikey_1".into(),
        tier: "standard".into(),
        tokens,
        web_searches: 0,
        cost: dollars(1),
        basis: Some(Basis::Estimated),
        unpriced: 0,
    }
}

fn output(output: u64) -> Tokens {
    Tokens { output, ..Tokens::default() }
}

impl Post {
    fn bound(threshold: Threshold) -> Self {
        Self::new(Condition::Threshold(threshold))
    }

    /// What the ledger says of the stretch that the rule wants.
    fn used(&mut self, covered: bool, rows: Vec<UseRow>) {
        let wanted = self.rules.rules[0].window().unwrap();
        let window = Window::new(at(NOON) - wanted.length, at(NOON)).unwrap();
        let requests = None;
        self.heard.windows = vec![WindowUse { wanted, window, covered, rows, requests }];
    }
}

/// Plays `(output tokens or None while not covered, what is told)` rows, a minute each.
#[track_caller]
fn check(threshold: Threshold, rows: &[(Option<u64>, &[&str])]) {
    let mut post = Post::bound(threshold);
    for (minute, (used, expected)) in (0..).zip(rows) {
        let rows = vec![row("wrkspc_1", output(used.unwrap_or_default()))];
        post.used(used.is_some(), rows);
        post.check(minute, expected);
    }
}

const FIRED: &[&str] = &["fired organization"];
const RESOLVED: &[&str] = &["resolved organization"];

#[test]
fn a_figure_above_its_bound_fires_once_and_resolves_at_the_bound() {
    check(
        over_a_hundred(),
        &[(Some(100), &[]), (Some(101), FIRED), (Some(150), &[]), (Some(100), RESOLVED)],
    );
}

#[test]
fn between_the_bound_and_what_clears_it_nothing_moves() {
    let clear = Some(Decimal::from(80));
    check(
        Threshold { clear, ..over_a_hundred() },
        &[
            (Some(90), &[]),
            (Some(101), FIRED),
            (Some(90), &[]),
            (Some(80), &[]),
            (Some(101), &[]),
            (Some(79), RESOLVED),
            (Some(90), &[]),
        ],
    );
}

#[test]
fn a_spike_shorter_than_the_hold_stays_silent() {
    let hold = minutes(2);
    check(
        Threshold { hold, ..over_a_hundred() },
        &[
            (Some(101), &[]),
            (Some(101), &[]),
            (Some(99), &[]),
            (Some(101), &[]),
            (Some(101), &[]),
            (Some(101), FIRED),
        ],
    );
}

#[test]
fn a_part_of_the_stretch_can_fire_but_never_resolves() {
    check(over_a_hundred(), &[(Some(101), FIRED), (None, &[]), (Some(0), RESOLVED), (None, &[])]);
    let mut post = Post::bound(over_a_hundred());
    post.used(false, vec![row("wrkspc_1", output(101))]);
    post.check(0, FIRED);
    post.used(false, vec![]);
    post.check_standing(1, &["organization firing: not all of the window has been read"]);
}

#[test]
fn below_a_bound_only_what_was_read_as_a_whole_counts() {
    let bound = Bound::Below(Decimal::TEN);
    check(
        Threshold { bound, ..over_a_hundred() },
        &[(None, &[]), (Some(10), &[]), (Some(9), FIRED), (None, &[]), (Some(10), RESOLVED)],
    );
}

#[test]
fn a_ratio_of_nothing_is_unknown() {
    let mut post = Post::bound(ratio_below_half());
    let input = |cache_read| Tokens { uncached_input: 6, cache_read, ..Tokens::default() };
    post.used(true, vec![row("wrkspc_1", input(4))]);
    post.check(0, FIRED);
    post.used(true, vec![row("wrkspc_1", output(1))]);
    post.check(1, &[]);
    post.check_standing(1, &["organization firing: no data yet"]);
    post.used(true, vec![row("wrkspc_1", input(6))]);
    post.check(2, RESOLVED);
}

#[test]
fn a_ratio_above_its_bound_waits_for_closed_buckets_too() {
    let bound = Bound::Above(Decimal::new(5, 1));
    let threshold = Threshold { bound, ..ratio_below_half() };
    assert_eq!(threshold.wanted().buckets, crate::stretch::Buckets::Closed);
    assert_eq!(over_a_hundred().wanted().buckets, crate::stretch::Buckets::Open);
    let mut post = Post::bound(threshold);
    post.used(false, vec![row("wrkspc_1", Tokens { cache_read: 1, ..Tokens::default() })]);
    post.check(0, &[]);
}

#[test]
fn each_subject_is_judged_apart_and_one_that_stopped_used_nothing() {
    let mut post = Post::bound(Threshold { each: vec![Facet::Workspace], ..over_a_hundred() });
    post.used(true, vec![row("wrkspc_1", output(101)), row("wrkspc_2", output(99))]);
    post.check(0, &["fired workspace:wrkspc_1"]);
    post.used(true, vec![row("wrkspc_2", output(101))]);
    post.check(1, &["fired workspace:wrkspc_2", "resolved workspace:wrkspc_1"]);
}

#[test]
fn only_the_use_of_its_scope_counts() {
    let workspace = vec![Glob::new("wrkspc_2").unwrap()];
    let scope = Scope { workspace, ..Scope::default() };
    let mut post = Post::bound(Threshold { scope, ..over_a_hundred() });
    post.used(true, vec![row("wrkspc_1", output(500)), row("wrkspc_2", output(1))]);
    post.check(0, &[]);
    post.used(true, vec![row("wrkspc_1", output(500)), row("wrkspc_2", output(101))]);
    let news = post.tick(1);
    assert_eq!(news[0].facts.value, Some(Quantity::tokens(101)));
    let named: Vec<&str> =
        news[0].facts.contributors.iter().map(|one| one.workspace.as_str()).collect();
    assert_eq!(named, ["wrkspc_2"]);
}

#[test]
fn requests_are_unknown_where_nobody_counts_them() {
    let mut post = Post::bound(Threshold { metric: Metric::Requests, ..over_a_hundred() });
    post.used(true, vec![row("wrkspc_1", output(500))]);
    post.check(0, &[]);
    post.check_standing(0, &["organization quiet: no data yet"]);
    let window = post.heard.windows[0].window;
    let rows = vec![("wrkspc_1".into(), "claude-opus-5-5".into(), 101)];
    post.heard.windows[0].requests = Some(RequestUse { window, rows });
    post.check(1, FIRED);
}

#[test]
fn a_stretch_that_nobody_told_of_is_unknown() {
    let mut post = Post::bound(over_a_hundred());
    post.used(true, vec![row("wrkspc_1", output(101))]);
    post.check(0, FIRED);
    post.heard.windows.clear();
    post.check(1, &[]);
    post.check_standing(1, &["organization firing: no data yet"]);
}

#[test]
fn a_ratio_of_no_use_at_all_is_unknown_too() {
    let mut post = Post::bound(Threshold { hold: minutes(2), ..ratio_below_half() });
    let input = |cache_read| Tokens { uncached_input: 6, cache_read, ..Tokens::default() };
    post.used(true, vec![]);
    post.check(0, &[]);
    post.check_standing(0, &["organization quiet: no data yet"]);
    post.used(true, vec![row("wrkspc_1", input(4))]);
    post.check(1, &[]);
    post.used(true, vec![]);
    post.check(3, &[]);
    post.check_standing(3, &["organization pending: no data yet"]);
}

#[test]
fn whom_a_rule_tells_apart_no_more_ends_without_a_word() {
    let bound = Bound::Below(Decimal::TEN);
    let mut post = Post::bound(Threshold { bound, ..over_a_hundred() });
    post.used(true, vec![row("wrkspc_1", output(9))]);
    post.check(0, FIRED);
    let each = vec![Facet::Workspace];
    post.rules.rules =
        [watch(Condition::Threshold(Threshold { bound, each, ..over_a_hundred() }))].into();
    post.used(true, vec![row("wrkspc_1", output(10))]);
    post.check(1, &[]);
    post.check_standing(1, &["workspace:wrkspc_1 quiet"]);
    assert!(post.alerts.iter().all(AlertRecord::is_blank), "{:?}", post.alerts);
}

/// As a budget does: what is for no model is a subject of its own, where it is money.
#[test]
fn what_is_for_no_model_is_judged_apart_by_what_it_cost() {
    let each = vec![Facet::Model];
    let bound = Bound::Above(Decimal::ZERO);
    let cost = Threshold { metric: Metric::Cost, bound, each, ..over_a_hundred() };
    let sessions = || UseRow { model: None, ..row("wrkspc_1", Tokens::default()) };
    let mut post = Post::bound(cost.clone());
    post.used(true, vec![sessions()]);
    post.check(0, &["fired model:none"]);
    post.used(true, vec![]);
    post.check(1, &["resolved model:none"]);

    let metric = Metric::OutputTokens;
    let mut post = Post::bound(Threshold { metric, bound: Bound::Below(Decimal::TEN), ..cost });
    post.used(true, vec![sessions(), row("wrkspc_1", output(10))]);
    post.check(0, &[]);
}
