//! What became of actions is told once.

use super::*;
use crate::action::{ActionId, ActionRecord, ActionState, Doing, Order, Stage, Target};
use crate::notice::Kind;
use crate::subject::Subject;

const NOON: &str = "2026-11-20T12:00:00Z";
const LATER: &str = "2026-11-20T12:05:00Z";

fn key(name: &str) -> Target {
    Target::Key {
        id: format!("apikey_{name}").as_str().into(),
        name: name.to_owned(),
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest".to_owned(),
    }
}

fn record(id: &str, state: ActionState) -> ActionRecord {
    let order = Order {
        id: ActionId(id.to_owned()),
        organization: "acme".into(),
        action: "stop".into(),
        rule: "month".into(),
        subject: Subject::ORGANIZATION,
        step: Decimal::ONE,
        severity: Severity::Warning,
        period_from: Some(at(NOVEMBER)),
        decided_at: at(NOON),
        dry_run: false,
        does: "disable the keys a and b of workspace ingest".to_owned(),
        targets: vec![key("a"), key("b")],
        nothing: None,
    };
    let done = Doing { before: None, stage: Stage::Done, said: None };
    let doings = vec![done.clone(), done];
    ActionRecord { state, doings, ..ActionRecord::new(order) }
}

/// `stop was taken`: what is told, with its severity.
fn told(world: &mut World, now: &str) -> Vec<String> {
    let news = world.tick(now);
    let shown = |piece: &News| {
        assert_eq!(piece.facts.kind, Kind::Action);
        let Matter::Acted { id, state, .. } = &piece.facts.matter else { panic!("{piece:?}") };
        format!("{} {} {}", id.0, state.label(), piece.facts.severity)
    };
    news.iter().map(shown).collect()
}

#[track_caller]
fn check(world: &mut World, now: &str, expected: &[&str]) {
    assert_eq!(told(world, now), expected, "at {now}");
}

/// With a budget that nothing is known of.
fn world(actions: Vec<ActionRecord>) -> World {
    World { actions, ..World::new(month(1_000)) }
}

#[test]
fn each_ending_is_told_once_also_across_restarts() {
    let mut world = world(vec![record("one", ActionState::Queued)]);
    check(&mut world, NOON, &[]);
    for (state, expected) in [
        (ActionState::Retrying, vec![]),
        (ActionState::Done, vec!["one done warning"]),
        (ActionState::Undoing, vec![]),
        (ActionState::Undone, vec!["one undone info"]),
    ] {
        world.actions[0].state = state;
        check(&mut world, LATER, &expected);
        check(&mut world, LATER, &[]);
    }
}

#[test]
fn failures_are_critical_and_an_undo_that_fails_is_told_apart() {
    let mut world = world(vec![
        record("two", ActionState::GivenUp),
        record("one", ActionState::Refused),
        record("dry", ActionState::DryRun),
    ]);
    check(&mut world, NOON, &["one refused critical", "two given_up critical"]);
    // That an undo was asked for is no ending, and nothing new.
    world.actions[0].undo_asked_at = Some(at(LATER));
    check(&mut world, LATER, &[]);
    world.actions[0].state = ActionState::Undoing;
    check(&mut world, LATER, &[]);
    world.actions[0].state = ActionState::GivenUp;
    world.actions[0].doings[0].stage = Stage::Stuck;
    check(&mut world, LATER, &["two given_up critical"]);
    check(&mut world, LATER, &[]);
    // Asked for once more, it fails once more.
    world.actions[0].ask_undo(at("2026-11-20T12:06:00Z"));
    check(&mut world, LATER, &[]);
    world.actions[0].state = ActionState::GivenUp;
    world.actions[0].doings[0].stage = Stage::Stuck;
    check(&mut world, LATER, &["two given_up critical"]);
}

#[test]
fn what_has_left_the_snapshot_is_forgotten() {
    let mut world = world(vec![record("one", ActionState::Done)]);
    check(&mut world, NOON, &["one done warning"]);
    let seen = |world: &World| {
        world
            .alerts
            .iter()
            .filter_map(|one| one.seen.as_ref())
            .map(|seen| seen.len())
            .sum::<usize>()
    };
    assert_eq!(seen(&world), 1);
    world.actions.clear();
    check(&mut world, LATER, &[]);
    assert_eq!(seen(&world), 0);
    assert!(world.alerts.iter().all(|alert| alert.rule.as_str() != "action"));
}

#[test]
fn only_what_was_changed_is_named() {
    let mut one = record("one", ActionState::Done);
    one.doings[1].stage = Stage::Left;
    let mut none = record("none", ActionState::Done);
    none.doings.iter_mut().for_each(|doing| doing.stage = Stage::Left);
    let mut world = world(vec![none, one]);
    let news = world.tick(NOON);
    let said = |piece: &News| {
        let Matter::Acted { does, error, .. } = &piece.facts.matter else { panic!("{piece:?}") };
        format!("{does}: {}", error.clone().unwrap_or_default())
    };
    let said: Vec<String> = news.iter().map(said).collect();
    assert_eq!(
        said,
        [
            "disable the key a of workspace ingest: ",
            "disable the keys a and b of workspace ingest: it was as it should be already",
        ]
    );
}

#[test]
fn an_ending_is_an_episode_of_its_own() {
    let mut world = world(vec![record("one", ActionState::Done)]);
    let news = world.tick(NOON);
    assert_eq!(news[0].facts.episode.0, "action:one");
    assert_eq!(news[0].facts.rule.as_str(), "action");
    assert_eq!(news[0].id.0, "action:one:fired:20261120T120000Z");
}
