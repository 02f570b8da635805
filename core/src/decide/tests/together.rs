//! A company: its members' sums, judged as one.

use super::subjects::workspace;
use super::*;
use crate::roster::ApiKey;
use crate::snapshot::{Heard, together};
use crate::subject::OrganizationName;

fn member(name: &str, spends: &[(&'static str, u32)]) -> Snapshot {
    let mut world = World::new(month(1_000));
    for (who, amount) in spends {
        world.spend_elsewhere(NOVEMBER, who, *amount);
    }
    let mut snapshot = world.snapshot(at("2026-11-20T12:00:00Z"));
    snapshot.organization = name.into();
    snapshot
}

fn company() -> World {
    let whose = Whose::Company("group".into());
    World::of(Rule { whose, ..rule("month", month(1_000)) })
}

fn judged(members: &[&Snapshot]) -> Decision {
    let now = at("2026-11-20T12:00:00Z");
    decide(&company().rules, &together(OrganizationName::new("group"), members, now), now)
}

#[test]
fn members_are_added_up_and_named() {
    let mut acme = member("acme", &[("default", 400), ("wrkspc_1", 300)]);
    acme.roster.workspaces = Some(Arc::new(vec![workspace("wrkspc_1", "ingest-prod")]));
    let labs = member("labs", &[("default", 150)]);
    let decision = judged(&[&acme, &labs]);
    let (notice, _) = &decision.plan.notices[0];
    assert_eq!(notice.organization.as_str(), "group");
    assert_eq!(shown(&notice.news[0]), "80%");
    let who: Vec<&str> =
        notice.news[0].facts.contributors.iter().map(|who| &*who.workspace).collect();
    assert_eq!(who, ["acme/default", "acme/ingest-prod", "labs/default"]);
}

#[test]
fn ids_that_every_organization_has_stay_apart_and_others_stay_as_they_are() {
    let with_keys = |name: &str| {
        let mut snapshot = member(name, &[("default", 10)]);
        let key = ApiKey {
            id: "none".into(),
            name: "none".to_owned(),
            status: "active".to_owned(),
            workspace: None,
            hint: None,
            created_at: None,
            expires_at: None,
            last_used_at: None,
            created_by: None,
        };
        let named = ApiKey { id: "apikey_1".into(), name: "prod".to_owned(), ..key.clone() };
        snapshot.roster.keys = Some(Arc::new(vec![key, named]));
        snapshot
    };
    let (acme, labs) = (with_keys("acme"), with_keys("labs"));
    let group = together("group".into(), &[&acme, &labs], acme.at);
    let charged: Vec<&str> =
        group.spends[0].charges.iter().map(|charge| charge.workspace.as_str()).collect();
    assert_eq!(charged, ["acme/default", "labs/default"]);
    assert_eq!(group.spends[0].charges[0].key.as_str(), "apikey_1");
    assert_eq!(group.roster.key_name(&"acme/none".into()), Some("acme/none"));
}

#[test]
fn the_figure_is_as_old_as_the_oldest_member() {
    let (mut acme, mut labs) = (member("acme", &[("a", 500)]), member("labs", &[("b", 100)]));
    acme.spends[0].data_until = Some(at("2026-11-20T11:55:00Z"));
    labs.spends[0].data_until = Some(at("2026-11-20T03:00:00Z"));
    let facts = judged(&[&acme, &labs]).standings.remove(0).facts;
    assert_eq!(facts.data_until, Some(at("2026-11-20T03:00:00Z")));
}

#[test]
fn a_member_of_which_nothing_is_known_makes_a_lower_bound_that_may_fire() {
    let (acme, labs) = (member("acme", &[("a", 850)]), member("labs", &[]));
    let decision = judged(&[&acme, &labs]);
    assert_eq!(shown(&decision.plan.notices[0].0.news[0]), "80%");
    assert_eq!(decision.standings[0].facts.data_until, None);
    assert_eq!(decision.standings[0].unknown, None);
}

#[test]
fn a_company_waits_for_the_bill_of_each_member() {
    let (mut acme, mut labs) = (member("acme", &[("a", 850)]), member("labs", &[("b", 1)]));
    for member in [&mut acme, &mut labs] {
        member.first_heard_at = Some(at("2026-11-20T11:59:00Z"));
        member.heard.clear();
        read_since_october(member);
    }
    acme.heard.insert(Report::Cost, heard_at(acme.at));
    assert!(judged(&[&acme, &labs]).plan.is_empty());
    labs.heard.insert(Report::Cost, heard_at(labs.at));
    assert_eq!(judged(&[&acme, &labs]).plan.notices.len(), 1);
}

fn heard_at(heard_at: Timestamp) -> Heard {
    Heard { heard_at, data_until: None, granted: true }
}

fn read_since_october(member: &mut Snapshot) {
    let read = Window::new(at("2026-10-31T00:00:00Z"), member.at).unwrap();
    let read = Coverage { read, heard_at: member.at, refreshed_at: None };
    for width in [Width::Minute, Width::Day] {
        member.coverage.insert((Report::Usage, width), read);
    }
}

#[test]
fn half_a_member_read_holds_judgement_for_a_while() {
    let (mut acme, labs) = (member("acme", &[("a", 850)]), member("labs", &[("b", 1)]));
    acme.first_heard_at = Some(at("2026-11-20T11:59:00Z"));
    let decision = judged(&[&acme, &labs]);
    assert!(decision.plan.is_empty());
    assert_eq!(decision.standings[0].unknown, Some(Unknown::Filling));
}
