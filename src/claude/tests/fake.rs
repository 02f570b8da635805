//! A server that answers as told, down to the last byte: it speaks HTTP by hand, so
//! that it can break it.

use std::sync::{Arc, Mutex};

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A question as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query, percent-decoded where it matters to a reader.
    pub(super) target: String,
    pub(super) body: String,
    head: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// How an answer ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Whole,
    /// More was announced than comes.
    CutShort,
    /// More was announced, and nothing happens any more.
    Silent,
    /// The same bytes again and again.
    Endless,
    /// Not a single byte comes.
    HungUp,
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ending: Ending,
}

impl Answer {
    pub(super) fn json(body: impl Into<String>) -> Self {
        Self::bytes(body.into().into_bytes()).header("content-type", "application/json")
    }

    pub(super) fn bytes(body: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body, ending: Ending::Whole }
    }

    /// A success without anything to read.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, ..Self::bytes(Vec::new()) }
    }

    pub(super) fn created(body: impl Into<String>) -> Self {
        Self { status: 201, ..Self::json(body) }
    }

    /// The question is read and the connection closed.
    pub(super) fn hung_up() -> Self {
        Self { ending: Ending::HungUp, ..Self::empty(200) }
    }

    pub(super) fn refusal(status: u16, kind: &str, code: Option<&str>, message: &str) -> Self {
        let code = code.map(|code| format!(r#","details":{{"error_code":"{code}"}}"#));
        let code = code.unwrap_or_default();
        let error = format!(r#"{{"type":"{kind}","message":"{message}"{code}}}"#);
        let body = format!(r#"{{"type":"error","error":{error},"request_id":"req_1"}}"#);
        Self { status, ..Self::json(body) }
    }

    pub(super) fn failing(status: u16) -> Self {
        Self::refusal(status, "api_error", None, "example text")
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn cut_short(self) -> Self {
        Self { ending: Ending::CutShort, ..self }
    }

    pub(super) fn silent(self) -> Self {
        Self { ending: Ending::Silent, ..self }
    }

    pub(super) fn endless(self) -> Self {
        Self { ending: Ending::Endless, ..self }
    }

    async fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        if let Ending::HungUp = self.ending {
            return stream.shutdown().await;
        }
        let mut head = format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match self.ending {
            Ending::Whole => format!("content-length: {}\r\n\r\n", self.body.len()),
            Ending::CutShort | Ending::Silent => {
                format!("content-length: {}\r\n\r\n", self.body.len() + 10)
            }
            Ending::Endless | Ending::HungUp => "\r\n".to_owned(),
        };
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&self.body).await?;
        match self.ending {
            Ending::Whole | Ending::CutShort | Ending::HungUp => stream.shutdown().await,
            Ending::Silent => std::future::pending().await,
            Ending::Endless => loop {
                stream.write_all(&self.body).await?;
            },
        }
    }
}

/// The server. It leaves with the test.
pub(super) struct Fake {
    address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    _server: JoinSet<()>,
}

impl Fake {
    /// Answers each question by what `answer` says of it and of how many came before.
    pub(super) async fn new(
        answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, mut server) = (Arc::<Mutex<Vec<Seen>>>::default(), JoinSet::new());
        let (list, answer) = (seen.clone(), Arc::new(answer));
        server.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, list.clone(), answer.clone()));
            }
        });
        Self { address, seen, _server: server }
    }

    /// Answers the n-th question with the n-th of `answers`, and with the last from then on.
    pub(super) async fn script(answers: Vec<Answer>) -> Self {
        Self::new(move |_, n| answers[n.min(answers.len() - 1)].clone()).await
    }

    pub(super) async fn always(answer: Answer) -> Self {
        Self::script(vec![answer]).await
    }

    pub(super) fn url(&self) -> Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    list: Arc<Mutex<Vec<Seen>>>,
    answer: Arc<impl Fn(&Seen, usize) -> Answer>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let target = target.replace("%5B%5D", "[]").replace("%3A", ":");
    let mut seen = Seen { method, target, head, body: String::new() };
    let mut body = vec![0; seen.header("content-length").map_or(0, |it| it.parse().unwrap())];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    seen.body = String::from_utf8(body).unwrap();
    let before = {
        let mut list = list.lock().unwrap();
        list.push(seen.clone());
        list.len() - 1
    };
    let answer = answer(&seen, before);
    // A client that hangs up early is what some tests are about.
    let _ = answer.send(&mut stream).await;
}
