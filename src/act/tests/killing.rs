//! The process dies wherever it waits: before and after each commit, each line of the journal,
//! each change. The end is always the same, and nothing is changed twice.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::*;
use crate::act::lane::Lane;

/// More waits than any order here has.
const WAITS_MAX: usize = 200;

/// Lets it work until it has waited so often; then it is gone. True when it had ended before.
async fn survives(waits: usize, work: impl Future<Output = ()>) -> bool {
    let mut work: Pin<Box<_>> = Box::pin(work);
    let mut left = waits;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending if left == 0 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

impl Rig {
    /// Begins what is due, and dies. True when it had ended before.
    async fn begin_and_die(&self, waits: usize) -> bool {
        let due = self.store.open_actions(self.clock.now()).await.unwrap();
        let organization = Some(Arc::new(self.organization("acme", &self.world)));
        let lane =
            Lane { organization, wiring: self.wiring.clone(), stop: CancellationToken::new() };
        let survived = survives(waits, lane.drain(due)).await;
        // What had reached the disk is there, and nothing comes after it.
        self.store.acquire(&"acme".into()).await.unwrap();
        survived
    }
}

fn targets() -> Vec<Target> {
    vec![key_of("apikey_1", "wrkspc_1"), cap(), Target::Webhook { channel: "ops".into() }]
}

/// Does `then` after a death at every wait, until one round lives to the end.
async fn dies_everywhere(mut round: impl AsyncFnMut(usize) -> bool) {
    for waits in 0..WAITS_MAX {
        if round(waits).await {
            assert!(waits > 10, "only {waits} places to die were found");
            return;
        }
    }
    panic!("it never came to an end");
}

#[tokio::test]
async fn wherever_it_dies_exactly_the_ordered_is_changed_once_and_its_past_known() {
    dies_everywhere(async |waits| {
        let rig = Rig::new();
        rig.order("acme", "a", targets()).await;
        let survived = rig.begin_and_die(waits).await;
        rig.drain().await;
        let record = rig.record("a").await;
        assert_eq!(record.state, ActionState::Done, "after {waits} waits: {record:?}");
        assert_eq!(rig.world.off(), ["apikey_1"]);
        assert_eq!(rig.world.cap(), "$50.00");
        assert_eq!(*rig.world.moves.lock().unwrap(), 2, "after {waits} waits");
        let before: Vec<Option<Before>> =
            record.doings.iter().map(|doing| doing.before.clone()).collect();
        let expected = [
            Before::Key { status: "active".to_owned() },
            Before::SpendLimit { amount: Some(dollars("80")) },
            Before::Nothing,
        ];
        assert_eq!(before, expected.map(Some), "after {waits} waits");
        // A program may be called twice, and can tell.
        assert!(rig.called.0.lock().unwrap().iter().all(|call| call == "ops a"));
        let done = rig.written().into_iter().filter(|stage| *stage == Written::Done);
        assert!(done.count() >= 3, "every change stands in the journal: {:?}", rig.journal());
        survived
    })
    .await;
}

#[tokio::test]
async fn wherever_an_undo_dies_everything_is_back_once() {
    dies_everywhere(async |waits| {
        let rig = Rig::new();
        rig.order("acme", "a", targets()).await;
        rig.drain().await;
        rig.undo("a").await;
        let survived = rig.begin_and_die(waits).await;
        rig.drain().await;
        let record = rig.record("a").await;
        assert_eq!(record.state, ActionState::Undone, "after {waits} waits: {record:?}");
        assert_eq!(rig.world.off(), [""; 0]);
        assert_eq!(rig.world.cap(), "$80.00");
        assert_eq!(*rig.world.moves.lock().unwrap(), 4, "after {waits} waits");
        survived
    })
    .await;
}

#[tokio::test]
async fn wherever_it_dies_an_undo_after_it_brings_everything_back() {
    dies_everywhere(async |waits| {
        let rig = Rig::new();
        rig.order("acme", "a", vec![key_of("apikey_1", "wrkspc_1"), cap()]).await;
        let survived = rig.begin_and_die(waits).await;
        rig.undo("a").await;
        rig.drain().await;
        let record = rig.record("a").await;
        assert_eq!(record.state, ActionState::Undone, "after {waits} waits: {record:?}");
        assert_eq!((rig.world.off(), rig.world.cap()), (vec![], "$80.00".to_owned()));
        survived
    })
    .await;
}
