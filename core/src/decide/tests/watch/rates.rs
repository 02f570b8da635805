//! The rule `rate_limit`.

use super::*;
use crate::roster::{RateLimit, Workspace};
use crate::rule::Headroom;
use crate::snapshot::MinuteUse;

fn headroom() -> Headroom {
    Headroom {
        at: Share::of_percent(Decimal::from(80)).unwrap(),
        over: minutes(2),
        hold: SignedDuration::ZERO,
        severity: Severity::Warning,
        scope: Scope::default(),
    }
}

fn limit(workspace: Option<&str>, limiter: &str, value: u64) -> RateLimit {
    RateLimit {
        id: None,
        workspace: workspace.map(Into::into),
        group_type: "model_group".to_owned(),
        group: "Opus".to_owned(),
        models: vec!["claude-opus-5-5".into()],
        limiter: limiter.to_owned(),
        value: Some(value),
        inherited: false,
    }
}

const OUTPUT: &str = "output_tokens_per_minute";
const OF_ORGANIZATION: &str = "Opus/output_tokens_per_minute";

impl Post {
    fn limited(headroom: Headroom, limits: Vec<RateLimit>) -> Self {
        let mut post = Self::new(Condition::RateLimit(headroom));
        post.heard.roster.rate_limits = Some(Arc::new(limits));
        let known = |id: &str| Workspace {
            id: id.into(),
            api_id: id.to_owned(),
            name: id.to_owned(),
            archived: false,
        };
        post.heard.roster.workspaces = Some(Arc::new(vec![known("wrkspc_1"), known("wrkspc_2")]));
        post
    }

    /// Output tokens of each of the minutes that are closed at `minute`, by workspace.
    fn flow(&mut self, minute: i64, a_minute: &[(&str, u64)]) {
        let row = |&(workspace, output): &(&str, u64)| {
            let tokens = Tokens { output, ..Tokens::default() };
            (workspace.into(), "claude-opus-5-5".into(), tokens)
        };
        let used = |back: i64| MinuteUse {
            from: at(NOON) + minutes(minute - 5 - back),
            rows: a_minute.iter().map(row).collect(),
        };
        self.heard.minutes = vec![used(3), used(2), used(1)];
    }

    #[track_caller]
    fn check_flow(&mut self, minute: i64, a_minute: &[(&str, u64)], expected: &[&str]) {
        self.flow(minute, a_minute);
        self.check(minute, expected);
    }
}

#[test]
fn a_limit_in_use_up_to_its_share_is_told_and_resolved() {
    let mut post = Post::limited(headroom(), vec![limit(None, OUTPUT, 100)]);
    post.check_flow(0, &[("wrkspc_1", 79)], &[]);
    post.check_flow(
        1,
        &[("wrkspc_1", 40), ("wrkspc_2", 40)],
        &[&format!("fired {OF_ORGANIZATION}")],
    );
    post.check_flow(2, &[("wrkspc_1", 100)], &[]);
    post.check_flow(3, &[("wrkspc_1", 79)], &[&format!("resolved {OF_ORGANIZATION}")]);
}

#[test]
fn the_figures_are_tokens_a_minute() {
    let mut post = Post::limited(headroom(), vec![limit(None, OUTPUT, 100)]);
    post.flow(0, &[("wrkspc_1", 90)]);
    let news = post.tick(0);
    let (value, limit) = (news[0].facts.value.unwrap(), news[0].facts.limit.unwrap());
    assert_eq!(format!("{value} of {limit}"), "90 tokens a minute of 100 tokens a minute");
}

#[test]
fn minutes_that_were_not_read_are_unknown() {
    let mut post = Post::limited(headroom(), vec![limit(None, OUTPUT, 100)]);
    post.check_flow(0, &[("wrkspc_1", 90)], &[&format!("fired {OF_ORGANIZATION}")]);
    post.check(1, &[]);
    post.heard.minutes.clear();
    post.check(30, &[]);
    post.check_standing(
        30,
        &[&format!("{OF_ORGANIZATION} firing: not all of the window has been read")],
    );
    post.check_flow(31, &[], &[&format!("resolved {OF_ORGANIZATION}")]);
}

#[test]
fn requests_have_no_figure_and_are_not_guessed() {
    let mut post = Post::limited(headroom(), vec![limit(None, "requests_per_minute", 1)]);
    post.check_flow(0, &[("wrkspc_1", 1_000)], &[]);
    post.check_standing(0, &["organization quiet: the API reports no limit"]);
}

#[test]
fn while_the_organizations_limit_fires_those_of_workspaces_wait() {
    let limits = vec![limit(None, OUTPUT, 100), limit(Some("wrkspc_1"), OUTPUT, 50)];
    let mut post = Post::limited(headroom(), limits);
    let own = format!("workspace:wrkspc_1,{OF_ORGANIZATION}");
    post.check_flow(0, &[("wrkspc_1", 90)], &[&format!("fired {OF_ORGANIZATION}")]);
    post.check_standing(0, &[&format!("{OF_ORGANIZATION} firing"), &format!("{own} pending")]);
    post.check_flow(
        1,
        &[("wrkspc_1", 45)],
        &[&format!("fired {own}"), &format!("resolved {OF_ORGANIZATION}")],
    );
    post.check_flow(2, &[("wrkspc_1", 90)], &[&format!("fired {OF_ORGANIZATION}")]);
    post.check_flow(3, &[], &[&format!("resolved {OF_ORGANIZATION}"), &format!("resolved {own}")]);
}

#[test]
fn what_a_workspace_inherits_counts_against_the_organization_alone() {
    let inherited = RateLimit { inherited: true, ..limit(Some("wrkspc_1"), OUTPUT, 100) };
    let mut post = Post::limited(headroom(), vec![limit(None, OUTPUT, 100), inherited]);
    post.check_flow(0, &[("wrkspc_1", 90)], &[&format!("fired {OF_ORGANIZATION}")]);
    post.check_standing(0, &[&format!("{OF_ORGANIZATION} firing")]);
}

#[test]
fn a_scope_means_the_limits_that_its_workspaces_stand_under() {
    let workspace = vec![Glob::new("wrkspc_1").unwrap()];
    let scope = Scope { workspace, ..Scope::default() };
    let rule = Headroom { scope, ..headroom() };
    let (general, own) = (limit(None, OUTPUT, 100), limit(Some("wrkspc_1"), OUTPUT, 50));
    let other = limit(Some("wrkspc_2"), OUTPUT, 1);
    let flow = [("wrkspc_1", 45), ("wrkspc_2", 50)];
    let mut post = Post::limited(rule.clone(), vec![general.clone(), own, other.clone()]);
    post.check_flow(0, &flow, &[&format!("fired workspace:wrkspc_1,{OF_ORGANIZATION}")]);
    let mut post = Post::limited(rule, vec![general, other]);
    post.check_flow(0, &flow, &[&format!("fired {OF_ORGANIZATION}")]);
}

#[test]
fn a_limit_that_is_gone_resolves_but_a_list_that_is_empty_says_nothing() {
    let input = limit(None, "input_tokens_per_minute", 100);
    let mut post = Post::limited(headroom(), vec![limit(None, OUTPUT, 100), input.clone()]);
    post.check_flow(0, &[("wrkspc_1", 90)], &[&format!("fired {OF_ORGANIZATION}")]);
    post.heard.roster.rate_limits = Some(Arc::default());
    post.check_flow(1, &[("wrkspc_1", 90)], &[]);
    post.heard.roster.rate_limits = Some(Arc::new(vec![input]));
    post.check_flow(2, &[("wrkspc_1", 90)], &[&format!("resolved {OF_ORGANIZATION}")]);
}
