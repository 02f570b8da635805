//! The rule `audit`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::audit::AuditLog;
use crate::roster::{Activity, Actor};
use crate::rule::Audit;

fn audit(types: &[&str], actors: &[&str]) -> Condition {
    let globs = |patterns: &[&str]| patterns.iter().map(|it| Glob::new(*it).unwrap()).collect();
    let severity = Severity::Warning;
    Condition::Audit(Audit { types: globs(types), actors: globs(actors), severity })
}

fn line(number: i64, kind: &str, email: &str) -> Activity {
    let email = Some(email).filter(|email| !email.is_empty()).map(str::to_owned);
    let id = Some("user_1".to_owned()).filter(|_| email.is_some());
    Activity {
        id: format!("activity_{number}"),
        at: at(NOON) + SignedDuration::from_secs(number),
        kind: kind.to_owned(),
        actor: Actor { kind: "user_actor".to_owned(), id, email },
        details: BTreeMap::new(),
    }
}

impl Post {
    fn log(&mut self, minute: i64, lines: &[Activity]) {
        let mut log = self.heard.roster.audit.as_deref().cloned().unwrap_or_default();
        log.absorb(lines, true, at(NOON) + minutes(minute));
        self.heard.roster.audit = Some(Arc::new(log));
    }

    /// Of each line that one tick tells its number, and how many more there are.
    #[track_caller]
    fn check_lines(&mut self, minute: i64, expected: &[&str]) {
        let told: Vec<String> = self.tick(minute).iter().map(shown).collect();
        assert_eq!(told, expected, "minute {minute}");
        self.reopen();
    }
}

fn shown(news: &News) -> String {
    let Matter::Activity { more, .. } = &news.facts.matter else { unreachable!() };
    assert_eq!(news.effect, Effect::Fired);
    let number = news.facts.subject.to_string().replace("activity_", "");
    if *more > 0 { format!("{number} +{more}") } else { number }
}

#[test]
fn lines_from_the_first_look_on_are_told_once_each() {
    let mut post = Post::new(audit(&["*"], &["*"]));
    post.check_lines(0, &[]);
    post.log(0, &[line(-60, "login", "")]);
    post.check_lines(0, &[]);
    post.log(1, &[line(-60, "login", ""), line(10, "login", "")]);
    post.check_lines(1, &["10"]);
    post.check_lines(2, &[]);
    post.log(3, &[line(10, "login", ""), line(5, "login", ""), line(70, "login", "")]);
    post.log(4, &[line(200, "login", "")]);
    post.check_lines(4, &["5", "70", "200"]);
    post.check_standing(4, &[]);
}

#[test]
fn a_rule_that_comes_later_begins_with_what_comes_after_it() {
    let mut post = Post::new(audit(&["nothing"], &["*"]));
    post.log(0, &[]);
    post.check_lines(0, &[]);
    post.log(1, &[line(10, "login", "")]);
    post.alerts.clear();
    post.rules.rules = [watch(audit(&["*"], &["*"]))].into();
    post.check_lines(1, &[]);
    post.log(2, &[line(70, "login", "")]);
    post.check_lines(2, &["70"]);
}

#[test]
fn types_and_actors_are_patterns() {
    let rin = "rin@example.com";
    for (types, actors, told) in [
        (vec!["*"], vec!["*"], vec!["1", "2", "3"]),
        (vec!["*api_key*"], vec!["*"], vec!["1", "2"]),
        (vec!["*spend*", "login"], vec!["*"], vec!["3"]),
        (vec!["api_key"], vec!["*"], vec![]),
        (vec!["*"], vec!["*@example.com"], vec!["1"]),
        (vec!["*"], vec!["user_1"], vec!["1"]),
        (vec!["*"], vec!["user_actor"], vec!["1", "2", "3"]),
        (vec!["*api_key*"], vec!["kim@*", "rin@*"], vec!["1"]),
    ] {
        let mut post = Post::new(audit(&types, &actors));
        post.log(0, &[]);
        post.check_lines(0, &[]);
        let lines = [
            line(1, "platform_api_key_created", rin),
            line(2, "platform_api_key_updated", ""),
            line(3, "platform_spend_limit_deleted", ""),
        ];
        post.log(1, &lines);
        post.check_lines(1, &told);
    }
}

#[test]
fn of_very_many_at_once_the_first_are_told_and_all_are_counted() {
    let mut post = Post::new(audit(&["wanted"], &["*"]));
    post.log(0, &[]);
    post.check_lines(0, &[]);
    let lines: Vec<Activity> = (1..=240)
        .map(|number| line(number, if number % 2 == 0 { "wanted" } else { "other" }, ""))
        .collect();
    post.log(5, &lines);
    let told = post.tick(5);
    let shown: Vec<String> = told.iter().map(shown).collect();
    assert_eq!((shown.len(), shown[0].as_str(), shown[49].as_str()), (50, "2 +70", "100"));
    let ids: BTreeSet<&str> = told.iter().map(|news| news.id.0.as_str()).collect();
    assert_eq!(ids.len(), 50);
    post.check_lines(6, &[]);
}

#[test]
fn a_line_names_its_news_and_its_actor() {
    let mut post = Post::new(audit(&["*"], &["*"]));
    post.log(0, &[]);
    post.check_lines(0, &[]);
    let nobody = Activity { actor: Actor::default(), ..line(2, "b", "") };
    post.log(60, &[line(1, "a", "rin@example.com"), nobody]);
    let news = post.tick(61);
    assert_eq!(news[0].id.0, "watch:acme:activity_1:20261120T120001Z:fired");
    let actors: Vec<&str> = news
        .iter()
        .map(|news| {
            let Matter::Activity { actor, .. } = &news.facts.matter else { unreachable!() };
            actor.as_str()
        })
        .collect();
    assert_eq!(actors, ["rin@example.com", "somebody whom the log does not name"]);
}

#[test]
fn a_log_that_begins_anew_is_looked_at_for_the_first_time() {
    let mut post = Post::new(audit(&["*"], &["*"]));
    post.log(0, &[]);
    post.check_lines(0, &[]);
    post.log(1, &[line(1, "a", ""), line(2, "a", "")]);
    post.check_lines(1, &["1", "2"]);
    post.heard.roster.audit = Some(Arc::new(AuditLog::default()));
    post.log(2, &[]);
    post.log(3, &[line(130, "a", "")]);
    post.check_lines(3, &[]);
    post.log(4, &[line(200, "a", "")]);
    post.check_lines(4, &["200"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_told_twice_or_lost_over_overlaps_restarts_and_kills(
        ticks in prop::collection::vec(
            (prop::collection::vec(0_i64..400, 0..12), any::<bool>(), any::<bool>()), 1..25),
    ) {
        let mut post = Post::new(audit(&["*"], &["*"]));
        post.log(0, &[]);
        post.check_lines(0, &[]);
        let (mut told, mut heard) = (Vec::new(), BTreeSet::new());
        let mut minute = 0;
        for (numbers, is_ticked, is_killed) in ticks.into_iter().chain([(vec![], true, false)]) {
            minute += 1;
            let lines: Vec<Activity> =
                numbers.iter().map(|number| line(*number, "a", "")).collect();
            heard.extend(numbers);
            post.log(minute, &lines);
            if is_ticked {
                let alerts = post.alerts.clone();
                let news = post.tick(minute);
                if is_killed {
                    post.alerts = alerts;
                } else {
                    told.extend(news.iter().map(shown));
                    post.reopen();
                }
            }
        }
        let (mut once, mut more) = (BTreeSet::new(), 0);
        for shown in &told {
            let (number, others) = shown.split_once(" +").unwrap_or((shown, "0"));
            more += others.parse::<usize>().unwrap();
            prop_assert!(once.insert(number.parse::<i64>().unwrap()), "{} twice", number);
        }
        prop_assert!(once.is_subset(&heard));
        prop_assert_eq!(once.len() + more, heard.len());
    }
}
