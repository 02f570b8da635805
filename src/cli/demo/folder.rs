//! The folder where the demo leaves what it leaves: mails, store, log, configuration.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Names that are tried before it must be something else that is wrong.
const TRIES: usize = 16;

/// A folder that only its owner can read, and that held nothing.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// Why there is no folder to write to.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("{path} cannot be made")]
    Make { path: PathBuf, source: io::Error },
    #[error("{path} is not empty")]
    Occupied { path: PathBuf },
    #[error("{path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
}

impl Folder {
    /// A new one below `parent`, under a name nobody has.
    pub(super) fn new_below(parent: &Path) -> Result<Self, FolderError> {
        let mut tries = 0;
        loop {
            let letters: String = (0..8).map(|_| fastrand::lowercase()).collect();
            let path = parent.join(format!("usagewarden-demo-{letters}"));
            match make(&path) {
                Ok(()) => return Self(path).furnished(),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => {
                    tries += 1;
                }
                Err(source) => return Err(FolderError::Make { path, source }),
            }
        }
    }

    /// The one that was named; it is made, or it is empty.
    pub(super) fn named(path: &Path) -> Result<Self, FolderError> {
        let unmade = |source| FolderError::Make { path: path.to_owned(), source };
        match make(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if path.read_dir().map_err(unmade)?.next().is_some() {
                    return Err(FolderError::Occupied { path: path.to_owned() });
                }
            }
            Err(source) => return Err(unmade(source)),
        }
        let path = path.canonicalize().map_err(unmade)?;
        Self(path).furnished()
    }

    fn furnished(self) -> Result<Self, FolderError> {
        let path = self.mails();
        make(&path).map_err(|source| FolderError::Make { path, source })?;
        Ok(self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn mails(&self) -> PathBuf {
        self.0.join("mails")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("usagewarden.log")
    }

    pub(super) fn create_log(&self) -> Result<File, FolderError> {
        create(&self.log())
    }

    /// Writes the configuration, and answers where.
    pub(super) fn write_configuration(&self, text: &str) -> Result<PathBuf, FolderError> {
        let path = self.0.join("usagewarden.toml");
        create(&path)?
            .write_all(text.as_bytes())
            .map_err(|source| FolderError::Write { path: path.clone(), source })?;
        Ok(path)
    }
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// It holds the key of the simulator. That opens nothing, but a file with a key that
/// others can read would be a bad example.
fn create(path: &Path) -> Result<File, FolderError> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|source| FolderError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn every_folder_is_new_and_its_owners_alone() {
        let parent = tempfile::tempdir().unwrap();
        let (one, other) =
            (Folder::new_below(parent.path()).unwrap(), Folder::new_below(parent.path()).unwrap());
        assert_ne!(one.path(), other.path());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(one.path()), mode(&one.mails())), (0o700, 0o700));
        assert_eq!(mode(&one.write_configuration("").unwrap()), 0o600);
    }

    #[test]
    fn a_named_folder_may_be_there_but_holds_nothing_of_anyone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("out");
        Folder::named(&path).unwrap();
        let shown = Folder::named(&path).unwrap_err().to_string();
        assert!(shown.ends_with("out is not empty"), "{shown}");
        let nowhere = Folder::named(&parent.path().join("no/where")).unwrap_err().to_string();
        assert!(nowhere.ends_with("no/where cannot be made"), "{nowhere}");
        let file = parent.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(Folder::named(&file).is_err());
    }
}
