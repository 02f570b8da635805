//! What an order does, and what it never does.

use super::*;

#[tokio::test]
async fn exactly_the_ordered_key_is_disabled_and_its_status_known() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.pass().await;
    let record = rig.record("a").await;
    assert_eq!((record.state, record.last_error), (ActionState::Done, None));
    assert_eq!(record.doings[0].stage, Stage::Done);
    assert_eq!(record.doings[0].before, Some(Before::Key { status: "active".to_owned() }));
    assert_eq!(rig.world.off(), ["apikey_1"]);
    rig.judge.notified().await;

    let journal = rig.journal();
    assert_eq!(rig.written(), [Written::Begun, Written::Done]);
    assert_eq!(journal[0].write, journal[1].write);
    let Line { by, organization, command, target, before, after, .. } = &journal[0];
    assert_eq!((by.as_str(), organization.as_str()), ("usagewarden", "acme"));
    assert_eq!((command.as_str(), target.as_str()), ("action stop", "apikey_1 (the apikey_1)"));
    assert_eq!((before.as_deref(), after.as_deref()), (Some("active"), Some("inactive")));

    // Nothing is left to do, whatever is asked.
    assert_eq!(rig.store.next_action_due().await.unwrap(), None);
    assert_eq!(rig.metric("usagewarden_actions", "done"), "1");
    assert_eq!(rig.metric("usagewarden_actions", "queued"), "0");
    assert_eq!(rig.metric("usagewarden_action_attempts_total", "done"), "1");
}

#[tokio::test]
async fn a_key_that_is_not_the_one_that_was_ordered_is_never_touched() {
    let rig = Rig::new();
    rig.world.change_key("apikey_1", |key| key.workspace = Some("wrkspc_2".into()));
    rig.world.change_key("apikey_2", |key| key.workspace = None);
    let targets = [("apikey_1", "wrkspc_1"), ("apikey_2", "wrkspc_1"), ("apikey_9", "wrkspc_1")];
    rig.order("acme", "a", targets.map(|(id, of)| key_of(id, of)).to_vec()).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    let said = record.last_error.unwrap();
    assert!(said.contains("it belongs to workspace wrkspc_2 now"), "{said}");
    assert!(said.contains("nobody says that it belongs") && said.contains("no such key"), "{said}");
    assert!(rig.world.asked().iter().all(|asked| asked.starts_with("look")), "only looked at");
    assert_eq!((rig.world.off(), rig.journal()), (vec![], vec![]));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let rig = Rig::new();
    rig.world.script(&[Fault::None, Fault::Lost]);
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.pass().await;
    let doubtful = rig.record("a").await;
    assert_eq!((doubtful.state, doubtful.doings[0].stage), (ActionState::Retrying, Stage::Begun));
    assert!(doubtful.last_error.unwrap().contains("no answer came"));
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!((record.state, record.last_error), (ActionState::Done, None));
    assert_eq!(record.doings[0].before, Some(Before::Key { status: "active".to_owned() }));
    assert_eq!(*rig.world.moves.lock().unwrap(), 1);
    assert_eq!(rig.written(), [Written::Begun, Written::Unknown, Written::Done]);
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_says_so_and_an_undo_looks() {
    let rig = Rig::new();
    rig.world.script(&[Fault::None, Fault::Lost, Fault::Refused]);
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    assert!(
        record.last_error.unwrap().ends_with("an earlier try may have changed it all the same")
    );
    assert_eq!(rig.world.off(), ["apikey_1"]);

    rig.undo("a").await;
    rig.drain().await;
    assert_eq!(rig.record("a").await.state, ActionState::Undone);
    assert_eq!(rig.world.off(), [""; 0]);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_holds_up_no_other_key() {
    let rig = Rig::new();
    rig.world.script(&[Fault::Failed]);
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.pass().await;
    assert_eq!(rig.world.off(), ["apikey_2"]);
    let record = rig.record("a").await;
    assert_eq!((record.state, record.attempts), (ActionState::Retrying, 1));
    assert_eq!(rig.metric("usagewarden_actions", "retrying"), "1");
    // It is not its time yet.
    rig.world.asked();
    rig.pass().await;
    assert_eq!(rig.world.asked(), [""; 0]);
    rig.later(1);
    rig.pass().await;
    assert_eq!(rig.world.off(), ["apikey_1", "apikey_2"]);
    assert_eq!(rig.record("a").await.state, ActionState::Done);
    assert_eq!(rig.metric("usagewarden_actions", "retrying"), "0");
    assert_eq!(rig.metric("usagewarden_action_attempts_total", "failed"), "1");
}

#[tokio::test]
async fn an_api_that_is_not_there_is_asked_once_a_pass() {
    let rig = Rig::new();
    rig.world.script(&[Fault::Unreachable]);
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.pass().await;
    assert_eq!(rig.world.asked().len(), 1);
    rig.drain().await;
    assert_eq!(rig.world.off(), ["apikey_1", "apikey_2"]);
}

#[tokio::test]
async fn a_refusal_is_final_for_its_key_alone() {
    let rig = Rig::new();
    rig.world.script(&[Fault::None, Fault::Refused]);
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    assert!(record.last_error.unwrap().contains("the key may not write"));
    assert_eq!(rig.world.off(), ["apikey_2"]);
    let refused = rig.journal().into_iter().find(|line| line.stage == Written::Refused).unwrap();
    assert_eq!(refused.error.as_deref(), Some("HTTP 403: the key may not write"));
    assert_eq!(rig.metric("usagewarden_action_attempts_total", "refused"), "1");
}

#[tokio::test]
async fn nothing_is_done_once_actions_are_not_allowed_any_more() {
    let mut rig = Rig::new();
    rig.allowed = false;
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    assert!(record.last_error.unwrap().contains("`allow_actions` is off"));
    assert_eq!(rig.world.asked(), [""; 0]);
}

#[tokio::test]
async fn what_was_begun_before_they_were_forbidden_is_looked_at() {
    let mut rig = Rig::new();
    rig.world.script(&[Fault::None, Fault::Lost]);
    let targets = vec![key_of("apikey_1", "wrkspc_1"), key_of("apikey_2", "wrkspc_1")];
    rig.order("acme", "a", targets).await;
    rig.pass().await;
    rig.allowed = false;
    rig.drain().await;
    let stages: Vec<Stage> = rig.record("a").await.doings.iter().map(|one| one.stage).collect();
    assert_eq!(stages, [Stage::Done, Stage::Refused]);
    assert_eq!(rig.world.off(), ["apikey_1"]);
}

#[tokio::test]
async fn without_its_line_in_the_journal_no_change_is_made() {
    let mut rig = Rig::new();
    let file = rig.journal_in_the_way();
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.pass().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Retrying);
    let said = record.last_error.unwrap();
    assert!(said.contains("the journal") && said.contains("could not be opened"), "{said}");
    assert_eq!(rig.world.asked(), ["look key the apikey_1 of workspace wrkspc_1"]);
    std::fs::remove_file(file).unwrap();
    rig.drain().await;
    assert_eq!(rig.world.off(), ["apikey_1"]);
}

#[tokio::test]
async fn orders_of_an_organization_that_is_gone_are_refused() {
    let rig = Rig::new();
    rig.order("labs", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    assert!(record.last_error.unwrap().contains("is not configured any more"));
    assert_eq!(rig.world.off(), [""; 0]);
}

#[tokio::test]
async fn a_webhook_is_called_under_the_id_of_the_order() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![Target::Webhook { channel: "ops".into() }]).await;
    rig.drain().await;
    assert_eq!(*rig.called.0.lock().unwrap(), ["ops a"]);
    assert_eq!(rig.record("a").await.doings[0].before, Some(Before::Nothing));
    assert_eq!(rig.written(), [Written::Begun, Written::Done]);
    assert_eq!(rig.journal()[0].target, "webhook ops");
}

#[tokio::test]
async fn a_spend_limit_is_lowered_and_its_amounts_journaled() {
    let rig = Rig::new();
    rig.order("acme", "a", vec![cap()]).await;
    rig.drain().await;
    assert_eq!(rig.world.cap(), "$50.00");
    let line = rig.journal().remove(1);
    assert_eq!(line.target, "spend limit of workspace ingest");
    assert_eq!(
        (line.before.as_deref(), line.after.as_deref()),
        (Some("80.00 USD"), Some("50.00 USD"))
    );
}

#[tokio::test]
async fn a_key_of_another_organization_changes_no_limit_there() {
    let rig = Rig::new();
    rig.pin().await;
    *rig.world.owner.lock().unwrap() = "org_labs".to_owned();
    rig.order("acme", "a", vec![blind_cap("50")]).await;
    rig.drain().await;
    let record = rig.record("a").await;
    assert_eq!(record.state, ActionState::Refused);
    let said = record.last_error.unwrap();
    assert!(said.contains("belongs to ORG_LABS (org_labs)"), "{said}");
    assert_eq!((rig.world.cap(), rig.journal()), ("$80.00".to_owned(), vec![]));
}

#[tokio::test]
async fn a_limit_that_cannot_be_seen_is_not_raised_above_what_was_set_from_here() {
    for (second, state) in [("50", ActionState::Done), ("60", ActionState::Refused)] {
        let rig = Rig::new();
        rig.pin().await;
        rig.order("acme", "a", vec![blind_cap("50")]).await;
        rig.drain().await;
        assert_eq!(rig.record("a").await.state, ActionState::Done);
        rig.order("acme", "b", vec![blind_cap(second)]).await;
        rig.drain().await;
        let record = rig.record("b").await;
        assert_eq!((record.state, rig.world.cap()), (state, "$50.00".to_owned()), "{second}");
        let said = record.last_error.unwrap_or_default();
        assert_eq!(said.contains("it was set to $50.00 from here"), second == "60", "{said}");
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_puts_nothing_off() {
    let rig = Rig::new();
    rig.later(30 * 86_400);
    rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1")]).await;
    rig.later(-30 * 86_400);
    rig.pass().await;
    assert_eq!(rig.world.off(), ["apikey_1"]);
    assert_eq!(rig.record("a").await.state, ActionState::Done);
}
