//! Handing the secret of a new key over, exactly once.
//!
//! To a new file that only its owner may read, to the stdin of a command, or to the terminal,
//! as asked for before the key is made. A file appears whole or not at all, and one that is
//! there is never overwritten, so a file that is there is a secret that was handed over.
//!
//! What cannot take the secret is refused before anything is made. What fails afterward is a
//! [`HandingError`]; then nobody can be sure to have the secret, and the key must go.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::claude::NewKey;
use crate::cli::{Exit, Terminal};

/// A command that has not ended by then has not taken it.
const COMMAND_TAKES_MOST: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Who is given the secret of a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Handing {
    File(PathBuf),
    Command(Vec<String>),
    Terminal,
}

#[derive(Clone, Debug, Default, Args)]
#[group(id = "handing", multiple = false)]
pub(in crate::cli) struct Options {
    /// Write the secret of the new key to this new file, which only you may read
    #[arg(long, value_name = "PATH")]
    secret_file: Option<PathBuf>,
    /// Show the secret of the new key here, once
    #[arg(long)]
    show_secret: bool,
    /// Give the secret of the new key to this command on its stdin; all that follows belongs to it
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    secret_command: Vec<String>,
}

/// Why a secret could not be handed over.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandingError {
    #[error("{} is there already, and is never overwritten", path.display())]
    Exists { path: PathBuf },
    #[error("{} cannot be made", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("`{command}` could not be run")]
    Run { command: String, source: io::Error },
    #[error("`{command}` did not take the secret: {how}")]
    Refused { command: String, how: String },
    #[error("the secret could not be shown")]
    Show(#[source] io::Error),
}

impl Options {
    /// What was chosen; `None`: nothing was.
    pub(super) fn chosen(&self) -> Result<Option<Handing>, HandingError> {
        if let Some(path) = &self.secret_file {
            // It may be gone on with from another directory.
            let absolute = std::path::absolute(path);
            let failed = |source| HandingError::File { path: path.clone(), source };
            return absolute.map(|path| Some(Handing::File(path))).map_err(failed);
        }
        if !self.secret_command.is_empty() {
            return Ok(Some(Handing::Command(self.secret_command.clone())));
        }
        Ok(self.show_secret.then_some(Handing::Terminal))
    }
}

/// Says that somebody has to choose.
pub(super) fn demand(terminal: &mut Terminal) -> Exit {
    terminal.error("the secret of a new key is shown once; say who is given it");
    terminal.hint("--secret-file PATH writes it to a new file that only you may read");
    terminal.hint("--secret-command COMMAND gives it to a command on its stdin");
    terminal.hint("--show-secret shows it here");
    Exit::Usage
}

impl Handing {
    /// As it is told in a plan: `write its secret to /run/ci.key`.
    pub(super) fn plan(&self) -> String {
        match self {
            Self::File(path) => format!("write its secret to {}", path.display()),
            Self::Command(words) => format!("give its secret to `{}`", words.join(" ")),
            Self::Terminal => "show its secret here, once".to_owned(),
        }
    }

    pub(super) fn told(&self) -> String {
        match self {
            Self::File(path) => format!("Wrote its secret to {}.", path.display()),
            Self::Command(words) => format!("Gave its secret to `{}`.", words.join(" ")),
            Self::Terminal => "Its secret was shown above, and never is again.".to_owned(),
        }
    }

    /// Whether it could be handed over, before there is anything to hand over.
    pub(super) fn prepare(&self) -> Result<(), HandingError> {
        match self {
            Self::File(path) => try_file(path),
            Self::Command(words) => find_program(words),
            Self::Terminal => Ok(()),
        }
    }

    /// Whether a secret was handed over, where that can be seen afterward.
    pub(super) fn is_delivered(&self) -> bool {
        match self {
            Self::File(path) => path.symlink_metadata().is_ok(),
            Self::Command(_) | Self::Terminal => false,
        }
    }

    /// Removes what an interrupted hand-over left beside the file.
    pub(super) fn tidy(&self) {
        if let Self::File(path) = self {
            let _ = fs::remove_file(beside(path, DRAFT));
            let _ = fs::remove_file(beside(path, TRY));
        }
    }

    pub(super) async fn hand_over(
        &self,
        key: &NewKey,
        terminal: &mut Terminal,
    ) -> Result<(), HandingError> {
        let secret = &key.secret;
        match self {
            Self::File(path) => write_file(path, secret),
            Self::Command(words) => give(words, secret).await,
            Self::Terminal if terminal.json() => {
                let secret = secret.expose_secret();
                let value =
                    json!({ "event": "secret", "id": key.id, "name": key.name, "secret": secret });
                terminal.hand(&value.to_string()).map_err(HandingError::Show)
            }
            Self::Terminal => terminal.hand(secret.expose_secret()).map_err(HandingError::Show),
        }
    }
}

const DRAFT: &str = "draft";
const TRY: &str = "try";

/// Beside the file, so that it can be put in its place in one step.
fn beside(path: &Path, end: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{end}"))
}

/// Goes the whole way but for the last step: writes beside it, and links what was written.
fn try_file(path: &Path) -> Result<(), HandingError> {
    if path.symlink_metadata().is_ok() {
        return Err(HandingError::Exists { path: path.to_owned() });
    }
    let (draft, link) = (beside(path, DRAFT), beside(path, TRY));
    let tried = write_draft(&draft, b"").and_then(|()| {
        let _ = fs::remove_file(&link);
        fs::hard_link(&draft, &link)
    });
    let _ = fs::remove_file(&draft);
    let _ = fs::remove_file(&link);
    tried.map_err(|source| HandingError::File { path: path.to_owned(), source })
}

fn write_file(path: &Path, secret: &SecretString) -> Result<(), HandingError> {
    let draft = beside(path, DRAFT);
    let text = format!("{}\n", secret.expose_secret());
    // A link is never made over a file that is there; a rename would be.
    let written = write_draft(&draft, text.as_bytes()).and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    let written = written.and_then(|()| sync_folder(path));
    written.map_err(|source| match source.kind() == io::ErrorKind::AlreadyExists {
        true => HandingError::Exists { path: path.to_owned() },
        false => HandingError::File { path: path.to_owned(), source },
    })
}

/// A new file that nobody else may read, on disk before this returns.
pub(super) fn write_draft(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Makes what was put into the folder of `path` last.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// A program that is named by its path must be there; others are found by the system.
fn find_program(words: &[String]) -> Result<(), HandingError> {
    let program = words.first().map(String::as_str).unwrap_or_default();
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let is_there =
        if program.contains('/') { Path::new(program).is_file() } else { !program.is_empty() };
    if is_there {
        return Ok(());
    }
    Err(HandingError::Run { command: words.join(" "), source: missing() })
}

async fn give(words: &[String], secret: &SecretString) -> Result<(), HandingError> {
    let command = words.join(" ");
    let failed = |source| HandingError::Run { command: command.clone(), source };
    let Some((program, arguments)) = words.split_first() else { return find_program(words) };
    // What it says goes to stderr: stdout is ours, and may be read by a program.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(io::stderr())
        .spawn()
        .map_err(failed)?;
    // A key fits any pipe, so this does not wait for the command to read it.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| {
        stdin.write_all(format!("{}\n", secret.expose_secret()).as_bytes())
    });
    let refused = |how: String| HandingError::Refused { command: command.clone(), how };
    match wait(&mut child).await.map_err(failed)? {
        Some(status) if status.success() => written.map_err(failed),
        Some(status) => Err(refused(format!("it ended with {status}"))),
        None => {
            let _ = child.kill().and_then(|()| child.wait());
            Err(refused(format!("it had not ended after {} s", COMMAND_TAKES_MOST.as_secs())))
        }
    }
}

async fn wait(child: &mut Child) -> io::Result<Option<std::process::ExitStatus>> {
    let ended = tokio::time::timeout(COMMAND_TAKES_MOST, async {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    ended.await.ok().transpose()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_new_whole_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ci.key");
        let handing = Handing::File(path.clone());
        handing.prepare().unwrap();
        assert!(!handing.is_delivered(), "trying it leaves nothing behind");
        write_file(&path, &"sk-ant-api03-new".into()).unwrap();
        assert!(handing.is_delivered());
        assert_eq!(fs::read_to_string(&path).unwrap(), "sk-ant-api03-new\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        write_draft(&beside(&path, DRAFT), b"sk-ant-api03-new\n").unwrap();
        handing.tidy();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "also by a run that was cut");
        assert!(matches!(handing.prepare(), Err(HandingError::Exists { .. })));
        let again = write_file(&path, &"sk-ant-api03-other".into());
        assert!(matches!(again, Err(HandingError::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "sk-ant-api03-new\n");
    }

    #[test]
    fn what_cannot_take_it_is_refused_before() {
        let nowhere = Handing::File(PathBuf::from("/nonexistent/ci.key"));
        assert!(matches!(nowhere.prepare(), Err(HandingError::File { .. })));
        let nothing = Handing::Command(vec!["/nonexistent/vault".to_owned()]);
        assert!(matches!(nothing.prepare(), Err(HandingError::Run { .. })));
    }

    #[tokio::test]
    async fn a_command_reads_it_and_its_refusal_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        let shell = |script: String| vec!["sh".to_owned(), "-c".to_owned(), script];
        let secret: SecretString = "sk-ant-api03-new".into();
        give(&shell(format!("cat > {}", path.display())), &secret).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "sk-ant-api03-new\n");
        let refused = give(&shell("cat > /dev/null; exit 3".to_owned()), &secret).await;
        assert!(matches!(refused, Err(HandingError::Refused { .. })), "{refused:?}");
    }
}
