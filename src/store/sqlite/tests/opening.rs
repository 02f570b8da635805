//! Files that are trusted, and files that are left as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// Opens `bytes` as a store, and sees that they are refused and left alone.
#[track_caller]
fn check_refused(which: &str, bytes: &[u8], expected: &str) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("usagewarden.db");
    fs::write(&path, bytes).unwrap();

    let refused = SqliteStore::open(&path).expect_err(which).to_string();

    assert!(refused.contains(expected), "{which}: {refused}");
    assert!(fs::read(&path).unwrap() == bytes, "{which}: the file was changed");
}

/// The bytes of a good store with something in it, closed properly.
fn good_bytes() -> Vec<u8> {
    let fixture = Fixture::new();
    let path = fixture.path();
    let Fixture { directory: _kept, store } = fixture;
    drop(store);
    let shell = Connection::open(&path).unwrap();
    shell.execute_batch("BEGIN").unwrap();
    for id in 0..2_000 {
        let sql = "INSERT INTO organization (name, fence, revision) VALUES (?1, 1, 1)";
        shell.execute(sql, [format!("organization-{id}")]).unwrap();
    }
    shell.execute_batch("COMMIT").unwrap();
    shell.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(shell);
    fs::read(&path).unwrap()
}

#[test]
fn a_file_that_cannot_be_trusted_is_refused_and_left_as_it_is() {
    let good = good_bytes();
    let foreign = {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
        fs::read(&path).unwrap()
    };
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let mut torn = good.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0xa5);

    check_refused("a text", b"alerts = 1\n", "is not a usagewarden store");
    check_refused("a longer text", &[b'a'; 9_000], "is not a usagewarden store");
    check_refused("another program's database", &foreign, "is not a usagewarden store");
    check_refused("a newer store", &newer, "written by a newer usagewarden (format 99");
    check_refused("an empty file", b"", "is damaged: it is empty");
    check_refused("a store with a page of garbage", &torn, "is damaged");
    check_refused("half a store", &good[..middle / 4096 * 4096], "is damaged");
    check_refused("only the beginning of a store", &good[..100], "is damaged");
}

#[test]
fn a_format_that_only_the_log_tells_of_is_refused_too() {
    let fixture = Fixture::new();
    // A newer version that was killed before its log was folded into the file.
    let shell = fixture.shell();
    shell.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    shell.pragma_update(None, "user_version", 7).unwrap();
    let killed = TempDir::new().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("usagewarden.db{suffix}");
        fs::copy(fixture.directory.path().join(&name), killed.path().join(&name)).unwrap();
    }
    let path = killed.path().join("usagewarden.db");
    let before = fs::read(&path).unwrap();

    let refused = SqliteStore::open(&path).unwrap_err();

    assert!(matches!(refused, StoreError::Newer { found: 7, known: 1, .. }), "{refused:?}");
    assert!(fs::read(&path).unwrap() == before);
}

/// A restored copy is not in WAL mode until it was opened once; being killed just then
/// leaves a rollback journal beside it.
#[tokio::test]
async fn a_write_that_was_cut_short_is_taken_back() {
    let original = TempDir::new().unwrap();
    let path = original.path().join("usagewarden.db");
    fs::write(&path, good_bytes()).unwrap();
    let shell = Connection::open(&path).unwrap();
    shell
        .execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE organization SET fence = 99")
        .unwrap();
    let killed = TempDir::new().unwrap();
    for name in ["usagewarden.db", "usagewarden.db-journal"] {
        fs::copy(original.path().join(name), killed.path().join(name)).unwrap();
    }

    let store = SqliteStore::open(&killed.path().join("usagewarden.db")).unwrap();

    let fence = store.acquire(&"organization-7".into()).await.unwrap();
    assert_eq!(fence.token, 2, "one more than was committed");
}

#[test]
fn a_log_without_its_file_is_not_written_over() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("usagewarden.db");
    fs::write(directory.path().join("usagewarden.db-wal"), b"what is left").unwrap();

    let refused = SqliteStore::open(&path).unwrap_err();

    assert!(refused.to_string().contains("the file is not"), "{refused}");
    assert!(!path.exists());
}

#[tokio::test]
async fn two_daemons_never_share_a_file() {
    let fixture = Fixture::new();
    let second = SqliteStore::open(&fixture.path()).unwrap_err();
    assert!(matches!(second, StoreError::InUse { .. }), "{second:?}");

    let linked = fixture.directory.path().join("another-name.db");
    std::os::unix::fs::symlink(fixture.path(), &linked).unwrap();
    let third = SqliteStore::open(&linked).unwrap_err();
    assert!(matches!(third, StoreError::InUse { .. }), "{third:?}");

    fixture.reopen().acme().await;
}

#[test]
fn a_new_store_is_private_and_has_its_directory_made() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state/usagewarden/usagewarden.db");
    let store = SqliteStore::open(&path).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    drop(store);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("state"), b"a file").unwrap();
    let refused = SqliteStore::open(&directory.path().join("state/usagewarden.db")).unwrap_err();
    assert!(refused.to_string().contains("/state of the store could not be made"), "{refused}");
}

#[test]
fn a_creation_that_was_killed_leaves_nothing_in_the_way() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("usagewarden.db");
    fs::write(directory.path().join("usagewarden.db.new"), b"half of a new sto").unwrap();
    drop(SqliteStore::open(&path).unwrap());
    drop(SqliteStore::open(&path).unwrap());
    assert!(!directory.path().join("usagewarden.db.new").exists());
}

#[test]
fn every_commit_is_synced_and_the_log_is_bounded() {
    let fixture = Fixture::new();
    let opened = {
        let path = fixture.path();
        drop(fixture.store);
        super::open::open(&path).unwrap()
    };
    let ask = |name| opened.writer.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    assert_eq!(ask("synchronous").unwrap(), 2, "FULL");
    assert_eq!(ask("foreign_keys").unwrap(), 1);
    assert_eq!(ask("auto_vacuum").unwrap(), 2, "INCREMENTAL");
    assert_eq!(ask("journal_size_limit").unwrap(), 16 << 20);
    let mode: String =
        opened.writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    assert!(opened.reader.execute("DELETE FROM organization", []).is_err(), "readers only read");
}
