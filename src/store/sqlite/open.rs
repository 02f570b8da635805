//! Opening the file: looked at first, trusted then.
//!
//! A file that is not ours, is damaged, or was written by a newer version is refused
//! before anything is written to it: its first bytes are read as bytes, and SQLite
//! sees it read-only until it has passed. A new store is made beside its place and
//! moved there when it is whole, so that a crash leaves all of it or nothing.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate::{self, KNOWN};
use super::query;
use crate::store::StoreError;

/// `uwrd`, so that a file of somebody else's is recognized.
const APPLICATION_ID: i32 = 0x7577_7264;

/// How long another program (a backup, a shell) may hold the file before we give up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Up to this size the whole file is checked; it costs a few milliseconds. Of a
/// larger one only the tables that can never be read again from the API.
const CHECKED_WHOLE_BYTES_MAX: u64 = 64 << 20;

const IRREPLACEABLE: [&str; 4] = ["organization", "alert", "notice", "entry"];

/// Pages in memory, in KiB. What is read often fits; the kernel caches the rest.
const WRITER_CACHE_KIB: i64 = 1024;
const READER_CACHE_KIB: i64 = 512;

/// The log is cut back to this once a burst has been checkpointed.
const LOG_BYTES_MAX: i64 = 16 << 20;

/// An opened store: the lock, and one connection to write, one to read.
pub(super) struct Opened {
    pub(super) lock: File,
    pub(super) writer: Connection,
    pub(super) reader: Connection,
}

pub(super) fn open(path: &Path) -> Result<Opened, StoreError> {
    make_directory(path)?;
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let lock = lock(&path)?;
    if !look(&path)? {
        create(&path)?;
    }
    let mut writer = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&writer, WRITER_CACHE_KIB).map_err(|source| opening(&path, source))?;
    migrate::migrate(&mut writer)?;
    let reader = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&reader, READER_CACHE_KIB)
        .and_then(|()| reader.pragma_update(None, "query_only", true))
        .map_err(|source| opening(&path, source))?;
    Ok(Opened { lock, writer, reader })
}

fn make_directory(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;

    let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| StoreError::Directory { directory: directory.to_owned(), source })
}

/// The path with something after its name, as SQLite names its own companions.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Held for as long as the store is open. The file stays when the lock goes: deleting
/// it would let two daemons lock two different files of one name.
fn lock(path: &Path) -> Result<File, StoreError> {
    let locked = beside(path, ".lock");
    let failed = |source| StoreError::File { path: locked.clone(), source };
    let file = private(&locked).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens a file that only its owner may read: the store knows people's addresses.
fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Decides whether the file can be trusted, without changing it. `false`: there is none.
fn look(path: &Path) -> Result<bool, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return if beside(path, "-wal").exists() {
                Err(damage(path, "its log (-wal) is there, but the file is not"))
            } else {
                Ok(false)
            };
        }
        Err(source) => return Err(StoreError::File { path: path.to_owned(), source }),
    };
    let mut header = [0; 100];
    match file.read(&mut header) {
        Ok(0) => return Err(damage(path, "it is empty")),
        Ok(_) => look_at_header(path, &header)?,
        Err(source) => return Err(StoreError::File { path: path.to_owned(), source }),
    }
    look_inside(path)?;
    Ok(true)
}

/// What can be told before SQLite has touched the file.
fn look_at_header(path: &Path, header: &[u8; 100]) -> Result<(), StoreError> {
    let number = |at: usize| {
        i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if !header.starts_with(b"SQLite format 3\0") || number(68) != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    refuse_newer(path, i64::from(number(60)))
}

fn refuse_newer(path: &Path, found: i64) -> Result<(), StoreError> {
    if found > KNOWN {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(())
}

/// The format may have moved in the log alone, so SQLite is asked as well. Only where a
/// journal tells of a write that was cut short may it write, to take that back: the file
/// is ours and of a known format by now, and cannot be read otherwise.
fn look_inside(path: &Path) -> Result<(), StoreError> {
    let access = if beside(path, "-journal").exists() {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let connection = connect(path, access)?;
    let found = migrate::found(&connection).map_err(|source| opening(path, source))?;
    refuse_newer(path, found)?;
    let bytes = path.metadata().map_or(0, |metadata| metadata.len());
    let checks: Vec<String> = if bytes <= CHECKED_WHOLE_BYTES_MAX {
        vec!["PRAGMA quick_check(1)".to_owned()]
    } else {
        IRREPLACEABLE.iter().map(|table| format!("PRAGMA quick_check({table})")).collect()
    };
    for check in checks {
        let answer: String = connection
            .query_row(&check, [], |row| row.get(0))
            .map_err(|source| opening(path, source))?;
        if answer != "ok" {
            return Err(damage(path, answer));
        }
    }
    Ok(())
}

fn create(path: &Path) -> Result<(), StoreError> {
    let unfinished = beside(path, ".new");
    let failed = |source| StoreError::File { path: unfinished.clone(), source };
    for leftover in [unfinished.clone(), beside(&unfinished, "-journal")] {
        match std::fs::remove_file(&leftover) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(failed(source)),
        }
    }
    private(&unfinished).map_err(failed)?;
    let mut connection = connect(&unfinished, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .pragma_update(None, "auto_vacuum", "INCREMENTAL")
        .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
        .map_err(query("make a new store"))?;
    migrate::migrate(&mut connection)?;
    connection.close().map_err(|(_, source)| opening(&unfinished, source))?;
    std::fs::rename(&unfinished, path).map_err(failed)?;
    sync_directory(path).map_err(failed)
}

/// A new name is only as durable as the directory that holds it.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(directory) => File::open(directory)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|source| opening(path, source))?;
    connection.busy_timeout(PATIENCE).map_err(|source| opening(path, source))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn configure(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)
}

/// What SQLite's refusal to open says about the file.
fn opening(path: &Path, source: rusqlite::Error) -> StoreError {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damage(path, source.to_string())
        }
        _ => StoreError::Open { path: path.to_owned(), source },
    }
}

fn damage(path: &Path, detail: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), detail: detail.into() }
}
