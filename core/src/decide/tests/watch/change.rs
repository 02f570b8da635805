//! The rule `change`.

use super::*;
use crate::roster::{Profile, RateLimit, SpendLimit, SpendLimitScope, Workspace};
use crate::rule::Change;
use crate::snapshot::Heard;

const EVERYTHING: Change = Change {
    rate_limit_lowered: true,
    spend_limit_changed: true,
    spend_limit_off: true,
    increase_request: false,
    plan_changed: true,
    features_changed: true,
    name_changed: true,
    severity: Severity::Info,
};

impl Post {
    fn guarding(change: Change) -> Self {
        let mut post = Self::new(Condition::Change(change));
        let workspace = Workspace {
            id: "wrkspc_1".into(),
            api_id: "wrkspc_1".to_owned(),
            name: "ingest-prod".to_owned(),
            archived: false,
        };
        post.heard.roster.workspaces = Some(Arc::new(vec![workspace]));
        post
    }

    fn profile(&mut self, name: &str, plan: Option<&str>, features: &[&str]) {
        self.heard.roster.profile = Some(Arc::new(Profile {
            id: "org_1".to_owned(),
            name: name.to_owned(),
            plan: plan.map(str::to_owned),
            created_at: None,
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            requests_per_minute: None,
            tokens_per_minute: None,
        }));
    }

    fn rates(&mut self, limits: &[(&str, &str, u64)]) {
        let limit = |&(workspace, limiter, value): &(&str, &str, u64)| RateLimit {
            id: None,
            workspace: Some(workspace).filter(|id| !id.is_empty()).map(Into::into),
            group_type: "model_group".to_owned(),
            group: "Claude Opus 5.x".to_owned(),
            models: Vec::new(),
            limiter: limiter.to_owned(),
            value: Some(value),
            inherited: false,
        };
        self.heard.roster.rate_limits = Some(Arc::new(limits.iter().map(limit).collect()));
    }

    fn caps(&mut self, limits: &[(SpendLimitScope, Option<u32>, bool)]) {
        let limit = |(scope, amount, enabled): &(SpendLimitScope, Option<u32>, bool)| SpendLimit {
            id: "spl_1".to_owned(),
            scope: scope.clone(),
            amount: amount.map(dollars),
            period: "monthly".to_owned(),
            enabled: *enabled,
        };
        self.heard.roster.spend_limits = Some(Arc::new(limits.iter().map(limit).collect()));
    }

    /// What one tick tells, as people read it.
    #[track_caller]
    fn check_changes(&mut self, minute: i64, expected: &[&str]) {
        let shown: Vec<String> = self.tick(minute).iter().map(changed).collect();
        assert_eq!(shown, expected, "minute {minute}");
    }
}

fn changed(news: &News) -> String {
    let Matter::Changed { what, before, after } = &news.facts.matter else { unreachable!() };
    assert_eq!((news.effect, news.facts.severity), (Effect::Fired, Severity::Info));
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!("{what}, {} → {}", shown(before), shown(after))
}

#[test]
fn the_first_look_tells_nothing_and_a_change_is_told_once() {
    let mut post = Post::guarding(EVERYTHING);
    post.check_changes(0, &[]);
    post.profile("Acme Corp", Some("team"), &["batch", "files"]);
    post.check_changes(1, &[]);
    post.profile("Acme Inc", Some("enterprise"), &["skills", "files"]);
    post.check_changes(
        2,
        &[
            "name, Acme Corp → Acme Inc",
            "plan, team → enterprise",
            "features, batch, files → files, skills",
        ],
    );
    post.profile("Acme Inc", None, &["files", "skills"]);
    post.check_changes(3, &[]);
    post.profile("Acme Inc", Some("team"), &[]);
    post.check_changes(4, &["plan, enterprise → team", "features, files, skills → -"]);
}

#[test]
fn only_what_is_asked_for_is_told_and_remembered() {
    let name_only = Change { name_changed: true, severity: Severity::Info, ..Change::default() };
    let mut post = Post::guarding(name_only);
    post.profile("Acme Corp", Some("team"), &[]);
    post.rates(&[("", "output_tokens_per_minute", 100)]);
    post.check_changes(0, &[]);
    let seen = post.alerts[0].seen.clone().unwrap();
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["name"]);
    post.profile("Acme Inc", Some("enterprise"), &["x"]);
    post.rates(&[("", "output_tokens_per_minute", 50)]);
    post.check_changes(1, &["name, Acme Corp → Acme Inc"]);
}

#[test]
fn rate_limits_are_told_when_they_are_lowered_and_not_when_raised() {
    let (input, output) = ("input_tokens_per_minute_cache_aware", "output_tokens_per_minute");
    let mut post = Post::guarding(EVERYTHING);
    post.rates(&[("", input, 900_000), ("wrkspc_1", input, 400_000), ("", output, 100)]);
    post.check_changes(0, &[]);
    post.rates(&[("", output, 200), ("wrkspc_1", input, 200_000), ("", input, 900_000)]);
    post.check_changes(
        1,
        &["ingest-prod: input tokens a minute of Claude Opus 5.x, 400,000 → 200,000"],
    );
    post.rates(&[("", output, 100), ("", input, 900_000)]);
    post.check_changes(
        2,
        &["the organization: output tokens a minute of Claude Opus 5.x, 200 → 100"],
    );
    post.rates(&[("", output, 100), ("", input, 900_000), ("wrkspc_1", output, 60)]);
    post.check_changes(3, &["ingest-prod: output tokens a minute of Claude Opus 5.x, 100 → 60"]);
    post.rates(&[("", input, 900_000)]);
    post.check_changes(4, &[]);
}

#[test]
fn spend_limits_are_told_when_moved_and_when_they_limit_no_more() {
    use SpendLimitScope::{Organization, Other, UsageTier};
    let workspace = || SpendLimitScope::Workspace("wrkspc_1".into());
    let mut post = Post::guarding(EVERYTHING);
    post.caps(&[(Organization, Some(5_000), true), (workspace(), Some(100), true)]);
    post.check_changes(0, &[]);
    post.caps(&[(Organization, Some(4_000), true), (workspace(), Some(100), false)]);
    post.check_changes(
        1,
        &[
            "the organization: spend limit, $5,000.00 → $4,000.00",
            "ingest-prod: spend limit, $100.00 → switched off",
        ],
    );
    post.caps(&[
        (UsageTier, Some(200_000), true),
        (workspace(), Some(100), true),
        (Other("user".to_owned()), Some(5), true),
    ]);
    post.check_changes(
        2,
        &[
            "the organization: spend limit, $4,000.00 → none",
            "the usage tier: spend limit, none → $200,000.00",
            "ingest-prod: spend limit, switched off → $100.00",
        ],
    );
    post.caps(&[(UsageTier, None, true), (workspace(), Some(100), true)]);
    post.check_changes(3, &["the usage tier: spend limit, $200,000.00 → no limit"]);
}

#[test]
fn limits_that_were_not_heard_stay_as_they_were_seen() {
    let mut post = Post::guarding(EVERYTHING);
    post.caps(&[(SpendLimitScope::Organization, Some(5_000), true)]);
    post.check_changes(0, &[]);
    post.heard.roster.spend_limits = None;
    post.check_changes(1, &[]);
    post.caps(&[(SpendLimitScope::Organization, Some(5_000), true)]);
    post.check_changes(2, &[]);
    post.heard.roster.spend_limits = None;
    post.check_changes(3, &[]);
    post.caps(&[(SpendLimitScope::Organization, Some(1_000), true)]);
    post.check_changes(4, &["the organization: spend limit, $5,000.00 → $1,000.00"]);
}

#[test]
fn each_change_has_an_episode_of_its_own_and_no_alert_fires() {
    let mut post = Post::guarding(EVERYTHING);
    post.profile("Acme Corp", Some("team"), &[]);
    post.check_changes(0, &[]);
    let mut ids = Vec::new();
    for (minute, name) in [(1, "Acme Inc"), (2, "Acme Corp"), (3, "Acme Inc")] {
        post.profile(name, Some("team"), &[]);
        let heard_at = at(NOON) + minutes(minute);
        let heard = Heard { heard_at, data_until: Some(heard_at), granted: true };
        post.heard.heard.insert(Report::Company, heard);
        let news = post.tick(minute + 100);
        ids.push((news[0].facts.episode.0.clone(), news[0].id.0.clone()));
        post.check_standing(minute + 100, &["organization quiet"]);
    }
    assert_eq!(ids[0].0, "watch:acme:name:20261120T120100Z");
    assert_eq!(ids[0].1, "watch:acme:name:20261120T120100Z:fired");
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_feature_without_a_name_is_no_news_however_often_it_is_seen() {
    let mut post = Post::guarding(EVERYTHING);
    for minute in 0..3 {
        post.profile("Acme Corp", None, &["batch", ""]);
        post.check_changes(minute, &[]);
    }
    post.profile("Acme Corp", None, &[""]);
    post.check_changes(3, &["features, batch → -"]);
    post.check_changes(4, &[]);
}
