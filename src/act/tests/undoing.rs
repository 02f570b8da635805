//! What comes back, and what is left alone.

use super::*;

async fn done() -> Rig {
    let rig = Rig::new();
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.drain().await;
    assert_eq!(rig.record("a").await.state, ActionState::Done);
    rig
}

#[tokio::test]
async fn keys_go_back_to_the_status_they_had() {
    let rig = done().await;
    rig.later(60);
    rig.undo("a").await;
    rig.pass().await;
    let record = rig.record("a").await;
    assert_eq!((record.state, record.last_error), (ActionState::Undone, None));
    assert_eq!(rig.world.off(), [""; 0]);
    let last = rig.journal().pop().unwrap();
    assert_eq!((last.stage, last.before.as_deref()), (Written::Done, Some("inactive")));
    assert_eq!(last.after.as_deref(), Some("active"));
    assert_eq!(rig.metric("usagewarden_actions", "undone"), "1");
    assert_eq!(rig.metric("usagewarden_action_attempts_total", "undone"), "2");
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_left_alone_and_said() {
    let rig = done().await;
    rig.world.change_key("apikey_1", |key| key.status = "archived".to_owned());
    rig.undo("a").await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Undone);
    assert!(record.last_error.unwrap().ends_with("somebody changed it since: it is archived now"));
    assert_eq!(rig.world.off(), ["apikey_1"]);
    assert_eq!(rig.metric("usagewarden_action_attempts_total", "kept"), "1");
}

#[tokio::test]
async fn a_key_that_was_off_before_stays_off() {
    let rig = Rig::new();
    rig.world.change_key("apikey_1", |key| key.status = "inactive".to_owned());
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.drain().await;
    rig.undo("a").await;
    rig.drain().await;
    assert_eq!(rig.world.off(), ["apikey_1"]);
    assert_eq!(rig.record("a").await.doings[0].stage, Stage::Left);
}

#[tokio::test]
async fn an_undo_cancels_what_is_still_tried() {
    let rig = Rig::new();
    rig.world.script(&[Fault::None, Fault::None, Fault::Failed]);
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.pass().await;
    assert_eq!(rig.record("a").await.state, ActionState::Retrying);
    // Its own time is not there yet; that of the undo is.
    rig.undo("a").await;
    rig.pass().await;
    assert_eq!(rig.record("a").await.state, ActionState::Undone);
    assert_eq!(rig.world.off(), [""; 0]);
}

#[tokio::test]
async fn an_undo_before_the_first_try_cancels_all() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.undo("a").await;
    rig.drain().await;
    assert_eq!(rig.record("a").await.state, ActionState::Undone);
    assert_eq!((rig.world.asked(), rig.journal()), (vec![], vec![]));
}

#[tokio::test]
async fn an_undo_works_where_actions_are_not_allowed_any_more() {
    let mut rig = done().await;
    rig.allowed = false;
    rig.undo("a").await;
    rig.drain().await;
    assert_eq!(rig.world.off(), [""; 0]);
}

#[tokio::test]
async fn an_undo_whose_answer_was_lost_is_made_once() {
    let rig = done().await;
    rig.world.script(&[Fault::None, Fault::Lost]);
    rig.undo("a").await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!((record.state, record.last_error), (ActionState::Undone, None));
    assert_eq!(*rig.world.moves.lock().unwrap(), 4);
}

#[tokio::test]
async fn an_undo_that_is_refused_says_so_and_is_over() {
    let rig = done().await;
    rig.world.script(&[Fault::None, Fault::Refused]);
    rig.undo("a").await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    assert_eq!(record.doings[0].stage, Stage::Stuck);
    assert_eq!(rig.world.off(), ["apikey_1"]);
    // Once the key may write again, it is asked for once more.
    rig.later(60);
    rig.undo("a").await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!((record.state, record.last_error), (ActionState::Undone, None));
    assert_eq!(rig.world.off(), [""; 0]);
}

#[tokio::test]
async fn a_spend_limit_goes_back_to_what_it_was() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![cap()]).await;
    rig.drain().await;
    rig.undo("a").await;
    rig.drain().await;
    assert_eq!(rig.world.cap(), "$80.00");
}
