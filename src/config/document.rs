//! A configuration file as text, and positions in it.

use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::problem::Complaint;

/// One file of the configuration.
#[derive(Debug)]
pub(super) struct Document {
    /// In the order of reading; problems are told in this order.
    pub(super) number: usize,
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether people other than the operator and the daemon can read it.
    pub(super) is_exposed: bool,
}

/// A stretch of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position<'a> {
    pub(super) document: &'a Document,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the stretch may be quoted although it stands where a secret could.
    pub(super) is_public: bool,
}

impl Document {
    /// No configuration of people is larger; what is, is the wrong file.
    const BYTES_MAX: u64 = 16 << 20;

    pub(super) fn read(number: usize, path: &Path) -> Result<Self, Complaint> {
        let (bytes, is_exposed) = read_bounded(path, Self::BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Complaint::new(format!("{} is not UTF-8 text, from byte {at} on", path.display()))
                .hint("save it as UTF-8")
        })?;
        Ok(Self { number, path: path.to_owned(), text, is_exposed })
    }

    /// What `written` means in this file: relative to the directory it lies in.
    pub(super) fn resolve(&self, written: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(written)
    }

    pub(super) fn position(&self, span: Range<usize>) -> Position<'_> {
        Position { document: self, start: span.start, end: span.end, is_public: false }
    }
}

impl<'a> Position<'a> {
    /// The same stretch, known to hold no secret.
    pub(super) fn public(self) -> Self {
        Self { is_public: true, ..self }
    }

    pub(super) fn order(self) -> (usize, usize) {
        (self.document.number, self.start)
    }

    /// The text before this stretch.
    fn before(self) -> &'a str {
        let text = self.document.text.as_str();
        &text[..text.floor_char_boundary(self.start)]
    }

    /// Counted from one, columns in characters.
    pub(super) fn line_and_column(self) -> (usize, usize) {
        let before = self.before();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The line it begins on, and the part of that line it covers, in bytes.
    pub(super) fn line(self) -> (&'a str, Range<usize>) {
        let text = self.document.text.as_str();
        let line_start = self.before().rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        let within = |at: usize| line.floor_char_boundary(at.saturating_sub(line_start));
        (line, within(self.start)..within(self.end.max(self.start)))
    }

    /// As other places refer to it: `line 3`, with the file when it is another one.
    pub(super) fn seen_from(self, other: Position<'_>) -> String {
        let (line, _) = self.line_and_column();
        if self.document.number == other.document.number {
            format!("line {line}")
        } else {
            format!("{}:{line}", self.document.path.display())
        }
    }
}

/// Reads a file of at most `bytes_max`, and says whether others can read it too.
pub(super) fn read_bounded(path: &Path, bytes_max: u64) -> Result<(Vec<u8>, bool), Complaint> {
    let shown = path.display();
    let refuse = |error: std::io::Error| unreadable(path, &error);
    let file = std::fs::File::open(path).map_err(refuse)?;
    let metadata = file.metadata().map_err(refuse)?;
    if metadata.is_dir() {
        return Err(Complaint::new(format!("{shown} is a directory, not a file")));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(refuse)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Complaint::new(format!("{shown} is larger than {bytes_max} bytes")));
    }
    Ok((bytes, is_exposed(metadata.mode(), metadata.uid())))
}

/// Whether people can read a file who should not. The package installs files as
/// `root:usagewarden 0640`, so the group of root's files is the daemon's own.
fn is_exposed(mode: u32, owner: u32) -> bool {
    let trusted = if owner == 0 { 0o740 } else { 0o700 };
    mode & 0o777 & !trusted != 0
}

/// A file that cannot be read, and what to do about it.
fn unreadable(path: &Path, error: &std::io::Error) -> Complaint {
    let (reason, advice) = if error.kind() == ErrorKind::NotFound {
        (
            "there is no such file".to_owned(),
            "check the path; relative ones start at the file that names them",
        )
    } else if error.kind() == ErrorKind::PermissionDenied {
        (
            "permission denied".to_owned(),
            "the user that runs usagewarden must be able to read it: chown root:usagewarden, chmod 0640",
        )
    } else {
        (error.to_string(), "check the file and its directory")
    };
    Complaint::new(format!("cannot read {}: {reason}", path.display())).hint(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_others_can_read_are_exposed() {
        let cases = [
            (0o600, 1000, false),
            (0o640, 0, false),
            (0o640, 1000, true),
            (0o644, 0, true),
            (0o100_644, 1000, true),
            (0o400, 0, false),
            (0o602, 0, true),
        ];
        for (mode, owner, exposed) in cases {
            assert_eq!(is_exposed(mode, owner), exposed, "{mode:o} of {owner}");
        }
    }
}
