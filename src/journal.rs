//! The local journal of writes: who changed what through this machine, and what came of it.
//!
//! A write is journaled twice: that it is about to happen, before the API is asked, and
//! what came of it. A crash between the two leaves the first line, which says what to look
//! after. A write whose first line cannot be kept must not be made.
//!
//! The file is only ever appended to, a line of JSON at a time, and synced before the call
//! returns. It holds no secret: keys are named by their ids.
//!
//! It fails when the file cannot be opened or written; then nothing was changed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Lines longer than this were not written here, and are passed over.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub at: Timestamp,
    /// The same for the two lines of one write.
    pub write: String,
    pub stage: Stage,
    /// Whoever typed the command, or `usagewarden` for an action.
    pub by: String,
    pub organization: String,
    /// The command, as in `keys disable`; of an action, `action NAME`.
    pub command: String,
    /// What is changed, by its id, and by its name where it has one.
    pub target: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// How far a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is about to be made.
    Begun,
    Done,
    /// The API said no: nothing was changed.
    Refused,
    /// No answer came: it may have been made.
    Unknown,
}

/// Why a line could not be kept, or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal {} could not be opened", path.display())]
    Open { path: PathBuf, source: std::io::Error },
    #[error("the journal {} could not be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the journal {} could not be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
}

/// The file.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line, and returns once it is on disk.
    pub fn keep(&self, line: &Line) -> Result<(), JournalError> {
        let failed = |source| JournalError::Write { path: self.path.clone(), source };
        let mut file = self.open()?;
        // A line that was torn, as by a full disk, must not take this one along.
        let is_torn = is_torn(&file).map_err(failed)?;
        let mut text = if is_torn { vec![b'\n'] } else { Vec::new() };
        serde_json::to_writer(&mut text, line).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        // One write: lines of two programs do not mix.
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(failed)
    }

    fn open(&self) -> Result<File, JournalError> {
        let failed = |source| JournalError::Open { path: self.path.clone(), source };
        if let Some(directory) = self.path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).create(true).append(true).mode(0o600);
        let file = options.open(&self.path).map_err(failed)?;
        self.hand_over(&file).map_err(failed)?;
        Ok(file)
    }

    /// What root has made in the daemon's directory is the daemon's: else its own actions
    /// could not be noted, and would not be taken. A file that a link there leads to is not:
    /// whoever may write in that directory must not choose what root writes to and gives away.
    fn hand_over(&self, file: &File) -> std::io::Result<()> {
        let Some(directory) = self.path.parent().filter(|path| !path.as_os_str().is_empty()) else {
            return Ok(());
        };
        let (owner, found) = (std::fs::metadata(directory)?, file.metadata()?);
        if owner.uid() == 0 || owner.uid() == found.uid() {
            return Ok(());
        }
        let here = std::fs::symlink_metadata(&self.path)?;
        let is_here = (here.dev(), here.ino()) == (found.dev(), found.ino());
        if !here.is_file() || !is_here || here.nlink() != 1 {
            let why = "it leads to a file of somebody other than the directory's owner";
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
        }
        match found.uid() {
            0 => fchown(file, Some(owner.uid()), Some(owner.gid())),
            _ => Ok(()),
        }
    }

    /// The last line that `wanted` picks. A journal that is not there has none; a line that
    /// is torn or foreign is passed over.
    pub fn last(&self, wanted: impl Fn(&Line) -> bool) -> Result<Option<Line>, JournalError> {
        let failed = |source| JournalError::Read { path: self.path.clone(), source };
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut found = None;
        for text in BufReader::new(file).split(b'\n') {
            let text = text.map_err(failed)?;
            if text.len() > LINE_BYTES_MAX {
                continue;
            }
            let line = serde_json::from_slice::<Line>(&text).ok().filter(|line| wanted(line));
            found = line.or(found);
        }
        Ok(found)
    }
}

/// Whether the last line has no end.
fn is_torn(file: &File) -> std::io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stage: Stage, target: &str, after: &str) -> Line {
        Line {
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
            write: "1".to_owned(),
            stage,
            by: "ada".to_owned(),
            organization: "acme".to_owned(),
            command: "limits set".to_owned(),
            target: target.to_owned(),
            before: None,
            after: Some(after.to_owned()),
            error: None,
        }
    }

    #[test]
    fn the_last_line_that_is_wanted_is_found_past_torn_ones() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::at(directory.path().join("state/journal.jsonl"));
        assert_eq!(journal.last(|_| true).unwrap(), None);
        journal.keep(&line(Stage::Done, "organization", "100")).unwrap();
        journal.keep(&line(Stage::Refused, "organization", "200")).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(journal.path())
            .unwrap()
            .write_all(b"{\"at\":\"2026-11-2\n")
            .unwrap();
        journal.keep(&line(Stage::Done, "workspace", "300")).unwrap();
        let done = |line: &Line| line.stage == Stage::Done && line.target == "organization";
        assert_eq!(journal.last(done).unwrap().unwrap().after.as_deref(), Some("100"));
    }

    #[test]
    fn what_root_notes_in_the_daemons_directory_the_daemon_can_go_on_with() {
        const DAEMON: u32 = 64_123;
        let directory = tempfile::tempdir().unwrap();
        // Only root can give a directory away.
        if std::os::unix::fs::chown(directory.path(), Some(DAEMON), None).is_err() {
            return;
        }
        let journal = Journal::at(directory.path().join("journal.jsonl"));
        journal.keep(&line(Stage::Begun, "organization", "100")).unwrap();
        assert_eq!(std::fs::metadata(journal.path()).unwrap().uid(), DAEMON);
    }

    #[test]
    fn a_line_that_was_torn_takes_no_other_along() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::at(directory.path().join("journal.jsonl"));
        std::fs::write(journal.path(), b"{\"at\":\"2026-11-2").unwrap();
        journal.keep(&line(Stage::Begun, "ci", "inactive")).unwrap();
        journal.keep(&line(Stage::Done, "ci", "inactive")).unwrap();
        let text = std::fs::read_to_string(journal.path()).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        let begun = journal.last(|line| line.stage == Stage::Begun).unwrap();
        assert_eq!(begun.map(|line| line.target).as_deref(), Some("ci"));
    }

    #[test]
    fn root_is_not_led_to_a_file_that_is_not_the_daemons() {
        const DAEMON: u32 = 64_123;
        let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // Only root can give a directory away.
        if std::os::unix::fs::chown(directory.path(), Some(DAEMON), None).is_err() {
            return;
        }
        let (victim, journal) = (elsewhere.path().join("shadow"), directory.path().join("j"));
        std::fs::write(&victim, "secret\n").unwrap();
        for is_hard in [false, true] {
            match is_hard {
                true => std::fs::hard_link(&victim, &journal).unwrap(),
                false => std::os::unix::fs::symlink(&victim, &journal).unwrap(),
            }
            let kept = Journal::at(journal.clone()).keep(&line(Stage::Begun, "x", "1"));
            assert!(matches!(kept, Err(JournalError::Open { .. })), "{kept:?}");
            assert_eq!(std::fs::read_to_string(&victim).unwrap(), "secret\n");
            assert_eq!(std::fs::metadata(&victim).unwrap().uid(), 0);
            std::fs::remove_file(&journal).unwrap();
        }
    }

    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::at(directory.path().join("journal.jsonl"));
        journal.keep(&line(Stage::Begun, "organization", "100")).unwrap();
        let mode = std::fs::metadata(journal.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
