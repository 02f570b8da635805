//! One conversation: greeting, commands in their order, mails, good-bye.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::warn;

use super::command::{Command, Reply, parse};
use super::keep::{Envelope, Mailbox};
use super::line::{Flaw, Line, Lines};
use crate::chain::Chain;

/// With its end, as RFC 5321 has it; a size or a body may stand behind a path.
const COMMAND_BYTES_MAX: usize = 512 + 64;
/// A line of a mail, with its end.
const TEXT_BYTES_MAX: usize = 1_000;
/// The largest mail. Ours are under 100 KB.
pub(super) const MAIL_BYTES_MAX: usize = 4 << 20;
/// What is too large is read to its end, so that the client hears why. Up to here.
const PATIENCE_BYTES: usize = 4 * MAIL_BYTES_MAX;
const RECIPIENTS_MAX: usize = 100;
/// Then it is no mail client that talks.
const MISTAKES_MAX: u32 = 10;
/// Until the next command.
const COMMAND_PATIENCE: Duration = Duration::from_secs(60);
/// For a mail as a whole, however it trickles in.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);

const NOT_YET: Reply = "503 5.5.1 not in this order";
const TOO_LARGE: Reply = "552 5.3.4 the mail is too large";

/// Talks until the client leaves, or has to.
pub(super) async fn converse(stream: &mut TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    let mut session = Session::new(stream, mailbox);
    session.say("220 localhost ESMTP: mail ends here, as files").await?;
    loop {
        let next = session.lines.next(COMMAND_BYTES_MAX);
        let Ok(line) = timeout(COMMAND_PATIENCE, next).await else {
            return session.say("421 4.4.2 nothing was said for a minute").await;
        };
        let command = match line? {
            None => return Ok(()),
            Some(Line::Flawed { flaw: Flaw::TooLong, .. }) => Err("500 5.5.6 the line is too long"),
            Some(Line::Flawed { flaw: Flaw::Bare, .. }) => {
                Err("500 5.5.2 lines end in CR LF, and nowhere else")
            }
            Some(Line::Whole(line)) => parse(&line),
        };
        match session.answer(command).await? {
            Next::Go => {}
            Next::Leave => return Ok(()),
        }
    }
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go,
    Leave,
}

struct Session<'a> {
    lines: Lines<&'a mut TcpStream>,
    mailbox: &'a Mailbox,
    is_greeted: bool,
    envelope: Option<Envelope>,
    mistakes: u32,
}

impl<'a> Session<'a> {
    fn new(stream: &'a mut TcpStream, mailbox: &'a Mailbox) -> Self {
        let lines = Lines::new(stream);
        Self { lines, mailbox, is_greeted: false, envelope: None, mistakes: 0 }
    }

    async fn answer(&mut self, command: Result<Command, Reply>) -> io::Result<Next> {
        let reply = match command {
            Ok(Command::Quit) => {
                self.say("221 2.0.0 bye").await?;
                return Ok(Next::Leave);
            }
            Ok(Command::Data) => match self.may_send() {
                // Text that is sent before it was asked for might be taken for commands.
                Ok(()) if self.lines.is_ahead() => {
                    self.say("554 5.5.0 the text must wait for the answer 354").await?;
                    return Ok(Next::Leave);
                }
                Ok(()) => return self.data().await,
                Err(reply) => Err(reply),
            },
            Ok(command) => self.obey(command),
            Err(reply) => Err(reply),
        };
        match reply {
            Ok(reply) => {
                self.say(&reply).await?;
                Ok(Next::Go)
            }
            Err(reply) => self.complain(reply).await,
        }
    }

    /// What needs no more than the state of the conversation.
    fn obey(&mut self, command: Command) -> Result<String, Reply> {
        match command {
            Command::Ehlo => Ok(self.greet(&format!(
                "250-localhost\r\n250-SIZE {MAIL_BYTES_MAX}\r\n250-8BITMIME\r\n\
                 250-PIPELINING\r\n250 ENHANCEDSTATUSCODES"
            ))),
            Command::Helo => Ok(self.greet("250 localhost")),
            Command::Mail { from, size } => self.begin(from, size),
            Command::Rcpt { to } => self.address(to),
            Command::Reset => {
                self.envelope = None;
                Ok("250 2.0.0 forgotten".to_owned())
            }
            Command::Noop => Ok("250 2.0.0 ok".to_owned()),
            Command::Verify => Ok("252 2.5.0 mail to anyone is taken".to_owned()),
            Command::Data | Command::Quit => Err(NOT_YET),
        }
    }

    fn greet(&mut self, reply: &str) -> String {
        self.is_greeted = true;
        self.envelope = None;
        reply.to_owned()
    }

    fn begin(&mut self, from: String, size: Option<u64>) -> Result<String, Reply> {
        if !self.is_greeted || self.envelope.is_some() {
            return Err(NOT_YET);
        }
        let most = u64::try_from(MAIL_BYTES_MAX).unwrap_or(u64::MAX);
        if size.is_some_and(|size| size > most) {
            return Err(TOO_LARGE);
        }
        self.envelope = Some(Envelope { from, to: Vec::new() });
        Ok("250 2.1.0 ok".to_owned())
    }

    fn address(&mut self, to: String) -> Result<String, Reply> {
        let envelope = self.envelope.as_mut().ok_or(NOT_YET)?;
        if envelope.to.len() >= RECIPIENTS_MAX {
            return Err("452 4.5.3 too many recipients");
        }
        envelope.to.push(to);
        Ok("250 2.1.5 ok".to_owned())
    }

    /// Whether a mail may follow.
    fn may_send(&self) -> Result<(), Reply> {
        match &self.envelope {
            None => Err(NOT_YET),
            Some(envelope) if envelope.to.is_empty() => Err("503 5.5.1 nobody to send it to"),
            Some(_) => Ok(()),
        }
    }

    async fn data(&mut self) -> io::Result<Next> {
        self.say("354 end with a dot on a line of its own").await?;
        let Ok(text) = timeout(MAIL_PATIENCE, self.text()).await else {
            self.say("421 4.4.2 the mail took too long").await?;
            return Ok(Next::Leave);
        };
        let Some(text) = text? else { return Ok(Next::Leave) };
        let kept = match (text, self.envelope.take()) {
            (Ok(text), Some(envelope)) => self.keep(&envelope, &text).await,
            (Ok(_), None) => Err(NOT_YET),
            (Err(reply), _) => Err(reply),
        };
        match kept {
            Ok(reply) => {
                self.say(&reply).await?;
                Ok(Next::Go)
            }
            Err(reply) => self.complain(reply).await,
        }
    }

    /// The text up to the lonely dot, without the dots that were put before other dots.
    /// `None` when the client went away in the middle.
    async fn text(&mut self) -> io::Result<Option<Result<Vec<u8>, Reply>>> {
        let (mut text, mut length, mut wrong) = (Vec::new(), 0, None);
        let mut follows_an_end = true;
        while let Some(line) = self.lines.next(TEXT_BYTES_MAX).await? {
            match line {
                Line::Whole(line) if line == b"." && follows_an_end => {
                    return Ok(Some(wrong.map_or(Ok(text), Err)));
                }
                Line::Whole(line) => {
                    let line = line.strip_prefix(b".").unwrap_or(&line);
                    length += line.len() + 2;
                    if length <= MAIL_BYTES_MAX {
                        text.extend_from_slice(line);
                        text.extend_from_slice(b"\r\n");
                    }
                    follows_an_end = true;
                }
                Line::Flawed { flaw, is_ended } => {
                    // At least; it need not be exact to come to an end.
                    length += if flaw == Flaw::TooLong { TEXT_BYTES_MAX } else { 1 };
                    wrong.get_or_insert(objection(flaw));
                    follows_an_end = is_ended;
                }
            }
            if length > MAIL_BYTES_MAX {
                wrong.get_or_insert(TOO_LARGE);
            }
            if length > PATIENCE_BYTES {
                return Err(io::Error::other("a mail that does not end"));
            }
        }
        Ok(None)
    }

    async fn keep(&self, envelope: &Envelope, text: &[u8]) -> Result<String, Reply> {
        match self.mailbox.keep(envelope, text).await {
            Ok(Some(number)) => Ok(format!("250 2.0.0 kept as number {number}")),
            Ok(None) => Err("452 4.3.1 no more mails are kept"),
            Err(error) => {
                warn!(error = %Chain(&error), "Could not keep a mail");
                Err("451 4.3.0 the mail could not be kept, try again later")
            }
        }
    }

    /// Refuses. Who is wrong again and again has to leave.
    async fn complain(&mut self, reply: Reply) -> io::Result<Next> {
        self.say(reply).await?;
        self.mistakes += 1;
        if self.mistakes < MISTAKES_MAX {
            return Ok(Next::Go);
        }
        self.say("421 4.7.0 too many mistakes").await?;
        Ok(Next::Leave)
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        let line = format!("{reply}\r\n");
        let written = self.lines.get_mut().write_all(line.as_bytes());
        // A client that does not read is one that does not talk.
        timeout(COMMAND_PATIENCE, written)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

const fn objection(flaw: Flaw) -> Reply {
    match flaw {
        Flaw::Bare => "554 5.6.0 a CR or a LF stands alone in the mail",
        Flaw::TooLong => "554 5.6.0 a line of the mail is too long",
    }
}
