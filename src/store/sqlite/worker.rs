//! Two threads that own the connections: one writes, one reads.
//!
//! SQLite blocks, so it is kept off the runtime; and one writer needs no lock. The
//! writer commits in groups: whatever is queued when it looks runs in one
//! transaction, each job behind a savepoint of its own, and everybody is answered
//! after the one sync. A job that fails, or panics, takes back its own writes and
//! nobody else's. Nothing is answered with success before it is on the disk.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::query;
use crate::store::StoreError;

/// Jobs waiting for a thread. Each may hold one reading, so this bounds memory; who
/// comes when it is full waits.
const QUEUED_MAX: usize = 256;

/// Jobs in one transaction. More would save no syncs worth having, and would let the
/// first one wait for the last.
const GROUP_MAX: usize = 1024;

/// Whether the transaction a job ran in is on the disk.
type Committed<'a> = Result<(), &'a rusqlite::Error>;
/// Tells whoever waits for a job.
type Answer = Box<dyn FnOnce(Committed<'_>) + Send>;
/// Runs in a transaction, or learns that there is none.
type Job = Box<dyn FnOnce(Result<&Connection, &rusqlite::Error>) -> Answer + Send>;

/// A thread, and the way to it.
#[derive(Debug)]
pub(super) struct Worker {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread that writes.
    pub(super) fn writer(connection: Connection) -> std::io::Result<Self> {
        Self::start("store-writer", move |jobs| write(&connection, jobs))
    }

    /// Starts the thread that reads, each job in one consistent view.
    pub(super) fn reader(connection: Connection) -> std::io::Result<Self> {
        Self::start("store-reader", move |jobs| read(&connection, jobs))
    }

    fn start(
        name: &str,
        body: impl FnOnce(mpsc::Receiver<Job>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUED_MAX);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(|| body(jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Has `work` done, and waits until it counts. Who stops waiting does not stop it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = match connection {
                Ok(connection) => guarded(connection, doing, work),
                Err(refused) => Err(query(doing)(copy(refused))),
            };
            Box::new(move |committed| {
                let lost = |error| query("commit to the store")(copy(error));
                let outcome = outcome.and_then(|done| committed.map_err(lost).map(|()| done));
                // Nobody waits any more: what was done stays done.
                drop(tell.send(outcome));
            })
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(job).await.map_err(|_| StoreError::Closed)?;
        told.await.map_err(|_| StoreError::Closed)?
    }
}

/// Lets the thread finish what is queued, and waits for it: the file is closed then.
impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic outside of a job has been printed by the thread itself.
            drop::<Result<(), Box<dyn Any + Send>>>(thread.join());
        }
    }
}

fn write(connection: &Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::new();
    while jobs.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        transact(connection, "BEGIN IMMEDIATE", group.drain(..));
    }
}

fn read(connection: &Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.blocking_recv() {
        transact(connection, "BEGIN", std::iter::once(job));
    }
}

fn transact(connection: &Connection, begin: &str, group: impl Iterator<Item = Job>) {
    let begun = connection.execute_batch(begin);
    let transaction = begun.as_ref().map(|()| connection);
    let answers: Vec<Answer> = group.map(|job| job(transaction)).collect();
    let committed = begun.as_ref().copied().map_or(Ok(()), |()| commit(connection));
    for answer in answers {
        answer(committed.as_ref().copied());
    }
}

/// A full disk makes SQLite take back the whole transaction by itself; then there is
/// nothing left to commit, and `COMMIT` says so.
fn commit(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("COMMIT").inspect_err(|_| {
        if !connection.is_autocommit() {
            // What cannot be taken back either is forgotten when the file is closed.
            drop(connection.execute_batch("ROLLBACK"));
        }
    })
}

/// Runs one job so that its failure is its own.
fn guarded<T>(
    connection: &Connection,
    doing: &'static str,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let failed = query(doing);
    begin_job(connection).map_err(failed)?;
    // The connection is all that `work` can have left half-done, and that is rolled back.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or(Err(StoreError::Defect { doing }));
    let ended = match outcome {
        Ok(_) => step(connection, "RELEASE job"),
        Err(_) => {
            step(connection, "ROLLBACK TO job").and_then(|()| step(connection, "RELEASE job"))
        }
    }
    .map_err(failed);
    outcome.and_then(|done| ended.map(|()| done))
}

/// Outside of a transaction a savepoint would begin one of its own, and commit it.
/// That is so once SQLite has taken the group back (a full disk): the rest must not run.
fn begin_job(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() {
        let lost = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT);
        return Err(rusqlite::Error::SqliteFailure(lost, None));
    }
    step(connection, "SAVEPOINT job")
}

/// Runs a statement that every job needs, parsed once.
fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// The same failure again, for everyone whom it hit.
fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().copied().unwrap_or(rusqlite::ffi::Error::new(1));
    rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
}
