//! The rule `members`.

use super::*;
use crate::notice::PersonTrouble;
use crate::roster::{Invite, Member};
use crate::rule::Members;

const DAY: i64 = 1_440;
const EVERYTHING: Members = Members {
    new_admin: true,
    role_changed: true,
    invite_pending: Some(SignedDuration::from_hours(7 * 24)),
    inactive_for: Some(SignedDuration::from_hours(90 * 24)),
    severity: Severity::Warning,
};

fn member(id: &str, role: &str) -> Member {
    Member {
        id: id.to_owned(),
        email: format!("{id}@example.com"),
        name: None,
        role: role.to_owned(),
        status: None,
        last_active_at: None,
    }
}

/// Made at noon, for three weeks.
fn invite(id: &str, status: &str) -> Invite {
    Invite {
        id: id.to_owned(),
        email: format!("{id}@example.com"),
        role: "developer".to_owned(),
        status: status.to_owned(),
        invited_at: Some(at(NOON)),
        expires_at: Some(at(NOON) + minutes(21 * DAY)),
    }
}

impl Post {
    fn people(&mut self, minute: i64, members: &[Member], invites: &[Invite]) {
        self.heard.roster.members = Some(Arc::new(members.to_vec()));
        self.heard.roster.invites = Some(Arc::new(invites.to_vec()));
        self.hear(Report::Members, minute, true);
    }

    /// What one tick tells, in few words.
    #[track_caller]
    fn check_people(&mut self, minute: i64, expected: &[&str]) {
        let shown: Vec<String> = self.tick(minute).iter().map(shown).collect();
        assert_eq!(shown, expected, "minute {minute}");
        self.reopen();
    }
}

fn shown(news: &News) -> String {
    let Matter::Person { who, trouble } = &news.facts.matter else { unreachable!() };
    let what = match trouble {
        PersonTrouble::NewAdmin { before, role } => {
            format!("admin: {} → {role}", before.as_deref().unwrap_or("-"))
        }
        PersonTrouble::Role { before, after } => format!("{before} → {after}"),
        PersonTrouble::Invited { role, .. } => format!("invited as {role}"),
        PersonTrouble::Inactive { .. } => "inactive".to_owned(),
    };
    format!("{} {}: {what}", news.effect.label(), who.replace("@example.com", ""))
}

#[test]
fn administrators_and_roles_are_told_once_and_not_twice() {
    type Roles = &'static [(&'static str, &'static str)];
    let roles: [(Roles, &[&str]); 9] = [
        (&[("ann", "admin"), ("bob", "user")], &[]),
        (&[("ann", "admin"), ("bob", "user")], &[]),
        (&[("ann", "admin"), ("bob", "admin")], &["fired bob: admin: user → admin"]),
        (&[("bob", "owner"), ("ann", "admin")], &["fired bob: admin → owner"]),
        (
            &[("bob", "owner"), ("cat", "primary_owner"), ("dan", "user")],
            &["fired cat: admin: - → primary_owner"],
        ),
        (&[("bob", "user"), ("ann", "admin")], &["fired bob: owner → user"]),
        (&[], &[]),
        (&[("bob", "developer"), ("cat", "primary_owner")], &["fired bob: user → developer"]),
        (&[("bob", "developer"), ("cat", "primary_owner")], &[]),
    ];
    let mut post = Post::new(Condition::Members(EVERYTHING));
    for (minute, (members, expected)) in (0..).zip(roles) {
        let members: Vec<Member> = members.iter().map(|(id, role)| member(id, role)).collect();
        post.people(minute, &members, &[]);
        post.check_people(minute, expected);
    }
}

#[test]
fn who_comes_back_as_an_administrator_after_a_day_is_a_new_one() {
    let mut post = Post::new(Condition::Members(EVERYTHING));
    for (minute, members, expected) in [
        (0, vec![member("ann", "admin")], vec![]),
        (60, vec![], vec![]),
        (60 + DAY, vec![member("ann", "admin")], vec!["fired ann: admin: - → admin"]),
    ] {
        post.people(minute, &members, &[]);
        post.check_people(minute, &expected);
    }
}

#[test]
fn only_what_is_asked_for_is_told() {
    let none = Members { new_admin: false, role_changed: false, ..EVERYTHING };
    for (how, rule, expected) in [
        (
            "administrators",
            Members { new_admin: true, ..none },
            vec!["fired bob: admin: user → admin"],
        ),
        (
            "roles",
            Members { role_changed: true, ..none },
            vec!["fired bob: user → admin", "fired cat: user → billing"],
        ),
        ("neither", none, vec![]),
    ] {
        let mut post = Post::new(Condition::Members(rule));
        post.people(0, &[member("bob", "user"), member("cat", "user")], &[]);
        post.check_people(0, &[]);
        post.people(1, &[member("bob", "admin"), member("cat", "billing")], &[]);
        let shown: Vec<String> = post.tick(1).iter().map(shown).collect();
        assert_eq!(shown, expected, "{how}");
    }
}

#[test]
fn an_invite_that_stays_open_is_told_until_it_is_taken_or_over() {
    let due = "fired a: invited as developer";
    let over = "resolved a: invited as developer";
    for (how, minute, invites) in [
        ("taken", 8 * DAY, vec![invite("a", "accepted")]),
        ("withdrawn", 8 * DAY, vec![]),
        ("expired", 20 * DAY, vec![invite("a", "expired")]),
        ("expired, and still called pending", 21 * DAY, vec![invite("a", "pending")]),
    ] {
        let mut post = Post::new(Condition::Members(EVERYTHING));
        post.people(0, &[], &[invite("a", "pending"), invite("b", "accepted")]);
        post.check_people(7 * DAY - 1, &[]);
        post.check_people(7 * DAY, &[due]);
        post.check_people(7 * DAY + 1, &[]);
        post.people(minute, &[], &invites);
        let shown: Vec<String> = post.tick(minute).iter().map(shown).collect();
        assert_eq!(shown, [over], "{how}");
    }
}

#[test]
fn a_member_who_does_nothing_is_told_until_they_are_active_or_gone() {
    let active = |day: i64| Member {
        last_active_at: Some(at(NOON) + minutes(day * DAY)),
        ..member("ann", "user")
    };
    for (how, after) in [("active", vec![active(91)]), ("gone", vec![])] {
        let mut post = Post::new(Condition::Members(EVERYTHING));
        post.people(0, &[active(0), member("bob", "user")], &[]);
        post.check_people(90 * DAY - 1, &[]);
        post.check_people(90 * DAY, &["fired ann: inactive"]);
        post.check_people(90 * DAY + 1, &[]);
        post.people(91 * DAY, &after, &[]);
        let shown: Vec<String> = post.tick(91 * DAY).iter().map(shown).collect();
        assert_eq!(shown, ["resolved ann: inactive"], "{how}");
    }
}

#[test]
fn people_who_were_not_heard_of_are_as_they_were() {
    let mut post = Post::new(Condition::Members(EVERYTHING));
    post.check_people(0, &[]);
    post.people(1, &[member("ann", "user")], &[invite("a", "pending")]);
    post.check_people(8 * DAY, &["fired a: invited as developer"]);
    post.heard.roster.invites = Some(Arc::new(Vec::new()));
    post.heard.roster.members = Some(Arc::new(vec![member("ann", "admin")]));
    post.hear(Report::Members, 9 * DAY, false);
    post.check_people(9 * DAY, &[]);
    post.hear(Report::Members, 10 * DAY, true);
    post.check_people(
        10 * DAY,
        &["fired ann: admin: user → admin", "resolved a: invited as developer"],
    );
}
