//! What an action reaches, and what it never does.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::roster::{RateLimit, SpendLimit, SpendLimitScope};
use crate::subject::ApiKeyId;

fn workspace(id: &str, name: &str) -> Workspace {
    Workspace { id: id.into(), api_id: id.to_owned(), name: name.to_owned(), archived: false }
}

fn key(id: &str, name: &str, workspace: Option<&str>, status: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: name.to_owned(),
        status: status.to_owned(),
        workspace: workspace.map(WorkspaceId::from),
        hint: None,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        created_by: None,
    }
}

fn rate(id: Option<&str>, workspace: Option<&str>, group: &str, value: Option<u64>) -> RateLimit {
    RateLimit {
        id: id.map(ToOwned::to_owned),
        workspace: workspace.map(WorkspaceId::from),
        group_type: "model_group".to_owned(),
        group: group.to_owned(),
        models: vec![format!("claude-{}", group.to_lowercase()).as_str().into()],
        limiter: "output_tokens_per_minute".to_owned(),
        value,
        inherited: false,
    }
}

fn spend(scope: SpendLimitScope, dollars: u32, enabled: bool) -> SpendLimit {
    let (id, period) = ("spl_1".to_owned(), "monthly".to_owned());
    let amount = Some(Amount::from_dollars(dollars.into()));
    SpendLimit { id, scope, amount, period, enabled }
}

/// Two workspaces with keys, two that share a name, and limits.
fn roster() -> Roster {
    let workspaces = vec![
        workspace("wrkspc_1", "ingest"),
        workspace("wrkspc_2", "web"),
        workspace("wrkspc_3", "twin"),
        workspace("wrkspc_4", "twin"),
    ];
    let keys = vec![
        key("apikey_1", "batch-worker", Some("wrkspc_1"), "active"),
        key("apikey_2", "batch-old", Some("wrkspc_1"), "inactive"),
        key("apikey_3", "frontend", Some("wrkspc_1"), "active"),
        key("apikey_4", "batch-worker", Some("wrkspc_2"), "active"),
        key("apikey_5", "batch-global", None, "active"),
        key("apikey_6", "batch-default", Some("default"), "active"),
        key("apikey_7", "batch-twin", Some("wrkspc_3"), "active"),
    ];
    let rates = vec![
        rate(Some("rl_1"), None, "Sonnet", Some(400)),
        rate(Some("rl_2"), None, "Opus", Some(100)),
        rate(Some("rl_1"), Some("wrkspc_2"), "Sonnet", Some(50)),
        rate(None, None, "Haiku", Some(900)),
        rate(Some("rl_4"), None, "Fable", None),
    ];
    let spends = vec![
        spend(SpendLimitScope::Workspace("wrkspc_1".into()), 500, true),
        spend(SpendLimitScope::UsageTier, 10, true),
        spend(SpendLimitScope::Organization, 5, false),
    ];
    Roster {
        workspaces: Some(Arc::new(workspaces)),
        keys: Some(Arc::new(keys)),
        rate_limits: Some(Arc::new(rates)),
        spend_limits: Some(Arc::new(spends)),
        ..Roster::default()
    }
}

fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|pattern| Glob::new(*pattern).unwrap()).collect()
}

fn disable_keys(workspace: &str, keys: &[&str]) -> Measure {
    Measure::DisableKeys { workspace: workspace.to_owned(), keys: globs(keys) }
}

fn of_key(id: &str) -> Subject {
    Subject { key: Some(id.into()), ..Subject::ORGANIZATION }
}

fn of_workspace(id: &str) -> Subject {
    Subject { workspace: Some(id.into()), ..Subject::ORGANIZATION }
}

fn of_model(id: &str) -> Subject {
    Subject { model: Some(id.into()), ..Subject::ORGANIZATION }
}

/// The targets by id, or why there are none.
fn shown(measure: &Measure, subject: &Subject, roster: &Roster) -> String {
    let name = |target: &Target| match target {
        Target::Key { id, .. } => id.to_string(),
        Target::SpendLimit { workspace, to, .. } => format!("{workspace:?} {to}"),
        Target::RateLimit { workspace, limit_id, group, to, .. } => {
            format!("{workspace} {limit_id} {group} {to}")
        }
        Target::Webhook { channel } => channel.to_string(),
    };
    match targets(measure, subject, roster) {
        Ok(targets) => targets.iter().map(name).collect::<Vec<_>>().join(", "),
        Err(Nothing::Elsewhere) => "elsewhere".to_owned(),
        Err(why) => why.to_string(),
    }
}

#[track_caller]
fn check(measure: &Measure, subject: &Subject, expected: &str) {
    assert_eq!(shown(measure, subject, &roster()), expected, "{measure:?} for {subject}");
}

#[test]
fn only_active_keys_of_the_one_workspace_are_disabled() {
    for (workspace, keys, expected) in [
        ("ingest", &["batch-*"][..], "apikey_1"),
        ("wrkspc_1", &["batch-*"], "apikey_1"),
        ("ingest", &["*"], "apikey_1, apikey_3"),
        ("ingest", &["apikey_3", "nobody"], "apikey_3"),
        // Every id begins so: a pattern is one of names.
        ("ingest", &["api*"], "no key of the workspace ingest matches"),
        ("ingest", &["apikey_?"], "no key of the workspace ingest matches"),
        ("ingest", &["apikey_4", "apikey_5"], "no key of the workspace ingest matches"),
        ("ingest", &["batch-old"], "no key that matches is active: batch-old (inactive)"),
        ("default", &["*"], "apikey_6"),
        ("Ingest", &["*"], "there is no workspace Ingest"),
        ("twin", &["*"], "2 workspaces are called twin: name it by its id"),
        ("wrkspc_3", &["*"], "apikey_7"),
    ] {
        check(&disable_keys(workspace, keys), &Subject::ORGANIZATION, expected);
    }
}

#[test]
fn a_workspace_that_somebody_calls_default_is_not_the_default_one() {
    for listed in [vec![], vec![workspace("default", "Default")]] {
        let named = workspace("wrkspc_8", "default");
        let workspaces = listed.into_iter().chain([named]).collect();
        let keys = vec![
            key("apikey_6", "batch-default", Some("default"), "active"),
            key("apikey_8", "batch-named", Some("wrkspc_8"), "active"),
        ];
        let roster = Roster {
            workspaces: Some(Arc::new(workspaces)),
            keys: Some(Arc::new(keys)),
            ..Roster::default()
        };
        let said = |named| shown(&disable_keys(named, &["*"]), &Subject::ORGANIZATION, &roster);
        assert_eq!(said("default"), "2 workspaces are called default: name it by its id");
        assert_eq!(said("wrkspc_8"), "apikey_8");
    }
}

#[test]
fn an_alert_about_a_part_reaches_that_part_alone() {
    let all = disable_keys("ingest", &["*"]);
    for (subject, expected) in [
        (of_key("apikey_1"), "apikey_1"),
        (of_key("apikey_2"), "no key that matches is active: batch-old (inactive)"),
        (of_key("apikey_4"), "elsewhere"),
        (of_key(ApiKeyId::NONE), "elsewhere"),
        (of_workspace("wrkspc_1"), "apikey_1, apikey_3"),
        (of_workspace("wrkspc_2"), "elsewhere"),
        (Subject { workspace: Some("wrkspc_2".into()), ..of_key("apikey_1") }, "elsewhere"),
    ] {
        check(&all, &subject, expected);
    }
}

#[test]
fn what_was_never_heard_has_no_targets() {
    let all = disable_keys("ingest", &["*"]);
    let no_keys = Roster { keys: None, ..roster() };
    let expected = "nothing was heard yet of the list of API keys";
    assert_eq!(shown(&all, &Subject::ORGANIZATION, &no_keys), expected);
    assert_eq!(shown(&all, &Subject::ORGANIZATION, &Roster::default()), expected);
}

#[test]
fn spend_limits_are_only_lowered() {
    let limit = |workspace: Option<&str>, dollars: u32| Measure::LowerSpendLimit {
        workspace: workspace.map(ToOwned::to_owned),
        to: Amount::from_dollars(dollars.into()),
    };
    let all = Subject::ORGANIZATION;
    for (measure, subject, expected) in [
        (limit(Some("ingest"), 100), &all, "Some(WorkspaceId(\"wrkspc_1\")) $100.00"),
        (limit(Some("ingest"), 500), &all, "the limit is $500.00 already"),
        // Neither the tier's nor one that is off is the organization's.
        (limit(None, 100), &all, "None $100.00"),
        (limit(Some("web"), 100), &all, "Some(WorkspaceId(\"wrkspc_2\")) $100.00"),
        (limit(Some("default"), 1), &all, "the default workspace cannot be limited"),
        (limit(None, 100), &of_workspace("wrkspc_1"), "elsewhere"),
        (limit(Some("ingest"), 1), &of_workspace("wrkspc_2"), "elsewhere"),
        (limit(Some("ingest"), 1), &of_key("apikey_1"), "elsewhere"),
    ] {
        check(&measure, subject, expected);
    }
}

#[test]
fn rate_limits_are_only_lowered_where_they_are_higher_and_have_a_name() {
    let limit = |workspace: &str, group: &str, to| Measure::LowerRateLimit {
        workspace: workspace.to_owned(),
        group: Glob::new(group).unwrap(),
        limiter: "output_tokens_per_minute".to_owned(),
        to,
    };
    let all = Subject::ORGANIZATION;
    for (measure, subject, expected) in [
        (limit("ingest", "*", 99), &all, "wrkspc_1 rl_2 Opus 99, wrkspc_1 rl_1 Sonnet 99"),
        (limit("ingest", "*", 100), &all, "wrkspc_1 rl_1 Sonnet 100"),
        // Its own limit is what holds.
        (limit("web", "Sonnet", 50), &all, "every limit that matches is at 50 or below"),
        (limit("web", "Sonnet", 49), &all, "wrkspc_2 rl_1 Sonnet 49"),
        (limit("ingest", "Haiku", 1), &all, "the API does not say what these limits are called"),
        (limit("ingest", "Fable", 1), &all, "every limit that matches is at 1 or below"),
        (
            limit("ingest", "Gone", 1),
            &all,
            "no group that matches has a limit `output_tokens_per_minute`",
        ),
        (limit("default", "*", 1), &all, "the default workspace cannot be limited"),
        (limit("ingest", "*", 9), &of_model("claude-opus"), "wrkspc_1 rl_2 Opus 9"),
        (limit("ingest", "*", 9), &of_model("claude-other"), "elsewhere"),
        (limit("ingest", "*", 9), &of_key("apikey_1"), "elsewhere"),
    ] {
        check(&measure, subject, expected);
    }
}

/// Few words, so that ids, names and patterns meet.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "ab", "ba", "default", "none"])
}

fn pattern() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "*", "a*", "?b", "default"])
}

fn rosters() -> impl Strategy<Value = Roster> {
    let workspaces = prop::collection::vec((word(), word(), word()), 0..5);
    let status = prop::sample::select(vec!["active", "inactive", "archived", "expired", "Active"]);
    let keys = prop::collection::vec((word(), word(), prop::option::of(word()), status), 0..8);
    (prop::option::weighted(0.9, workspaces), prop::option::weighted(0.9, keys)).prop_map(
        |(workspaces, keys)| {
            let workspaces = workspaces.map(|all| {
                let one = |(id, api_id, name): (&str, &str, &str)| Workspace {
                    api_id: api_id.to_owned(),
                    ..workspace(id, name)
                };
                Arc::new(all.into_iter().map(one).collect())
            });
            let keys = keys.map(|all| {
                let one = |(id, name, of, status)| key(id, name, of, status);
                Arc::new(all.into_iter().map(one).collect())
            });
            Roster { workspaces, keys, ..Roster::default() }
        },
    )
}

fn subjects() -> impl Strategy<Value = Subject> {
    (prop::option::of(word()), prop::option::of(word()), prop::option::of(word())).prop_map(
        |(workspace, model, key)| Subject {
            workspace: workspace.map(Into::into),
            model: model.map(Into::into),
            key: key.map(Into::into),
            detail: None,
        },
    )
}

/// Whether the roster has this very key, in a workspace that alone is called `named`.
fn is_in_scope(target: &Target, named: &str, keys: &[&str], of: &Subject, roster: &Roster) -> bool {
    let Target::Key { id, name, workspace, .. } = target else { return false };
    let is_called =
        |one: &&Workspace| one.id.as_str() == named || one.api_id == named || one.name == named;
    let called: Vec<&WorkspaceId> = roster
        .workspaces
        .iter()
        .flat_map(|all| all.iter())
        .filter(is_called)
        .map(|one| &one.id)
        .collect();
    let is_the_one = match called[..] {
        [one] => one == workspace && (named != "default" || workspace.as_str() == named),
        [] => named == "default" && workspace.as_str() == "default",
        [..] => false,
    };
    let known: Vec<&ApiKey> = roster.keys.iter().flat_map(|all| all.iter()).collect();
    let known: Vec<&&ApiKey> = known.iter().filter(|key| key.id == *id).collect();
    let known = matches!(known[..], [key] if key.name == *name
        && key.status == "active"
        && key.workspace.as_ref() == Some(workspace));
    let matches = |text: &str| globs(keys).iter().any(|glob| glob.matches(text));
    let is_id = keys.contains(&id.as_str());
    known
        && is_the_one
        && (is_id || matches(name))
        && of.workspace.as_ref().is_none_or(|own| own == workspace)
        && of.key.as_ref().is_none_or(|own| own == id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn no_key_outside_the_scope_is_ever_named(
        roster in rosters(),
        named in word(),
        keys in prop::collection::vec(pattern(), 1..3),
        subject in subjects(),
    ) {
        if let Ok(targets) = targets(&disable_keys(named, &keys), &subject, &roster) {
            prop_assert!(!targets.is_empty());
            for target in &targets {
                prop_assert!(is_in_scope(target, named, &keys, &subject, &roster), "{target:?}");
            }
        }
    }

    #[test]
    fn every_active_key_of_the_scope_is_named(
        roster in rosters(),
        named in word(),
        keys in prop::collection::vec(pattern(), 1..3),
    ) {
        let all = Subject::ORGANIZATION;
        let found = targets(&disable_keys(named, &keys), &all, &roster).unwrap_or_default();
        for key in roster.keys.iter().flat_map(|keys| keys.iter()) {
            let Some(workspace) = key.workspace.clone() else { continue };
            let (id, name, workspace_name) = (key.id.clone(), key.name.clone(), String::new());
            let target = Target::Key { id, name, workspace, workspace_name };
            let is_named = found.iter().any(|one| {
                matches!((one, &target), (
                    Target::Key { id, name, workspace, .. },
                    Target::Key { id: other, name: called, workspace: of, .. },
                ) if id == other && name == called && workspace == of)
            });
            // Without its list of workspaces nothing is known of names.
            let is_known = roster.workspaces.is_some();
            let in_scope = is_known && is_in_scope(&target, named, &keys, &all, &roster);
            prop_assert!(is_named || !in_scope, "{target:?}");
        }
    }
}
