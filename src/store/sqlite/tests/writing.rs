//! The thread that writes: groups, savepoints, failures.

use tokio::sync::oneshot;

use super::*;

fn add(name: &'static str) -> impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static {
    move |c| super::organization::acquire(c, name.into()).map(drop)
}

fn names(fixture: &Fixture) -> Vec<String> {
    let shell = fixture.shell();
    let mut statement = shell.prepare("SELECT name FROM organization ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Frames that were committed to the log, counted by its commit records.
fn commits(fixture: &Fixture) -> usize {
    let log = std::fs::read(fixture.directory.path().join("usagewarden.db-wal")).unwrap();
    let frames = log.get(32..).unwrap_or_default().chunks_exact(24 + 4096);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

/// Holds the writer back until everything else is queued behind it.
async fn with_writer_held<T>(fixture: &Fixture, queued: impl Future<Output = T>) -> T {
    let (release, held) = oneshot::channel::<()>();
    let (started, running) = oneshot::channel::<()>();
    let hold = fixture.store.writer.run("hold the writer", move |_| {
        started.send(()).unwrap();
        drop(held.blocking_recv());
        Ok(())
    });
    let queue_all = async {
        running.await.unwrap();
        let mut queued = Box::pin(queued);
        // One poll queues every job; none can be answered while the writer is held.
        assert!(
            std::future::poll_fn(|cx| std::task::Poll::Ready(
                queued.as_mut().poll(cx).is_pending()
            ))
            .await
        );
        release.send(()).unwrap();
        queued.await
    };
    let (held, done) = tokio::join!(hold, queue_all);
    held.unwrap();
    done
}

#[tokio::test]
async fn everything_that_is_queued_shares_one_commit() {
    let fixture = Fixture::new();
    fixture.acme().await;
    let before = commits(&fixture);
    let fences = with_writer_held(&fixture, async {
        let names: Vec<OrganizationName> =
            (0..100).map(|id| format!("organization-{id}").as_str().into()).collect();
        let acquires = names.iter().map(|name| fixture.store.acquire(name));
        let mut fences = Vec::new();
        for fence in join_all(acquires).await {
            fences.push(fence.unwrap());
        }
        fences
    })
    .await;
    assert_eq!(fences.len(), 100);
    assert_eq!(commits(&fixture) - before, 1, "a hundred organizations, one sync");
}

/// Polls all of them together, as many parts of the daemon do.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, outcome) in &mut futures {
            if outcome.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(done) => *outcome = Some(done),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

#[tokio::test]
async fn a_job_that_fails_takes_back_its_own_writes_and_no_others() {
    let fixture = Fixture::new();
    let writer = &fixture.store.writer;
    let (first, failed, panicked, last) = with_writer_held(&fixture, async {
        tokio::join!(
            writer.run("add one", add("first")),
            writer.run("fail halfway", |c| {
                add("torn")(c)?;
                Err::<(), _>(StoreError::Closed)
            }),
            writer.run("panic halfway", |c| -> Result<(), StoreError> {
                add("broken")(c)?;
                panic!("a defect, made for this test")
            }),
            writer.run("add another", add("last")),
        )
    })
    .await;
    first.unwrap();
    last.unwrap();
    assert!(matches!(failed, Err(StoreError::Closed)));
    assert!(matches!(panicked, Err(StoreError::Defect { doing: "panic halfway" })));
    assert_eq!(names(&fixture), ["first", "last"]);
}

#[tokio::test]
async fn nobody_is_told_yes_when_the_group_is_lost() {
    let fixture = Fixture::new();
    let writer = &fixture.store.writer;
    let (first, lost, after) = with_writer_held(&fixture, async {
        tokio::join!(
            writer.run("add one", add("first")),
            // What SQLite does by itself when the disk is full.
            writer.run("lose the transaction", |c| {
                c.execute_batch("ROLLBACK").map_err(query("roll back"))
            }),
            writer.run("add another", add("after")),
        )
    })
    .await;
    for outcome in [first, lost, after] {
        outcome.expect_err("nothing of this group is on the disk");
    }
    assert!(names(&fixture).is_empty());

    writer.run("add one", add("again")).await.unwrap();
    assert_eq!(names(&fixture), ["again"]);
}

/// Lets the file grow by `pages` and no further, as a full disk does.
async fn leave_room_for(fixture: &Fixture, pages: i64) {
    let limit = move |c: &Connection| {
        let failed = query("limit the file");
        let now: i64 =
            c.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(failed)?;
        c.query_row(&format!("PRAGMA max_page_count = {}", now + pages), [], |_| Ok(()))
            .map_err(failed)
    };
    fixture.store.writer.run("limit the file", limit).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_reported_and_costs_nothing_that_was_answered() {
    let fixture = Fixture::new();
    fixture.acme().await;
    leave_room_for(&fixture, 2).await;
    let mut answered = vec!["acme".to_owned()];
    let refused = loop {
        let name = format!("organization-{}-{}", answered.len(), "x".repeat(500));
        match fixture.store.acquire(&name.as_str().into()).await {
            Ok(_) => answered.push(name),
            Err(refused) => break refused,
        }
    };
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("database or disk is full"), "{cause}");
    assert_eq!(names(&fixture), answered);

    leave_room_for(&fixture, 1_000).await;
    fixture.store.acquire(&"after".into()).await.unwrap();
    answered.push("after".to_owned());
    assert_eq!(names(&fixture.reopen()), answered);
}
