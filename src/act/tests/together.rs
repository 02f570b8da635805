//! Several organizations, bells, stops.

use super::*;

/// Far longer than anything here takes: a test that hangs must end.
const DEADLINE: Duration = Duration::from_secs(60);

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it hangs")
}

#[tokio::test]
async fn a_slow_organization_holds_up_no_other() {
    let rig = Rig::new();
    let gate = Arc::new(Notify::new());
    *rig.world.gate.lock().unwrap() = Some(gate.clone());
    let labs = World::new();
    let organizations = vec![rig.organization("acme", &rig.world), rig.organization("labs", &labs)];
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.order("labs", "b", vec![key_of("apikey_1", "wrkspc_1")]).await;
    let mut actor = Actor::new(rig.wiring.clone(), organizations);
    actor.pass().await;
    // The lane that ends is that of labs; the other one still waits.
    let ended = in_time(actor.running.join_next_with_id()).await.unwrap();
    actor.ended(ended);
    assert_eq!((labs.off(), rig.world.off()), (vec!["apikey_1".to_owned()], vec![]));
    assert_eq!(actor.busy.values().collect::<Vec<_>>(), [&"acme".into()]);
    // It is not started twice.
    actor.pass().await;
    assert_eq!(actor.running.len(), 1);
    gate.notify_one();
    in_time(actor.finish()).await;
    assert_eq!(rig.world.off(), ["apikey_1"]);
}

#[tokio::test]
async fn orders_of_one_organization_go_in_their_order() {
    let rig = Rig::new();
    rig.order("acme", "b", vec![key_of("apikey_2", "wrkspc_1")]).await;
    rig.later(1);
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.pass().await;
    let names: Vec<String> = rig.journal().into_iter().map(|line| line.target).collect();
    assert!(names[0].starts_with("apikey_2") && names[3].starts_with("apikey_1"), "{names:?}");
}

#[tokio::test]
async fn the_bell_wakes_it_and_a_stop_lets_the_running_attempt_end() {
    let rig = Rig::new();
    let gate = Arc::new(Notify::new());
    *rig.world.gate.lock().unwrap() = Some(gate.clone());
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    parts.spawn(rig.actor().run(stop.clone()));
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.wiring.actions_moved.notify_one();
    // The first look has begun when it takes the permit.
    gate.notify_one();
    in_time(async {
        while rig.record("a").await.doings[0].stage != Stage::Done {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stop.cancel();
    gate.notify_one();
    in_time(parts.join_next()).await.unwrap().unwrap();
    let stages: Vec<Stage> = rig.record("a").await.doings.iter().map(|one| one.stage).collect();
    assert_eq!(stages[0], Stage::Done);
    // Whatever the second one came to, the next start finishes it.
    *rig.world.gate.lock().unwrap() = None;
    rig.drain().await;
    assert_eq!(rig.world.off(), ["apikey_1", "apikey_2"]);
    assert_eq!(*rig.world.moves.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_stop_claims_nothing_new() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    let stop = CancellationToken::new();
    stop.cancel();
    in_time(rig.actor().run(stop)).await;
    assert_eq!(rig.world.asked(), [""; 0]);
}

#[tokio::test]
async fn an_undo_that_comes_while_it_is_done_is_not_put_off() {
    let rig = Rig::new();
    let gate = Arc::new(Notify::new());
    *rig.world.gate.lock().unwrap() = Some(gate.clone());
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    let mut actor = rig.actor();
    actor.pass().await;
    rig.undo("a").await;
    gate.notify_one();
    in_time(actor.finish()).await;
    assert_eq!(rig.world.off(), ["apikey_1"], "the second one is not begun");
    let due = rig.store.next_action_due().await.unwrap();
    assert_eq!(due, Some(rig.clock.now()));
    *rig.world.gate.lock().unwrap() = None;
    rig.pass().await;
    assert_eq!((rig.world.off(), rig.record("a").await.state), (vec![], ActionState::Undone));
}
