//! A mail server that takes what it is sent, or fails as it is told to.
//!
//! It speaks enough SMTP for a client that does not trust it: STARTTLS or TLS from
//! the first byte, AUTH PLAIN and LOGIN, one fault for each mail of a script. It
//! keeps what it was told, so that tests compare conversations and not feelings.

pub(crate) mod tls;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use usagewarden::supervisor::{Supervisor, Workers};

pub(crate) const USERNAME: &str = "warden";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// How the server offers to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    StartTls,
    Implicit,
    /// In clear, and nothing else.
    Plain,
}

/// What goes wrong with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    AtRecipient(&'static str),
    AtEnd(&'static str),
    /// The mail is taken, and the connection is cut before anyone hears of it.
    LoseAnswer,
    /// The connection is cut before the mail is sent.
    CutAtData,
    /// The mail is taken, and no answer ever comes.
    SilentAtEnd,
    /// Not even a greeting.
    SilentAtOnce,
    /// The server is ready for the mail, and reads nothing of it.
    SilentAtData,
    /// The mail is taken, and the answer waits for [`SmtpServer::answer`].
    Hold,
}

/// A mail as it was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) recipients: Vec<String>,
    pub(crate) bytes: String,
    pub(crate) private: bool,
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.bytes.split("\r\n\r\n").next()?;
        let prefix = format!("{name}: ");
        headers.split("\r\n").find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

/// What the server has seen.
#[derive(Debug, Default)]
struct Seen {
    taken: Vec<Taken>,
    connections: usize,
    /// Every line that was sent to it, but for the mails themselves.
    lines: Vec<String>,
    script: VecDeque<Fault>,
    refused: Option<(String, &'static str)>,
    /// Nobody is there: connections end before a word is said.
    gone: bool,
    /// Mails that the client was told are taken.
    answered: usize,
}

/// A mail server on a port of its own.
#[derive(Debug)]
pub(crate) struct SmtpServer {
    pub(crate) port: u16,
    pub(crate) ca_pem: String,
    seen: Arc<Mutex<Seen>>,
    held: Arc<Notify>,
}

impl SmtpServer {
    /// `auth` is what it says it can do, as in `PLAIN LOGIN`.
    pub(crate) async fn start(offer: Offer, auth: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (acceptor, ca_pem) = tls::acceptor();
        let workers = Supervisor::default().workers();
        let held = Arc::new(Notify::new());
        let talk = Talk { offer, auth, acceptor, seen: seen.clone(), held: held.clone() };
        workers.clone().spawn(accept(listener, talk, workers));
        Self { port, ca_pem, seen, held }
    }

    /// Faults of the mails to come, in order; after them all goes well.
    pub(crate) fn script(&self, faults: &[Fault]) {
        self.seen.lock().unwrap().script.extend(faults);
    }

    /// From now on `recipient` is answered with `answer`.
    pub(crate) fn refuse(&self, recipient: &str, answer: &'static str) {
        self.seen.lock().unwrap().refused = Some((recipient.to_owned(), answer));
    }

    /// From now on nobody is there, or somebody is again.
    pub(crate) fn is_gone(&self, gone: bool) {
        self.seen.lock().unwrap().gone = gone;
    }

    /// Gives the answer that [`Fault::Hold`] holds back.
    pub(crate) fn answer(&self) {
        self.held.notify_one();
    }

    pub(crate) fn answered(&self) -> usize {
        self.seen.lock().unwrap().answered
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.seen.lock().unwrap().taken.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// How often a line was sent that begins like this.
    pub(crate) fn heard(&self, beginning: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.lines.iter().filter(|line| line.starts_with(beginning)).count()
    }
}

async fn accept(listener: TcpListener, talk: Talk, workers: Workers) {
    while let Ok((stream, _)) = listener.accept().await {
        let talk = talk.clone();
        // A client that hangs up in the middle is none of the server's worries.
        workers.spawn(async move { talk.begin(stream).await.unwrap_or_default() });
    }
}

/// One side of a conversation.
#[derive(Clone)]
struct Talk {
    offer: Offer,
    auth: &'static str,
    acceptor: TlsAcceptor,
    seen: Arc<Mutex<Seen>>,
    held: Arc<Notify>,
}

/// What follows a command.
enum Next {
    Go,
    Upgrade,
    Leave,
}

trait Wire: AsyncBufRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncBufRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Talk {
    async fn begin(self, stream: TcpStream) -> std::io::Result<()> {
        self.seen.lock().unwrap().connections += 1;
        if self.seen.lock().unwrap().gone {
            return Ok(());
        }
        if self.seen.lock().unwrap().script.front() == Some(&Fault::SilentAtOnce) {
            self.seen.lock().unwrap().script.pop_front();
            return std::future::pending().await;
        }
        if self.offer == Offer::Implicit {
            let mut private = BufStream::new(self.acceptor.accept(stream).await?);
            say(&mut private, "220 mail.test ESMTP").await?;
            return self.converse(&mut private, true).await.map(drop);
        }
        let mut clear = BufStream::new(stream);
        say(&mut clear, "220 mail.test ESMTP").await?;
        if self.converse(&mut clear, false).await? {
            let stream = self.acceptor.accept(clear.into_inner()).await?;
            self.converse(&mut BufStream::new(stream), true).await?;
        }
        Ok(())
    }

    /// Answers commands. True when the client wants TLS now.
    async fn converse(&self, wire: &mut dyn Wire, private: bool) -> std::io::Result<bool> {
        let mut mail = Taken { recipients: Vec::new(), bytes: String::new(), private };
        while let Some(line) = self.hear(wire).await? {
            match self.answer(wire, &line, &mut mail).await? {
                Next::Go => {}
                Next::Upgrade => return Ok(true),
                Next::Leave => return Ok(false),
            }
        }
        Ok(false)
    }

    async fn hear(&self, wire: &mut dyn Wire) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        self.seen.lock().unwrap().lines.push(line.clone());
        Ok(Some(line))
    }

    async fn answer(
        &self,
        wire: &mut dyn Wire,
        line: &str,
        mail: &mut Taken,
    ) -> std::io::Result<Next> {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => say(wire, &self.offers(mail.private)).await?,
            "STARTTLS" => {
                say(wire, "220 go ahead").await?;
                return Ok(Next::Upgrade);
            }
            "AUTH" => self.log_in(wire, rest).await?,
            "MAIL" => {
                mail.recipients.clear();
                say(wire, "250 ok").await?;
            }
            "RCPT" => return self.recipient(wire, rest, mail).await,
            "DATA" => return self.data(wire, mail).await,
            "QUIT" => {
                say(wire, "221 bye").await?;
                return Ok(Next::Leave);
            }
            _ => say(wire, "250 ok").await?,
        }
        Ok(Next::Go)
    }

    fn offers(&self, private: bool) -> String {
        let starttls = match self.offer {
            Offer::StartTls if !private => "250-STARTTLS\r\n",
            Offer::StartTls | Offer::Implicit | Offer::Plain => "",
        };
        let auth =
            if self.auth.is_empty() { "HELP".to_owned() } else { format!("AUTH {}", self.auth) };
        format!("250-mail.test\r\n{starttls}250-8BITMIME\r\n250 {auth}")
    }

    async fn log_in(&self, wire: &mut dyn Wire, rest: &str) -> std::io::Result<()> {
        let right = match rest.split_once(' ') {
            Some(("PLAIN", secret)) => decoded(secret) == format!("\0{USERNAME}\0{PASSWORD}"),
            _ => {
                // The words of the prompts mean nothing to a client.
                say(wire, "334 d2hvPw==").await?;
                let name = self.hear(wire).await?.unwrap_or_default();
                say(wire, "334 YW5kPw==").await?;
                let secret = self.hear(wire).await?.unwrap_or_default();
                decoded(&name) == USERNAME && decoded(&secret) == PASSWORD
            }
        };
        say(wire, if right { "235 welcome" } else { "535 5.7.8 no such login" }).await
    }

    async fn recipient(
        &self,
        wire: &mut dyn Wire,
        rest: &str,
        mail: &mut Taken,
    ) -> std::io::Result<Next> {
        let address = rest.trim_start_matches("TO:").trim_matches(['<', '>']).to_owned();
        let answer = self.objection(&address).unwrap_or("250 ok");
        mail.recipients.push(address);
        say(wire, answer).await?;
        Ok(Next::Go)
    }

    fn objection(&self, address: &str) -> Option<&'static str> {
        let mut seen = self.seen.lock().unwrap();
        if let Some((refused, answer)) = &seen.refused
            && refused == address
        {
            return Some(answer);
        }
        let Some(Fault::AtRecipient(answer)) = seen.script.front().copied() else { return None };
        seen.script.pop_front();
        Some(answer)
    }

    async fn data(&self, wire: &mut dyn Wire, mail: &mut Taken) -> std::io::Result<Next> {
        let fault = self.seen.lock().unwrap().script.pop_front();
        if fault == Some(Fault::CutAtData) {
            return Ok(Next::Leave);
        }
        say(wire, "354 go ahead").await?;
        if fault == Some(Fault::SilentAtData) {
            return std::future::pending().await;
        }
        mail.bytes = read_mail(wire).await?;
        if let Some(Fault::AtEnd(answer)) = fault {
            say(wire, answer).await?;
            return Ok(Next::Go);
        }
        self.seen.lock().unwrap().taken.push(mail.clone());
        match fault {
            Some(Fault::LoseAnswer) => return Ok(Next::Leave),
            Some(Fault::SilentAtEnd) => std::future::pending().await,
            Some(Fault::Hold) => self.held.notified().await,
            Some(
                Fault::AtEnd(_)
                | Fault::AtRecipient(_)
                | Fault::CutAtData
                | Fault::SilentAtOnce
                | Fault::SilentAtData,
            )
            | None => {}
        }
        say(wire, "250 2.0.0 taken").await?;
        self.seen.lock().unwrap().answered += 1;
        Ok(Next::Go)
    }
}

/// Everything up to the lonely dot.
async fn read_mail(wire: &mut dyn Wire) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

async fn say(wire: &mut dyn Wire, line: &str) -> std::io::Result<()> {
    wire.write_all(format!("{line}\r\n").as_bytes()).await?;
    wire.flush().await
}

fn decoded(secret: &str) -> String {
    let bytes = BASE64.decode(secret).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
