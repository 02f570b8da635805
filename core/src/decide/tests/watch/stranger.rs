//! The built-in rule `identity`.

use super::*;
use crate::polling::{Identity, Stranger};
use crate::rule::Change;

impl Post {
    fn answered_by(&mut self, heard: &str) {
        self.heard.polling.identity = Identity::Wrong(Stranger {
            expected: "Acme Corp".to_owned(),
            heard: heard.to_owned(),
            fix: "Give it the right key".to_owned(),
        });
    }
}

fn post() -> Post {
    let change = Change { name_changed: true, ..Change::default() };
    Post::new(Condition::Change(change))
}

fn expected_and_heard(news: &News) -> (&str, &str) {
    let Matter::Stranger { expected, heard, .. } = &news.facts.matter else { unreachable!() };
    (expected, heard)
}

#[test]
fn a_stranger_is_told_once_and_nothing_else_is_judged() {
    let mut post = post();
    post.answered_by("Globex (org_2)");
    let news = post.tick(0);
    assert_eq!(news.iter().map(told).collect::<Vec<_>>(), ["fired critical organization"]);
    assert_eq!(news[0].facts.rule.as_str(), "identity");
    post.check_standing(0, &["organization firing"]);
    post.check(1, &[]);
    assert!(post.alerts.iter().all(|alert| alert.rule.as_str() == "identity"));
}

#[test]
fn a_restart_neither_repeats_nor_resolves_it() {
    let mut post = post();
    post.answered_by("Globex (org_2)");
    post.check(0, &["fired critical organization"]);
    post.heard.polling = Polling::default();
    post.check(1, &[]);
    post.answered_by("Globex (org_2)");
    post.check(2, &[]);
}

#[test]
fn the_resolve_says_who_was_expected_and_who_had_answered() {
    let mut post = post();
    post.answered_by("Globex (org_2)");
    post.check(0, &["fired critical organization"]);
    post.heard.polling = Polling::default();
    post.check(1, &[]);
    post.heard.polling.identity = Identity::Right;
    let news = post.tick(2);
    assert_eq!(news.iter().map(told).collect::<Vec<_>>(), ["resolved critical organization"]);
    assert_eq!(expected_and_heard(&news[0]), ("Acme Corp", "Globex (org_2)"));
    assert!(post.alerts.iter().all(AlertRecord::is_blank));
    post.check(3, &[]);
}

#[test]
fn the_right_organization_is_no_news() {
    let mut post = post();
    post.heard.polling.identity = Identity::Right;
    post.check(0, &[]);
    assert!(post.alerts.is_empty());
}
