//! What the sink takes and what it refuses, told over a plain connection.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::*;
use crate::clock::ManualClock;

/// Longer than anything here takes: a conversation that hangs must end.
const DEADLINE: Duration = Duration::from_secs(30);

const ENVELOPE: &str =
    "EHLO me\r\nMAIL FROM:<warden@example.com>\r\nRCPT TO:<finops@example.com>\r\n";

struct Office {
    address: SocketAddr,
    folder: tempfile::TempDir,
    received: mpsc::Receiver<Received>,
    stop: CancellationToken,
    served: JoinSet<()>,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-21T14:07:11Z".parse().unwrap()));
        let (mailbox, received) = Mailbox::new(folder.path().to_owned(), clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut served) = (CancellationToken::new(), JoinSet::new());
        served.spawn(serve(listener, mailbox, stop.clone()));
        Self { address, folder, received, stop, served }
    }

    async fn connect(&self) -> Client {
        let mut client = Client(TcpStream::connect(self.address).await.unwrap());
        assert_eq!(client.answers(1).await, ["220"]);
        client
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The codes of the next answers.
    async fn answers(&mut self, count: usize) -> Vec<String> {
        let mut codes = Vec::new();
        while codes.len() < count {
            let line = self.line().await;
            if line.as_bytes().get(3) == Some(&b' ') {
                codes.push(line[..3].to_owned());
            }
        }
        codes
    }

    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let byte = tokio::time::timeout(DEADLINE, self.0.read_u8()).await.unwrap();
            line.push(byte.unwrap_or_else(|_| panic!("ended after {}", line.escape_ascii())));
        }
        String::from_utf8(line).unwrap()
    }

    /// Sends `text` and reads as many answers as there are codes.
    async fn talk(&mut self, text: &str, codes: &[&str]) {
        self.send(text).await;
        assert_eq!(self.answers(codes.len()).await, codes, "to {text:?}");
    }

    /// Whether the other side has hung up.
    async fn is_over(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(DEADLINE, self.0.read_to_end(&mut rest)).await.unwrap();
        read.is_err() || rest.is_empty()
    }
}

#[tokio::test]
async fn a_mail_is_on_disk_to_the_byte_when_it_is_acknowledged() {
    let mut sink = Office::open().await;
    let mut client = sink.connect().await;
    client.talk(ENVELOPE, &["250", "250", "250"]).await;
    client.talk("DATA\r\n", &["354"]).await;
    let text = "Subject: a week at 80 %\r\n\r\nfirst\r\n..one dot\r\n...\r\n\r\n";
    client.talk(&format!("{text}.\r\n"), &["250"]).await;

    let received = sink.received.try_recv().unwrap();
    let kept = String::from_utf8(std::fs::read(&received.path).unwrap()).unwrap();
    let trace = "Return-Path: <warden@example.com>\r\nDelivered-To: finops@example.com\r\n\
                 Received: by localhost with ESMTP; Sat, 21 Nov 2026 14:07:11 +0000\r\n";
    let unstuffed = text.replace("\r\n..", "\r\n.");
    assert_eq!(kept, format!("{trace}{unstuffed}"));
    assert_eq!(received.path.file_name().unwrap(), "01-a-week-at-80.eml");
    assert_eq!((received.number, received.to), (1, vec!["finops@example.com".to_owned()]));
    assert_eq!(received.letter.text, "first\n.one dot\n..\n\n");
    // The same connection takes another one.
    client.talk("MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n", &["250", "250", "354"]).await;
    client.talk(".\r\nQUIT\r\n", &["250", "221"]).await;
    assert!(client.is_over().await);
    assert_eq!(sink.files().len(), 2);
}

#[tokio::test]
async fn commands_may_come_in_one_piece_but_the_text_must_wait_to_be_asked_for() {
    let sink = Office::open().await;
    let mut client = sink.connect().await;
    client.talk(&format!("{ENVELOPE}DATA\r\n"), &["250", "250", "250", "354"]).await;
    client.talk("x\r\n.\r\n", &["250"]).await;

    let mut hasty = sink.connect().await;
    let text = format!("{ENVELOPE}DATA\r\nMAIL FROM:<smuggler@example.com>\r\n.\r\n");
    hasty.talk(&text, &["250", "250", "250", "554"]).await;
    assert!(hasty.is_over().await);
    assert_eq!(sink.files().len(), 1);
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let sink = Office::open().await;
    let cases = [
        ("MAIL FROM:<a@b.test>\r\n", "503"),
        ("EHLO me\r\nRCPT TO:<a@b.test>\r\n", "503"),
        ("EHLO me\r\nDATA\r\n", "503"),
        ("EHLO me\r\nMAIL FROM:<>\r\nDATA\r\n", "503"),
        ("EHLO me\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\n", "503"),
        ("EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRSET\r\nDATA\r\n", "503"),
        ("EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nEHLO me\r\nDATA\r\n", "503"),
        ("EHLO me\r\nMAIL FROM:<> SIZE=99999999\r\n", "552"),
        ("EHLO me\nNOOP\r\n", "500"),
    ];
    for (text, expected) in cases {
        let mut client = sink.connect().await;
        client.send(text).await;
        let answers = client.answers(text.matches('\n').count()).await;
        let refused = answers.iter().find(|code| code.starts_with('5'));
        assert_eq!(refused.map(String::as_str), Some(expected), "{text:?}: {answers:?}");
    }
    assert!(sink.files().is_empty());
}

/// Sends one mail and tells how it ended; nothing of it was taken for a command.
async fn mail(sink: &Office, text: &str) -> String {
    let mut client = sink.connect().await;
    client.talk(ENVELOPE, &["250", "250", "250"]).await;
    client.talk("DATA\r\n", &["354"]).await;
    client.send(text).await;
    let ended = client.answers(1).await.remove(0);
    client.talk("NOOP\r\nQUIT\r\n", &["250", "221"]).await;
    assert!(client.is_over().await);
    ended
}

#[tokio::test]
async fn lines_and_mails_that_are_too_long_are_refused_and_the_next_ones_taken() {
    let sink = Office::open().await;
    let mut client = sink.connect().await;
    client.talk(&format!("NOOP {}\r\nNOOP\r\n", "x".repeat(600)), &["500", "250"]).await;

    let line = |length: usize| format!("{}\r\n.\r\n", "x".repeat(length));
    assert_eq!(mail(&sink, &line(998)).await, "250");
    assert_eq!(mail(&sink, &line(999)).await, "554");
    let text = "x".repeat(998) + "\r\n";
    let lines = session::MAIL_BYTES_MAX / text.len();
    assert_eq!(mail(&sink, &format!("{}.\r\n", text.repeat(lines))).await, "250");
    assert_eq!(mail(&sink, &format!("{}.\r\n", text.repeat(lines + 1))).await, "552");
    assert_eq!(sink.files().len(), 2);
}

#[tokio::test]
async fn a_mail_cannot_be_made_to_end_early() {
    let sink = Office::open().await;
    let early = ["a\n.\n", "a\n.\r\n", "a\r.\r\n", "\n.\r\n"];
    for early in early {
        let text = format!("{early}RSET\r\n.\r\n");
        assert_eq!(mail(&sink, &text).await, "554", "{early:?}");
    }
    assert!(sink.files().is_empty());
}

#[tokio::test]
async fn who_is_wrong_again_and_again_or_comes_with_too_many_is_sent_away() {
    let sink = Office::open().await;
    let mut client = sink.connect().await;
    let codes = [["500"; 10].as_slice(), &["421"]].concat();
    client.talk(&"HELLO\r\n".repeat(10), &codes).await;
    assert!(client.is_over().await);

    let mut guests = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        guests.push(sink.connect().await);
    }
    let mut more = Client(TcpStream::connect(sink.address).await.unwrap());
    assert_eq!(more.answers(1).await, ["421"]);
}

#[tokio::test]
async fn a_folder_that_is_gone_costs_the_mail_nothing_but_time() {
    let sink = Office::open().await;
    std::fs::remove_dir(sink.folder.path()).unwrap();
    assert_eq!(mail(&sink, "x\r\n.\r\n").await, "451");
    std::fs::create_dir(sink.folder.path()).unwrap();
    assert_eq!(mail(&sink, "x\r\n.\r\n").await, "250");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_has_sent_nothing_and_a_stop_waits_for_nobody() {
    let mut sink = Office::open().await;
    let mut client = sink.connect().await;
    client.talk(ENVELOPE, &["250", "250", "250"]).await;
    client.talk("DATA\r\n", &["354"]).await;
    client.send("half a mail\r\n").await;
    drop(client);
    let _idle = sink.connect().await;
    sink.stop.cancel();
    tokio::time::timeout(DEADLINE, sink.served.join_next()).await.unwrap().unwrap().unwrap();
    assert!(sink.files().is_empty());
}
