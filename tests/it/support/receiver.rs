//! A receiver of webhooks that does as it is told, byte by byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use usagewarden::supervisor::Supervisor;

use super::smtp::tls;

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A status, more header lines, and a body.
    Answer(u16, &'static str, String),
    /// The request is read, and the connection closed.
    Cut,
    /// The request is read, and nothing follows.
    Silence,
    /// A good status, and a body that comes a byte at a time and never ends.
    Drip(u16),
    /// A status, and a body without end as fast as it is taken.
    Flood(u16),
    /// A head that never ends.
    EndlessHead,
    /// What no HTTP server would say.
    Nonsense,
}

impl Act {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer(status, "", String::new())
    }

    pub(crate) fn with(status: u16, header: &'static str) -> Self {
        Self::Answer(status, header, String::new())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Shared {
    script: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Asked>>,
}

/// A receiver on loopback. Once its script is over it answers 204.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) port: u16,
    /// The authority to trust, for a receiver with TLS.
    pub(crate) ca_pem: String,
    scheme: &'static str,
    shared: Arc<Shared>,
    work: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Receiver {
    pub(crate) async fn start(script: &[Act]) -> Self {
        Self::begin(script, None, String::new()).await
    }

    pub(crate) async fn private(script: &[Act]) -> Self {
        let (acceptor, ca_pem) = tls::acceptor();
        Self::begin(script, Some(acceptor), ca_pem).await
    }

    async fn begin(script: &[Act], tls: Option<TlsAcceptor>, ca_pem: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Mutex::new(script.iter().cloned().collect());
        let shared = Arc::new(Shared { script, asked: Mutex::default() });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let work = Supervisor::default().workers().spawn(accept(listener, tls, shared.clone()));
        Self { port, ca_pem, scheme, shared, work }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://127.0.0.1:{}{path}", self.scheme, self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let mut talks = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, tls) = (shared.clone(), tls.clone());
        talks.spawn(async move {
            match tls {
                None => talk(stream, &shared).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, &shared).await,
                    Err(_) => None,
                },
            }
        });
    }
}

/// Requests of one connection, until one of them ends it.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: &Shared) -> Option<()> {
    loop {
        let asked = read(&mut stream).await?;
        shared.asked.lock().unwrap().push(asked);
        let act = shared.script.lock().unwrap().pop_front();
        answer(&mut stream, act.unwrap_or(Act::status(204))).await?;
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    };
    let head: Vec<_> = lines.filter_map(pair).collect();
    let length = head.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { line, head, body })
}

/// `None` once the connection is over.
async fn answer<S: AsyncWrite + Unpin>(stream: &mut S, act: Act) -> Option<()> {
    match act {
        Act::Answer(status, header, body) => {
            let end = if header.is_empty() { "" } else { "\r\n" };
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} X\r\n{header}{end}content-length: {length}\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).await.ok()
        }
        Act::Cut => None,
        Act::Silence => std::future::pending().await,
        Act::Drip(status) => {
            begin(stream, status).await?;
            loop {
                stream.write_all(b"drip ").await.ok()?;
                stream.flush().await.ok()?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Act::Flood(status) => {
            begin(stream, status).await?;
            let flood = "flood ".repeat(4_096);
            loop {
                stream.write_all(flood.as_bytes()).await.ok()?;
            }
        }
        Act::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 X\r\n").await.ok()?;
            for number in 0.. {
                stream.write_all(format!("x-{number}: y\r\n").as_bytes()).await.ok()?;
            }
            None
        }
        Act::Nonsense => {
            stream.write_all(b"220 smtp.example.com ESMTP\r\n").await.ok()?;
            None
        }
    }
}

/// A head without a length: the body ends with the connection, which is never.
async fn begin<S: AsyncWrite + Unpin>(stream: &mut S, status: u16) -> Option<()> {
    stream.write_all(format!("HTTP/1.1 {status} X\r\n\r\n").as_bytes()).await.ok()
}
