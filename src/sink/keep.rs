//! Keeping mails: each in a file of its own, numbered as they came.

use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Mutex, mpsc};

use super::letter::Letter;
use crate::clock::SharedClock;

/// How many mails are kept; more of them are no demonstration.
const MAILS_MAX: u16 = 1_000;
/// Of a subject, in the name of its file.
const NAME_LETTERS_MAX: usize = 60;

/// Who sends a mail to whom, as the conversation says, whatever its header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) from: String,
    pub(super) to: Vec<String>,
}

/// A mail that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Counts from one.
    pub number: u16,
    pub path: PathBuf,
    pub from: String,
    pub to: Vec<String>,
    pub letter: Letter,
}

/// The folder, and who is told of what comes in.
#[derive(Debug)]
pub struct Mailbox {
    folder: PathBuf,
    clock: SharedClock,
    /// How many were kept. Held while one is written, so that numbers follow arrival.
    kept: Mutex<u16>,
    received: mpsc::Sender<Received>,
}

/// A mail that could not be written down.
#[derive(Debug, thiserror::Error)]
#[error("{path} could not be written")]
pub(super) struct KeepError {
    path: PathBuf,
    source: io::Error,
}

impl Mailbox {
    /// Keeps mails in `folder`, which exists. What comes in is told to the other half,
    /// which has room for all there can be: nobody waits for it to be read.
    pub fn new(folder: PathBuf, clock: SharedClock) -> (Self, mpsc::Receiver<Received>) {
        let (received, told) = mpsc::channel(MAILS_MAX.into());
        (Self { folder, clock, kept: Mutex::new(0), received }, told)
    }

    /// Writes a mail down for good, and answers with its number; `None` when the box is full.
    pub(super) async fn keep(
        &self,
        envelope: &Envelope,
        text: &[u8],
    ) -> Result<Option<u16>, KeepError> {
        let mut kept = self.kept.lock().await;
        if *kept >= MAILS_MAX {
            return Ok(None);
        }
        let (number, letter) = (*kept + 1, Letter::read(text));
        let path = self.folder.join(file_name(number, &letter.subject));
        let whole = [self.trace(envelope).as_bytes(), text].concat();
        write(&path, &whole).await.map_err(|source| KeepError { path: path.clone(), source })?;
        *kept = number;
        let Envelope { from, to } = envelope.clone();
        // Whoever is told may have left; the mail is kept all the same.
        let _ = self.received.try_send(Received { number, path, from, to, letter });
        Ok(Some(number))
    }

    /// What the last server puts above a mail: whom it came from, whom it is for, and when.
    fn trace(&self, envelope: &Envelope) -> String {
        let now = self.clock.now().to_zoned(TimeZone::UTC);
        let mut trace = format!("Return-Path: <{}>\r\n", envelope.from);
        for to in &envelope.to {
            trace.push_str(&format!("Delivered-To: {to}\r\n"));
        }
        let at = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
        trace.push_str(&format!("Received: by localhost with ESMTP; {at}\r\n"));
        trace
    }
}

/// Whole and on disk, or not there under its name.
async fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("part");
    let mut options = OpenOptions::new();
    let options = options.mode(0o600);
    let mut file = options.write(true).create(true).truncate(true).open(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, path).await
}

/// `02-acme-week-at-80.eml`: told apart at a glance, whatever the subject holds.
fn file_name(number: u16, subject: &str) -> String {
    let mut words = String::new();
    for letter in subject.chars().take(NAME_LETTERS_MAX) {
        if letter.is_ascii_alphanumeric() {
            words.push(letter.to_ascii_lowercase());
        } else if !words.ends_with('-') {
            words.push('-');
        }
    }
    let words = words.trim_matches('-');
    if words.is_empty() { format!("{number:02}.eml") } else { format!("{number:02}-{words}.eml") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_subject_and_stays_in_its_folder() {
        let long = "x".repeat(300);
        let cases = [
            (
                2,
                "acme: week at 80 % ($1,200.10 of $1,500.00)",
                "02-acme-week-at-80-1-200-10-of-1-500-00.eml",
            ),
            (7, "../../etc/passwd", "07-etc-passwd.eml"),
            (1_000, "", "1000.eml"),
            (3, "\u{fc}\u{fc}\u{0}", "03.eml"),
            (4, &long, &format!("04-{}.eml", "x".repeat(NAME_LETTERS_MAX))),
        ];
        for (number, subject, expected) in cases {
            assert_eq!(file_name(number, subject), *expected, "{subject:?}");
        }
    }
}
