//! Steps that take actions: the order and its notice are one commit, and whoever acts is woken.

use usagewarden_core::action::{Action, ActionState, Measure};

use super::*;

const CALL: &str = "month:acme:organization:call:20261101T000000Z";

/// The same budget, whose step at 80 % calls a program.
fn acting() -> Settings {
    let settings = settings();
    let mut rules = Rules::clone(&settings.rules);
    let mut month = rules.rules[0].clone();
    let Condition::Budget(budget) = &mut month.condition else { panic!("a budget") };
    budget.steps[1].action = Some("call".into());
    let measure = Measure::CallWebhook { channel: "ops".into() };
    let call = Action { name: "call".into(), measure, dry_run: false };
    rules.rules = [month].into();
    rules.actions = Arc::new([(call.name.clone(), call)].into());
    rules.allow_actions = true;
    Settings { rules: Arc::new(rules), ..settings }
}

impl House {
    fn acting_engine(&self, fence: Fence, bell: &Arc<Notify>) -> Engine {
        Engine::new(acting(), fence, Wiring { actions_grew: bell.clone(), ..self.wiring() })
    }

    async fn ordered(&self) -> Vec<String> {
        let all = self.store.actions(10).await.unwrap();
        all.into_iter().map(|record| record.order.id.0).collect()
    }
}

#[tokio::test]
async fn an_order_is_committed_with_its_notice_and_wakes_whoever_acts() {
    let (house, bell) = (House::new(), Arc::new(Notify::new()));
    house.use_tokens(270).await;
    let fence = house.store.acquire(&"acme".into()).await.unwrap();
    house.acting_engine(fence, &bell).tick().await.unwrap();
    assert_eq!(house.queued().await, [TOLD]);
    assert_eq!(house.ordered().await, [CALL]);
    tokio::time::timeout(DEADLINE, bell.notified()).await.unwrap();
    let published = house.published.lock().unwrap().last().unwrap().clone();
    assert_eq!(published.snapshot.actions[0].state, ActionState::Queued);
}

#[tokio::test]
async fn an_order_is_made_once_over_restarts_and_ticks() {
    let (house, bell) = (House::new(), Arc::new(Notify::new()));
    house.use_tokens(270).await;
    let fence = house.store.acquire(&"acme".into()).await.unwrap();
    house.acting_engine(fence, &bell).tick().await.unwrap();
    let house = house.restart();
    for millions in [280, 320] {
        house.use_tokens(millions).await;
        let fence = house.store.acquire(&"acme".into()).await.unwrap();
        house.acting_engine(fence, &bell).tick().await.unwrap();
    }
    assert_eq!(house.ordered().await, [CALL]);
    assert_eq!(house.queued().await, [TOLD]);
}

/// Another daemon holds the organization: neither is written.
#[tokio::test]
async fn who_may_not_tell_may_not_act() {
    let (house, bell) = (House::new(), Arc::new(Notify::new()));
    house.use_tokens(270).await;
    let old = house.store.acquire(&"acme".into()).await.unwrap();
    house.store.acquire(&"acme".into()).await.unwrap();
    house.acting_engine(old, &bell).tick().await.unwrap_err();
    assert_eq!(house.ordered().await, [""; 0]);
    assert_eq!(house.queued().await, [""; 0]);
}
