//! A budget for each subject: nobody's spend moves another's steps.

use proptest::prelude::*;

use super::world::charge;
use super::*;
use crate::roster::Workspace;
use crate::rule::Facet;

const WHO: [&str; 3] = ["wrkspc_1", "wrkspc_2", "default"];

fn each(facet: Facet) -> Budget {
    Budget { each: vec![facet], ..month(1_000) }
}

fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|pattern| Glob::new(*pattern).unwrap()).collect()
}

fn only(patterns: &[&str]) -> Budget {
    let scope = Scope { workspace: globs(patterns), ..Scope::default() };
    Budget { scope, ..month(1_000) }
}

pub(super) fn workspace(id: &str, name: &str) -> Workspace {
    Workspace { id: id.into(), api_id: id.to_owned(), name: name.to_owned(), archived: false }
}

fn told(news: &[News]) -> Vec<String> {
    news.iter().map(|news| format!("{} {}", news.facts.subject, shown(news))).collect()
}

#[test]
fn each_subject_that_spends_has_steps_and_contributors_of_its_own() {
    let mut world = World::new(each(Facet::Workspace));
    world.spend(NOVEMBER, 850);
    world.spend_elsewhere(NOVEMBER, "wrkspc_2", 510);
    world.spend_elsewhere(NOVEMBER, "wrkspc_3", 10);
    let news = world.tick("2026-11-20T12:00:00Z");
    assert_eq!(told(&news), ["workspace:wrkspc_1 80%", "workspace:wrkspc_2 50%"]);
    let second = &news[1].facts;
    assert_eq!(second.value, Some(crate::quantity::Quantity::money(dollars(510))));
    assert_eq!(second.contributors.len(), 1);
    assert_eq!(second.contributors[0].workspace, "wrkspc_2");
    assert_eq!(second.contributors[0].share, Decimal::ONE);
    world.standing("2026-11-20T12:00:00Z", "workspace:wrkspc_3");
}

#[test]
fn a_scope_is_judged_as_one_by_ids_and_names() {
    let mut world = World::new(only(&["ingest-*", "wrkspc_3"]));
    world.roster.workspaces = Some(Arc::new(vec![workspace("wrkspc_2", "ingest-prod")]));
    world.spend(NOVEMBER, 5_000);
    world.spend_elsewhere(NOVEMBER, "wrkspc_2", 300);
    world.spend_elsewhere(NOVEMBER, "wrkspc_3", 250);
    let news = world.tick("2026-11-20T12:00:00Z");
    assert_eq!(told(&news), ["organization 50%"]);
    let names: Vec<&str> = news[0].facts.contributors.iter().map(|who| &*who.workspace).collect();
    assert_eq!(names, ["ingest-prod", "wrkspc_3"]);
}

#[test]
fn who_was_told_of_nothing_is_forgotten_once_its_periods_are_settled() {
    let mut world = World::new(each(Facet::Workspace));
    world.spend(NOVEMBER, 10);
    world.check("2026-11-20T12:00:00Z", &[]);
    world.spend_elsewhere(DECEMBER, "wrkspc_2", 10);
    world.check("2026-12-01T12:00:00Z", &[]);
    assert_eq!(world.alerts.len(), 2);
    world.check("2026-12-03T12:00:00Z", &[]);
    let left: Vec<String> = world.alerts.iter().map(|alert| alert.subject.to_string()).collect();
    assert_eq!(left, ["workspace:wrkspc_2"]);
}

#[test]
fn subjects_of_another_each_are_closed_without_a_word() {
    let mut world = World::new(each(Facet::Workspace));
    world.spend(NOVEMBER, 850);
    world.check("2026-11-20T12:00:00Z", &["80%"]);
    world.budget(each(Facet::Model));
    let news = world.tick("2026-11-20T12:01:00Z");
    assert_eq!(told(&news), ["model:claude-opus-5-5 80%"]);
    assert_eq!(world.alerts.len(), 1);
}

#[test]
fn money_for_no_model_is_a_model_of_its_own() {
    let spend = Charge { model: None, ..charge("wrkspc_1", dollars(600)) };
    let mut snapshot = World::new(each(Facet::Model)).snapshot(at("2026-11-20T12:00:00Z"));
    snapshot.spends = vec![PeriodSpend {
        calendar: Calendar::utc().key(),
        kind: PeriodKind::Month,
        period: Calendar::utc().period(PeriodKind::Month, at(NOVEMBER)),
        charges: vec![spend],
        tokens: Tokens::default(),
        data_until: None,
    }];
    let world = World::new(each(Facet::Model));
    let decision = decide(&world.rules, &snapshot, snapshot.at);
    assert_eq!(decision.standings[0].facts.subject.to_string(), "model:none");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The same story told with `each`, and with one scope after the other.
    #[test]
    fn each_subject_goes_by_itself(
        story in proptest::collection::vec((0_usize..3, 0_u32..1_500), 1..40)
    ) {
        let mut together = World::new(each(Facet::Workspace));
        let mut apart: Vec<World> = WHO.iter().map(|who| World::new(only(&[who]))).collect();
        for (minute, (who, amount)) in story.into_iter().enumerate() {
            let now = at("2026-11-20T12:00:00Z") + jiff::SignedDuration::from_mins(minute as i64);
            let mut expected = Vec::new();
            together.spend_elsewhere(NOVEMBER, WHO[who], amount);
            for (place, world) in apart.iter_mut().enumerate() {
                world.spend_elsewhere(NOVEMBER, WHO[who], amount);
                let news = world.tick(&now.to_string());
                expected.extend(news.iter().map(|news| format!("workspace:{} {}", WHO[place], shown(news))));
            }
            let mut found = told(&together.tick(&now.to_string()));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
