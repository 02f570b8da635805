//! Copies of a running store, as docs/operations.md tells to make them.

use rusqlite::MAIN_DB;
use rusqlite::backup::Backup;

use super::*;

async fn filled() -> Fixture {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    let told = notice("n1", Severity::Warning, "2026-11-20T14:00:00Z");
    let plan = Plan {
        alerts: vec![firing("month", "2026-11-20T14:00:00Z")],
        notices: vec![(told, vec![to("ops", "https://one")])],
        ..Plan::default()
    };
    fixture.store.commit_plan(&fence, plan).await.unwrap();
    let reading = usage("acme", Width::Minute, at("2026-11-20T14:00:00Z"), 5);
    fixture.store.commit_reading(&fence, &settings(), reading).await.unwrap();
    fixture
}

async fn check_copy(original: &Fixture, directory: TempDir) {
    let store = SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap();
    let copy = Fixture { directory, store };
    let now = at("2026-11-20T15:00:00Z");
    let of = async |fixture: &Fixture| {
        let snapshot = fixture.store.snapshot(&acme(), &settings(), now).await.unwrap();
        let due = fixture.store.due(now, anything(10)).await.unwrap();
        assert_eq!(due.len(), 1, "the notice is on its way in both");
        (format!("{snapshot:?}"), due)
    };
    assert_eq!(of(&copy).await, of(original).await);
    copy.acme().await;
}

#[tokio::test]
async fn a_vacuumed_copy_of_a_running_store_has_everything() {
    let fixture = filled().await;
    let target = TempDir::new().unwrap();
    let path = target.path().join("usagewarden.db");
    fixture.shell().execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
    check_copy(&fixture, target).await;
}

#[tokio::test]
async fn an_online_backup_of_a_running_store_has_everything() {
    let fixture = filled().await;
    let target = TempDir::new().unwrap();
    let mut copy = Connection::open(target.path().join("usagewarden.db")).unwrap();
    let shell = fixture.shell();
    let backup = Backup::new_with_names(&shell, MAIN_DB, &mut copy, MAIN_DB).unwrap();
    assert_eq!(backup.step(-1).unwrap(), rusqlite::backup::StepResult::Done);
    drop(backup);
    drop(copy);
    check_copy(&fixture, target).await;
}

#[tokio::test]
async fn a_store_that_was_closed_is_one_file() {
    let fixture = filled().await;
    let target = TempDir::new().unwrap();
    let fixture = {
        let (path, Fixture { directory, store }) = (fixture.path(), fixture);
        drop(store);
        assert!(!directory.path().join("usagewarden.db-wal").exists(), "the log was folded in");
        std::fs::copy(&path, target.path().join("usagewarden.db")).unwrap();
        Fixture { directory, store: SqliteStore::open(&path).unwrap() }
    };
    check_copy(&fixture, target).await;
}
