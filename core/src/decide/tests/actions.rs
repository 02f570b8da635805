//! What steps have done about them: once a period, and announced.

use super::*;
use crate::action::{Action, ActionState, Measure, Target};
use crate::notice::Announcement;
use crate::roster::{self, ApiKey, Workspace};
use crate::rule::{Facet, Quota, QuotaLimit, StepOf};

const NOON: &str = "2026-11-20T12:00:00Z";
const LATER: &str = "2026-11-21T12:00:00Z";

fn key(id: &str, name: &str, workspace: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: name.to_owned(),
        status: "active".to_owned(),
        workspace: Some(workspace.into()),
        hint: None,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        created_by: None,
    }
}

fn roster() -> Roster {
    let workspace = |id: &str, name: &str| Workspace {
        id: id.into(),
        api_id: id.to_owned(),
        name: name.to_owned(),
        archived: false,
    };
    let keys =
        vec![key("apikey_1", "batch-worker", "wrkspc_1"), key("apikey_2", "web", "wrkspc_2")];
    Roster {
        workspaces: Some(Arc::new(vec![
            workspace("wrkspc_1", "ingest"),
            workspace("wrkspc_2", "web"),
        ])),
        keys: Some(Arc::new(keys)),
        ..Roster::default()
    }
}

fn taking(percent: u32, severity: Severity, action: &str) -> Step {
    Step { action: Some(action.into()), ..step(percent, severity) }
}

/// 50 % calls a program, 80 % and 100 % stop the batch keys.
fn steps() -> Vec<Step> {
    vec![
        taking(50, Severity::Info, "call"),
        taking(80, Severity::Warning, "stop"),
        taking(100, Severity::Critical, "stop"),
    ]
}

fn stop() -> Action {
    let keys = vec![Glob::new("batch-*").unwrap()];
    let measure = Measure::DisableKeys { workspace: "ingest".to_owned(), keys };
    Action { name: "stop".into(), measure, dry_run: false }
}

/// An organization that allows actions, with such a budget.
fn world(budget: Budget) -> World {
    let mut world = World::new(Budget { steps: steps(), ..budget });
    let measure = Measure::CallWebhook { channel: "ops".into() };
    let call = Action { name: "call".into(), measure, dry_run: false };
    let actions = [call, stop()].map(|action| (action.name.clone(), action));
    (world.rules.actions, world.rules.allow_actions) = (Arc::new(actions.into()), true);
    world.roster = roster();
    world
}

fn rolling(amount: u32) -> Budget {
    Budget { period: PeriodKind::Rolling(7), ..month(amount) }
}

/// One tick: what is ordered, and what the news announce.
fn act(world: &mut World, now: &str) -> (Vec<String>, Vec<String>) {
    let known: Vec<String> = world.actions.iter().map(|one| one.order.id.0.clone()).collect();
    let news = world.tick(now);
    let ids = world.actions.iter().rev().map(|one| one.order.id.0.clone());
    let ordered = ids.filter(|id| !known.contains(id)).collect();
    let announced = news.iter().flat_map(|piece| &piece.facts.actions).map(|one| {
        let verdict = match &one.verdict {
            Announcement::Ordered(_) => "ordered".to_owned(),
            Announcement::DryRun(_) => "dry run".to_owned(),
            Announcement::Already { state, .. } => {
                format!("already {}", state.map_or("unknown", ActionState::label))
            }
            Announcement::NotAllowed => "not allowed".to_owned(),
            Announcement::NothingToDo { why, .. } => format!("nothing: {why}"),
        };
        format!("{} {verdict}", one.action)
    });
    (ordered, announced.collect())
}

#[track_caller]
fn check(world: &mut World, now: &str, ordered: &[&str], announced: &[&str]) {
    let (orders, words) = act(world, now);
    assert_eq!(orders, ordered, "ordered at {now}");
    assert_eq!(words, announced, "announced at {now}");
}

const CALL: &str = "month:acme:organization:call:20261101T000000Z";
const STOP: &str = "month:acme:organization:stop:20261101T000000Z";

#[test]
fn each_step_takes_its_action_once_and_later_ones_say_what_became_of_it() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 499);
    check(&mut world, NOON, &[], &[]);
    world.spend(NOVEMBER, 500);
    check(&mut world, NOON, &[CALL], &["call ordered"]);
    world.actions[0].state = ActionState::Done;
    world.spend(NOVEMBER, 850);
    check(&mut world, NOON, &[STOP], &["call already done", "stop ordered"]);
    world.spend(NOVEMBER, 1_000);
    check(&mut world, LATER, &[], &["call already done", "stop already queued"]);
}

#[test]
fn every_newly_crossed_step_acts_and_each_action_once() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 2_000);
    check(&mut world, NOON, &[CALL, STOP], &["call ordered", "stop ordered"]);
    let order = &world.actions[0].order;
    assert_eq!((order.step, order.severity), (Decimal::ONE, Severity::Critical));
    assert_eq!(order.does, "disable the key batch-worker of workspace ingest");
    let [Target::Key { id, .. }] = &order.targets[..] else { panic!("{order:?}") };
    assert_eq!(id.as_str(), "apikey_1");
}

#[test]
fn a_limit_that_is_raised_and_crossed_again_does_not_act_twice() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 850);
    check(&mut world, NOON, &[CALL, STOP], &["call ordered", "stop ordered"]);
    world.budget(Budget { steps: steps(), ..month(10_000) });
    check(&mut world, NOON, &[], &[]);
    world.spend(NOVEMBER, 8_500);
    check(&mut world, LATER, &[], &["call already queued", "stop already queued"]);
}

#[test]
fn a_new_period_may_act_again() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 850);
    check(&mut world, NOON, &[CALL, STOP], &["call ordered", "stop ordered"]);
    world.spend(DECEMBER, 850);
    let (call, stop) = (CALL.replace("1101", "1201"), STOP.replace("1101", "1201"));
    let announced = ["call ordered", "stop ordered"];
    check(&mut world, "2026-12-10T00:00:00Z", &[&call, &stop], &announced);
}

#[test]
fn a_rolling_period_counts_its_own_length_from_the_last_order() {
    let mut world = world(rolling(1_000));
    world.spend(NOON, 900);
    let (ordered, _) = act(&mut world, NOON);
    assert_eq!(ordered.len(), 2);
    for (now, spent, expected) in [
        ("2026-11-22T12:00:00Z", 100, 0),
        // Six days later it is the same week still.
        ("2026-11-26T12:00:00Z", 900, 0),
        ("2026-11-27T12:00:00Z", 100, 0),
        ("2026-11-28T12:00:00Z", 900, 2),
    ] {
        world.spent.clear();
        world.spend(now, spent);
        let (ordered, _) = act(&mut world, now);
        assert_eq!(ordered.len(), expected, "at {now}: {ordered:?}");
    }
}

#[test]
fn a_rule_that_was_gone_for_a_while_does_not_act_twice() {
    for budget in [month(1_000), rolling(1_000)] {
        let mut world = world(budget);
        world.spend(NOVEMBER, 900);
        assert_eq!(act(&mut world, NOON).0.len(), 2);
        // Its alert was closed, and with it what it remembers.
        world.alerts.clear();
        check(&mut world, LATER, &[], &["call already queued", "stop already queued"]);
    }
}

#[test]
fn a_quota_that_was_gone_for_a_while_does_not_act_twice_before_its_reset() {
    let quota = Quota {
        limit: QuotaLimit::Api,
        period: PeriodKind::Month,
        zone: None,
        steps: vec![taking(80, Severity::Warning, "stop")],
    };
    let mut world = world(month(1));
    let whose = Whose::Organizations(vec![Glob::any()]);
    let condition = Condition::Quota(quota);
    world.rules.rules = [Rule { name: "tokens".into(), whose, condition }].into();
    let say = |world: &mut World, resets_at: &str| {
        let resets_at = Some(at(resets_at));
        let quota = roster::Quota { used: 900, remaining: 100, limit: 1_000, resets_at };
        world.roster.quota = Some(Arc::new(quota));
    };
    say(&mut world, "2026-12-01T00:00:00Z");
    assert_eq!(act(&mut world, NOON).0.len(), 1);
    world.alerts.clear();
    check(&mut world, LATER, &[], &["stop already queued"]);
    // The next period is another one.
    world.alerts.clear();
    say(&mut world, "2027-01-01T00:00:00Z");
    assert_eq!(act(&mut world, "2026-12-20T12:00:00Z").0.len(), 1);
}

#[test]
fn what_an_ended_period_crossed_late_is_left_alone() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 400);
    check(&mut world, "2026-11-30T23:00:00Z", &[], &[]);
    world.spend(NOVEMBER, 1_050);
    world.spend(DECEMBER, 1);
    let (ordered, announced) = act(&mut world, "2026-12-01T06:00:00Z");
    assert!(ordered.is_empty() && announced.is_empty(), "{ordered:?} {announced:?}");
    assert!(!world.is_quiet() || !world.alerts.is_empty(), "the step itself was told");
}

#[test]
fn a_forecast_and_missing_figures_take_no_action() {
    let mut world = world(month(1_000));
    check(&mut world, NOON, &[], &[]);
    let foreseen = Step { of: StepOf::Forecast, ..taking(100, Severity::Warning, "stop") };
    world.budget(Budget { steps: vec![foreseen], ..month(1_000) });
    world.spend(NOVEMBER, 5_000);
    check(&mut world, NOON, &[], &[]);
}

#[test]
fn an_organization_that_does_not_allow_actions_is_told_so() {
    let mut world = world(month(1_000));
    world.rules.allow_actions = false;
    world.spend(NOVEMBER, 850);
    check(&mut world, NOON, &[], &["call not allowed", "stop not allowed"]);
    // What was crossed then is not done later.
    world.rules.allow_actions = true;
    check(&mut world, NOON, &[], &[]);
    world.spend(NOVEMBER, 1_000);
    check(&mut world, NOON, &[STOP], &["stop ordered"]);
}

#[test]
fn a_dry_run_is_announced_and_does_not_stand_for_the_deed() {
    let mut world = world(month(1_000));
    let set = |world: &mut World, dry_run| {
        let action = Action { dry_run, ..stop() };
        world.rules.actions = Arc::new([(action.name.clone(), action)].into());
    };
    set(&mut world, true);
    world.spend(NOVEMBER, 850);
    let dry = format!("{STOP}:dry-run");
    check(&mut world, NOON, &[&dry], &["stop dry run"]);
    assert_eq!(world.actions[0].state, ActionState::DryRun);
    set(&mut world, false);
    world.spend(NOVEMBER, 1_000);
    check(&mut world, NOON, &[STOP], &["stop ordered"]);
}

#[test]
fn an_action_that_finds_nothing_is_kept_and_says_why() {
    let mut world = world(month(1_000));
    world.roster.keys = Some(Arc::new(Vec::new()));
    world.spend(NOVEMBER, 850);
    let why = "nothing: no key of the workspace ingest matches";
    check(&mut world, NOON, &[CALL, STOP], &["call ordered", &format!("stop {why}")]);
    let record = &world.actions[0];
    assert_eq!(record.state, ActionState::Refused);
    assert_eq!(record.order.does, "disable the key batch-* of workspace ingest");
    assert_eq!(record.last_error.as_deref(), Some("no key of the workspace ingest matches"));
}

#[test]
fn that_nothing_was_found_is_critical_in_the_same_tick() {
    let mut world = world(month(1_000));
    world.roster = Roster::default();
    world.spend(NOVEMBER, 850);
    let news = world.tick(NOON);
    let told = news.iter().map(|piece| (piece.facts.kind.label(), piece.facts.severity));
    let expected = [("action", Severity::Critical), ("budget", Severity::Warning)];
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn a_workspace_that_an_action_is_not_for_is_left_out() {
    let each = Budget { each: vec![Facet::Workspace], ..month(1_000) };
    let mut world = world(each);
    world.rules.actions = Arc::new([("stop".into(), stop())].into());
    world.spend_elsewhere(NOVEMBER, "wrkspc_2", 900);
    check(&mut world, NOON, &[], &[]);
    world.spend(NOVEMBER, 900);
    let id = "month:acme:workspace=3A=wrkspc_1:stop:20261101T000000Z";
    check(&mut world, NOON, &[id], &["stop ordered"]);
}

#[test]
fn decided_twice_an_order_is_the_same() {
    let mut world = world(month(1_000));
    world.spend(NOVEMBER, 850);
    let decided = || decide(&world.rules, &world.snapshot(at(NOON)), at(NOON)).plan;
    let (first, second) = (decided(), decided());
    assert_eq!(first, second);
    assert_eq!((first.orders.len(), first.notices.len()), (2, 1));
}

#[test]
fn reminders_say_what_became_of_it() {
    let mut world = world(month(1_000));
    let remind_every = Some(jiff::SignedDuration::from_hours(4));
    let steps = vec![Step { remind_every, ..taking(80, Severity::Warning, "stop") }];
    world.budget(Budget { steps, ..month(1_000) });
    world.spend(NOVEMBER, 850);
    check(&mut world, NOON, &[STOP], &["stop ordered"]);
    world.actions[0].state = ActionState::GivenUp;
    check(&mut world, "2026-11-20T16:00:00Z", &[], &["stop already given_up"]);
}
