//! How far a rotation is, in a file: what a program that was killed needs to go on.
//!
//! A file per rotation, in `rotations/` beside the journal, that only its owner may read. It is
//! written beside itself, synced and renamed: whoever reads it sees one state or the next. It
//! never holds a secret. A second file is locked while somebody is at the rotation, so that
//! two do not take the same step.
//!
//! What another user wrote is not gone on with: it says which command is given a secret, and
//! whoever may write in the folder must not choose what root runs.
//!
//! It fails when the folder cannot be written; then the step it was for is not taken.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usagewarden_core::roster::ApiKey;
use usagewarden_core::subject::{ApiKeyId, OrganizationName};

use crate::cli::keys::secret::{Handing, sync_folder, write_draft};

/// No rotation takes more; what is larger was not written here.
const BYTES_MOST: u64 = 256 * 1024;

/// One rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rotation {
    pub(super) organization: OrganizationName,
    pub(super) old: Named,
    /// What becomes of the old key.
    pub(super) end: End,
    pub(super) begun_at: Timestamp,
    /// How the new key is made, where it is ours to make.
    pub(super) making: Option<Making>,
    pub(super) stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) id: ApiKeyId,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// It can be made active again.
    Disable,
    /// For good.
    Revoke,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Making {
    /// No other key had this name when the rotation began.
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) handing: Handing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub(super) enum Stage {
    /// There is no new key.
    Planned,
    /// One was asked for. There may be one now.
    Making,
    /// There is one. Whether its secret was handed over is not known.
    Made { new: ApiKeyId },
    /// Services can be given the new key.
    HandedOver { new: Named },
    /// The old key was about to be cut.
    Cutting { new: Named },
}

impl Named {
    pub(super) fn of(key: &ApiKey) -> Self {
        Self { id: key.id.clone(), name: key.name.clone() }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

impl End {
    /// At the beginning of a sentence.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Disable => "Disable",
            Self::Revoke => "Revoke",
        }
    }

    /// What the key is then.
    pub(super) const fn outcome(self) -> &'static str {
        match self {
            Self::Disable => "inactive",
            Self::Revoke => "revoked",
        }
    }
}

impl Stage {
    /// In a table.
    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::Planned => "no new key yet",
            Self::Making => "the new key was asked for",
            Self::Made { .. } => "the new key is made, its secret perhaps not handed over",
            Self::HandedOver { .. } => "the new key is handed over, the old one is still good",
            Self::Cutting { .. } => "the old key is being cut",
        }
    }
}

/// Why the state could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    #[error("{} could not be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} could not be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} was written by another user", path.display())]
    Foreign { path: PathBuf },
    #[error("another usagewarden is at this rotation ({} is locked)", path.display())]
    Busy { path: PathBuf },
}

/// Where rotations are kept.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// Nobody else is at the rotation while this is held.
#[derive(Debug)]
pub(super) struct Held {
    _lock: File,
}

impl Folder {
    pub(super) fn beside(journal: &Path) -> Self {
        Self(journal.with_file_name("rotations"))
    }

    fn file(&self, organization: &OrganizationName, old: &ApiKeyId, end: &str) -> PathBuf {
        let plain = |text: &str| -> String {
            text.chars()
                .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
                .collect()
        };
        self.0.join(format!("{}.{}.{end}", plain(organization.as_str()), plain(old.as_str())))
    }

    fn state(&self, organization: &OrganizationName, old: &ApiKeyId) -> PathBuf {
        self.file(organization, old, "json")
    }

    /// Makes sure that nobody else is at it.
    pub(super) fn hold(
        &self,
        organization: &OrganizationName,
        old: &ApiKeyId,
    ) -> Result<Held, StateError> {
        let path = self.file(organization, old, "lock");
        let failed = |source| StateError::Write { path: path.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let lock = File::options().create(true).append(true).mode(0o600).open(&path);
        let lock = lock.map_err(failed)?;
        let busy = StateError::Busy { path: path.clone() };
        match lock.try_lock() {
            // Whoever held it before may have taken it away.
            Ok(()) if is_at(&lock, &path) => Ok(Held { _lock: lock }),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(busy),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Returns once it is on disk.
    pub(super) fn keep(&self, rotation: &Rotation) -> Result<(), StateError> {
        let path = self.state(&rotation.organization, &rotation.old.id);
        let draft = path.with_extension("draft");
        let written = serde_json::to_vec_pretty(rotation)
            .map_err(io::Error::from)
            .and_then(|text| write_draft(&draft, &text))
            .and_then(|()| fs::rename(&draft, &path))
            .and_then(|()| sync_folder(&path));
        written.map_err(|source| StateError::Write { path, source })
    }

    /// It is over. Whoever holds it holds nothing any more.
    pub(super) fn forget(&self, rotation: &Rotation) -> Result<(), StateError> {
        let path = self.state(&rotation.organization, &rotation.old.id);
        let gone = match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.and_then(|()| sync_folder(&path)),
        };
        let _ = fs::remove_file(path.with_extension("lock"));
        gone.map_err(|source| StateError::Write { path, source })
    }

    /// Every rotation of an organization that has begun and is not over, oldest first.
    pub(super) fn all(&self, organization: &OrganizationName) -> Result<Vec<Rotation>, StateError> {
        let failed = |source| StateError::Read { path: self.0.clone(), source };
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|end| end == "json") {
                found.push(read(&path)?);
            }
        }
        found.retain(|one| one.organization == *organization);
        found.sort_by_key(|one| one.begun_at);
        Ok(found)
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let place = |found: io::Result<fs::Metadata>| found.map(|one| (one.dev(), one.ino())).ok();
    place(file.metadata()) == place(fs::metadata(path))
}

fn read(path: &Path) -> Result<Rotation, StateError> {
    let failed = |source| StateError::Read { path: path.to_owned(), source };
    let found = fs::symlink_metadata(path).map_err(failed)?;
    if found.len() > BYTES_MOST {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    // This process belongs to whoever runs it; where the system does not say, nobody else can.
    let is_own = fs::metadata("/proc/self").map_or(true, |own| own.uid() == found.uid());
    if !found.is_file() || !is_own {
        return Err(StateError::Foreign { path: path.to_owned() });
    }
    let text = fs::read(path).map_err(failed)?;
    serde_json::from_slice(&text).map_err(|error| failed(error.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn rotation(old: &str, stage: Stage) -> Rotation {
        Rotation {
            organization: "acme".into(),
            old: Named { id: old.into(), name: "ci".to_owned() },
            end: End::Revoke,
            begun_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            making: Some(Making {
                name: "ci-2".to_owned(),
                scopes: vec!["api:read".to_owned()],
                handing: Handing::File("/run/ci.key".into()),
            }),
            stage,
        }
    }

    #[test]
    fn what_is_kept_is_read_and_what_is_over_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::beside(&home.path().join("journal.jsonl"));
        let acme = "acme".into();
        assert_eq!(folder.all(&acme).unwrap(), []);
        let new = Named { id: "apikey_2".into(), name: "ci-2".to_owned() };
        let _held = folder.hold(&acme, &"apikey_1".into()).unwrap();
        let stages = [
            Stage::Planned,
            Stage::Making,
            Stage::Made { new: new.id.clone() },
            Stage::HandedOver { new: new.clone() },
            Stage::Cutting { new },
        ];
        for stage in stages {
            let one = rotation("apikey_1", stage);
            folder.keep(&one).unwrap();
            assert_eq!(folder.all(&acme).unwrap(), [one]);
        }
        assert_eq!(folder.all(&"labs".into()).unwrap(), []);
        let path = home.path().join("rotations/acme.apikey_1.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        folder.forget(&rotation("apikey_1", Stage::Planned)).unwrap();
        assert_eq!(folder.all(&acme).unwrap(), []);
    }

    #[test]
    fn what_another_user_wrote_or_a_link_leads_to_is_not_gone_on_with() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::beside(&home.path().join("journal.jsonl"));
        let acme = "acme".into();
        let _held = folder.hold(&acme, &"apikey_1".into()).unwrap();
        folder.keep(&rotation("apikey_1", Stage::Planned)).unwrap();
        let path = home.path().join("rotations/acme.apikey_1.json");
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(64_123), None).is_ok() {
            assert!(matches!(folder.all(&acme), Err(StateError::Foreign { .. })));
        }
        let elsewhere = home.path().join("elsewhere.json");
        fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(matches!(folder.all(&acme), Err(StateError::Foreign { .. })));
    }

    #[test]
    fn nobody_else_is_at_it_meanwhile() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::beside(&home.path().join("journal.jsonl"));
        let (acme, old) = ("acme".into(), "apikey_1".into());
        let held = folder.hold(&acme, &old).unwrap();
        assert!(matches!(folder.hold(&acme, &old), Err(StateError::Busy { .. })));
        drop(held);
        folder.hold(&acme, &old).unwrap();
    }
}
