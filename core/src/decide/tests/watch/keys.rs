//! The rule `keys`.

use super::*;
use crate::notice::KeyTrouble;
use crate::roster::{ApiKey, Workspace};
use crate::rule::{Keys, Scope};
use crate::snapshot::Heard;

const DAY: i64 = 1_440;

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A key of the ingest workspace, made so many days before noon.
fn key(id: &str, status: &str, age: i64) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: format!("{id}-name"),
        status: status.to_owned(),
        workspace: Some("wrkspc_1".into()),
        hint: None,
        created_at: Some(at(NOON) - days(age)),
        expires_at: None,
        last_used_at: None,
        created_by: Some("user_1".to_owned()),
    }
}

/// The same, which expires so many days after noon.
fn expiring(id: &str, status: &str, left: i64) -> ApiKey {
    ApiKey { expires_at: Some(at(NOON) + days(left)), ..key(id, status, 1) }
}

fn old(older_than: i64) -> Keys {
    Keys { older_than: Some(days(older_than)), ..Keys::default() }
}

fn news() -> Keys {
    Keys { new: true, status_changed: true, ..Keys::default() }
}

impl Post {
    fn of_keys(keys: Keys) -> Self {
        let mut post = Self::new(Condition::Keys(keys));
        let workspace = Workspace {
            id: "wrkspc_1".into(),
            api_id: "wrkspc_1".to_owned(),
            name: "ingest-prod".to_owned(),
            archived: false,
        };
        post.heard.roster.workspaces = Some(Arc::new(vec![workspace]));
        post
    }

    fn keys(&mut self, minute: i64, keys: &[ApiKey]) {
        self.heard.roster.keys = Some(Arc::new(keys.to_vec()));
        self.hear(Report::Keys, minute, true);
    }

    pub(super) fn hear(&mut self, report: Report, minute: i64, granted: bool) {
        let heard_at = at(NOON) + minutes(minute);
        let heard = Heard { heard_at, data_until: Some(heard_at), granted };
        self.heard.heard.insert(report, heard);
    }

    /// As the store leaves it: alerts that remember nothing are gone, the rest was packed.
    pub(super) fn reopen(&mut self) {
        self.alerts.retain(|alert| !alert.is_blank());
        let packed = postcard::to_stdvec(&self.alerts).unwrap();
        self.alerts = postcard::from_bytes(&packed).unwrap();
    }
}

#[test]
fn an_active_key_that_is_too_old_is_told_until_it_is_replaced() {
    for (how, keys) in [
        ("switched off", vec![key("apikey_1", "inactive", 90), key("apikey_2", "active", 0)]),
        ("archived", vec![key("apikey_1", "archived", 90)]),
        ("gone", vec![]),
    ] {
        let mut post = Post::of_keys(old(90));
        post.keys(-1, &[key("apikey_1", "active", 90), key("apikey_0", "inactive", 900)]);
        post.check(-1, &[]);
        post.check(0, &["fired workspace:wrkspc_1,key:apikey_1,old"]);
        post.reopen();
        post.check(1, &[]);
        post.check_standing(1, &["workspace:wrkspc_1,key:apikey_1,old firing"]);
        post.keys(2, &keys);
        let resolved = post.tick(2);
        assert_eq!(resolved.len(), 1, "{how}");
        assert_eq!(resolved[0].effect, Effect::Resolved, "{how}");
        assert_eq!(resolved[0].facts.names.api_key.as_deref(), Some("apikey_1-name"), "{how}");
        assert_eq!(resolved[0].facts.names.workspace.as_deref(), Some("ingest-prod"), "{how}");
        post.reopen();
        assert_eq!(post.alerts, [], "{how}: nothing is remembered");
    }
}

#[test]
fn a_key_that_expires_is_told_before_and_is_over_once_it_has_expired() {
    let mut post = Post::of_keys(Keys { expires_within: Some(days(14)), ..Keys::default() });
    let keys = [expiring("apikey_1", "active", 15), expiring("apikey_2", "inactive", 1)];
    post.keys(0, &keys);
    post.check(0, &[]);
    post.check(DAY, &["fired workspace:wrkspc_1,key:apikey_1,expiring"]);
    post.check(14 * DAY, &[]);
    post.check(15 * DAY, &["resolved workspace:wrkspc_1,key:apikey_1,expiring"]);
    post.check(16 * DAY, &[]);
}

#[test]
fn a_key_can_be_old_and_about_to_expire() {
    let both = Keys { expires_within: Some(days(14)), ..old(1) };
    let mut post = Post::of_keys(both);
    post.keys(0, &[expiring("apikey_1", "active", 1)]);
    let subject = "workspace:wrkspc_1,key:apikey_1";
    let (expiring, old) = (format!("fired {subject},expiring"), format!("fired {subject},old"));
    post.check(0, &[&expiring, &old]);
}

#[test]
fn what_was_not_heard_changes_nothing() {
    let mut post = Post::of_keys(Keys { older_than: Some(days(90)), ..news() });
    post.check(0, &[]);
    post.keys(1, &[key("apikey_1", "active", 90)]);
    post.check(1, &["fired workspace:wrkspc_1,key:apikey_1,old"]);
    post.heard.roster.keys = Some(Arc::new(Vec::new()));
    post.hear(Report::Keys, 2, false);
    post.check(2, &[]);
    post.check_standing(2, &["workspace:wrkspc_1,key:apikey_1,old firing: not polled yet"]);
    post.keys(3, &[key("apikey_1", "active", 90)]);
    post.check(3, &[]);
}

#[test]
fn a_condition_that_leaves_the_rule_ends_its_alerts_without_a_word() {
    let mut post = Post::of_keys(old(90));
    post.keys(0, &[key("apikey_1", "active", 90)]);
    post.check(0, &["fired workspace:wrkspc_1,key:apikey_1,old"]);
    post.rules.rules = [watch(Condition::Keys(news()))].into();
    post.check(1, &[]);
    post.check_standing(1, &[]);
}

#[test]
fn new_keys_and_other_states_are_told_once_each() {
    let mut post = Post::of_keys(news());
    post.check(0, &[]);
    post.keys(1, &[key("apikey_1", "active", 900)]);
    post.check(1, &[]);
    post.reopen();
    post.keys(2, &[key("apikey_2", "active", 0), key("apikey_1", "inactive", 900)]);
    post.check(
        2,
        &[
            "fired workspace:wrkspc_1,key:apikey_1,status",
            "fired workspace:wrkspc_1,key:apikey_2,new",
        ],
    );
    post.reopen();
    post.keys(3, &[key("apikey_1", "inactive", 900), key("apikey_2", "active", 0)]);
    post.check(3, &[]);
    post.check_standing(3, &[]);
}

#[test]
fn a_key_that_one_answer_lacks_is_not_new() {
    let mut post = Post::of_keys(news());
    let all = [key("apikey_1", "active", 1), key("apikey_2", "active", 1)];
    post.keys(0, &all);
    post.check(0, &[]);
    post.keys(60, &all[..1]);
    post.check(60, &[]);
    post.reopen();
    post.keys(120, &all);
    post.check(120, &[]);
    post.keys(180, &[]);
    post.check(180, &[]);
    post.keys(240, &all);
    post.check(240, &[]);
}

#[test]
fn what_happened_names_the_news_whenever_it_is_judged() {
    let mut post = Post::of_keys(news());
    post.keys(0, &[]);
    post.check(0, &[]);
    post.keys(60, &[key("apikey_1", "active", 0)]);
    let ids = [61, 99].map(|minute| {
        // Killed before the commit: the alerts are as they were.
        let alerts = post.alerts.clone();
        let news = post.tick(minute);
        post.alerts = alerts;
        (news[0].facts.episode.0.clone(), news[0].id.0.clone())
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(
        ids[0].0,
        "watch:acme:workspace=3A=wrkspc_1=2C=key=3A=apikey_1=2C=new:20261120T130000Z"
    );
}

#[test]
fn only_what_is_asked_for_is_told() {
    let scope = |workspace: &str, key: &str| Scope {
        workspace: [workspace].iter().filter_map(|glob| Glob::new(*glob).ok()).collect(),
        key: [key].iter().filter_map(|glob| Glob::new(*glob).ok()).collect(),
        ..Scope::default()
    };
    let new = Keys { new: true, ..Keys::default() };
    for (how, rule, told) in [
        ("all", new.clone(), 2),
        ("a workspace by name", Keys { scope: scope("ingest-*", ""), ..new.clone() }, 1),
        ("another workspace", Keys { scope: scope("web-*", ""), ..new.clone() }, 0),
        ("a key by name", Keys { scope: scope("", "*_2-name"), ..new.clone() }, 1),
        ("a key by id", Keys { scope: scope("", "apikey_1"), ..new }, 1),
        ("states only", Keys { status_changed: true, ..Keys::default() }, 0),
    ] {
        let mut post = Post::of_keys(rule);
        post.keys(0, &[]);
        post.check(0, &[]);
        let of_all = ApiKey { workspace: None, ..key("apikey_2", "active", 0) };
        post.keys(1, &[key("apikey_1", "active", 0), of_all]);
        assert_eq!(post.tick(1).len(), told, "{how}");
    }
}

#[test]
fn the_command_is_one_that_a_shell_takes_and_that_the_api_can_do() {
    let command = |post: &mut Post, id: &str, rule: Keys, minute: i64| {
        post.rules.rules = [watch(Condition::Keys(rule))].into();
        post.keys(minute, &[]);
        post.tick(minute);
        post.keys(minute + 1, &[key(id, "active", 900)]);
        let news = post.tick(minute + 1);
        let Matter::Key { command, trouble } = &news[0].facts.matter else { unreachable!() };
        let is_new = matches!(trouble, KeyTrouble::New { .. });
        (is_new, command.clone())
    };
    let mut post = Post::of_keys(old(90));
    let (old, new) = (old(90), Keys { new: true, ..Keys::default() });
    for (id, rule, expected) in [
        ("apikey_1", &old, "usagewarden keys rotate apikey_1 --organization acme"),
        ("apikey_1", &new, "usagewarden keys disable apikey_1 --organization acme"),
        ("a;reboot", &old, "usagewarden keys rotate 'a;reboot' --organization acme"),
        ("$(a)'b", &old, r"usagewarden keys rotate '$(a)'\''b' --organization acme"),
    ] {
        let (is_new, told) = command(&mut post, id, rule.clone(), 0);
        assert_eq!((is_new, told.as_str()), (rule.new, expected));
        post.alerts.clear();
    }
    post.hear(Report::Quota, 0, true);
    let (_, told) = command(&mut post, "apikey_1", new, 0);
    assert_eq!(told, "usagewarden keys revoke apikey_1 --organization acme");
}

#[test]
fn ten_thousand_keys_are_remembered_in_few_bytes_and_one_line() {
    let mut keys: Vec<ApiKey> =
        (0..10_000).map(|number| key(&format!("apikey_{number}"), "active", 1)).collect();
    let mut post = Post::of_keys(news());
    post.keys(0, &keys);
    post.check(0, &[]);
    assert_eq!(post.alerts.len(), 1);
    let bytes = postcard::to_stdvec(&post.alerts).unwrap().len();
    assert!(bytes < 25 * 10_000, "{bytes} bytes");
    keys.push(key("apikey_new", "active", 0));
    post.keys(1, &keys);
    post.check(1, &["fired workspace:wrkspc_1,key:apikey_new,new"]);
}
