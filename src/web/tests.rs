//! Questions over a real socket, and their answers.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use usagewarden_core::decide::Judged;
use usagewarden_core::period::Calendar;
use usagewarden_core::reading::Report;
use usagewarden_core::window::Width;

use super::*;
use crate::clock::ManualClock;
use crate::metrics::example::{at, judged, settings};
use shelf::Shelf;

mod actions;
mod alerts;
mod asking;
mod deliveries;
mod openapi;
mod shelf;
mod showing;

/// A listening daemon that knows the organization `acme` and the still silent `labs`.
struct Warden {
    address: SocketAddr,
    readiness: Arc<Readiness>,
    views: Arc<Views>,
    asked_again: Arc<Notify>,
    actions_moved: Arc<Notify>,
    stop: CancellationToken,
    serving: tokio::task::JoinSet<()>,
    /// Its file lies as long as there is somebody to read it.
    _shelf: Shelf,
}

#[derive(Debug)]
struct Board;

impl Polls for Board {
    fn standing(&self, organization: &OrganizationName) -> Option<Standing> {
        let problem = Problem {
            since: at(),
            cause: "the key was refused <b>".into(),
            fix: "make a new one".into(),
        };
        let backfill = BackfillState {
            width: Width::Day,
            read_from: "2026-09-01T00:00:00Z".parse().unwrap(),
            target: "2025-10-17T00:00:00Z".parse().unwrap(),
            percent: 25,
        };
        let usage = PollState {
            outcome: Some("ok"),
            succeeded_at: Some(at()),
            problem: None,
            backfill: vec![backfill, BackfillState { percent: 100, ..backfill }],
        };
        let cost = PollState { outcome: Some("refused"), problem: Some(problem), ..usage.clone() };
        (organization.as_str() == "acme").then(|| Standing {
            trouble: None,
            reports: [(Report::Usage, usage), (Report::Cost, cost)].into(),
        })
    }
}

fn ledger() -> LedgerSettings {
    let prices = usagewarden_core::price::PriceTable {
        dated: "2026-11-21".parse().unwrap(),
        batch: Default::default(),
        geo: BTreeMap::new(),
        web_search: Default::default(),
        price: Vec::new(),
    };
    LedgerSettings {
        calendars: vec![Calendar::utc()],
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices),
        finest: Width::Minute,
    }
}

const OPS: &str = "a-token-of-the-operators";
const STOPPER: &str = "a-token-for-actions";
const READER: &str = "a-token-for-silences-only";

fn tokens() -> Vec<Token> {
    let token = |name: &str, secret: &str, may| Token::new(name.into(), &secret.into(), vec![may]);
    vec![
        token("ops", OPS, Permission::Deliveries),
        token("stopper", STOPPER, Permission::Actions),
        token("reader", READER, Permission::Silence),
    ]
}

fn state(store: Arc<dyn Store>) -> State {
    let organizations = ["acme", "labs"].map(|name| (OrganizationName::from(name), ledger()));
    let exposition = Exposition::new(prometheus::Registry::new(), [settings("acme", 10_000)]);
    let views = Views::default();
    let judged: Arc<Judged> = Arc::new(judged("acme"));
    exposition.publish(&judged);
    views.publish(judged);
    State {
        exposition: Arc::new(exposition),
        views: Arc::new(views),
        polls: Arc::new(Board),
        readiness: Arc::new(Readiness::of(["store"])),
        store,
        organizations: Arc::new(organizations.into()),
        clock: Arc::new(ManualClock::at(at())),
        asked_again: Arc::default(),
        actions_moved: Arc::default(),
        tokens: tokens().into(),
    }
}

impl Warden {
    async fn start() -> Self {
        Self::with(Shelf::full().await).await
    }

    async fn with(shelf: Shelf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings { listen: address, external_url: None };
        let (state, stop) = (state(Arc::clone(&shelf.store) as _), CancellationToken::new());
        let readiness = Arc::clone(&state.readiness);
        let views = Arc::clone(&state.views);
        let asked_again = Arc::clone(&state.asked_again);
        let actions_moved = Arc::clone(&state.actions_moved);
        let mut serving = tokio::task::JoinSet::new();
        let until = stop.clone();
        serving.spawn(async move { serve(listener, &settings, state, until).await });
        Self { address, readiness, views, asked_again, actions_moved, stop, serving, _shelf: shelf }
    }

    /// Sends these bytes and returns everything that comes back.
    async fn raw(&self, request: &str) -> Answered {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let reading = stream.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_secs(30), reading).await.expect("an answer").unwrap();
        Answered::read(&bytes)
    }

    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answered {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        self.raw(&request).await
    }

    /// By whoever has this token.
    async fn post(&self, path: &str, token: &str, body: &str) -> Answered {
        let length = body.len();
        self.raw(&format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        ))
        .await
    }

    async fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, "").await
    }
}

/// An answer, taken apart.
#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answered {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_ascii_lowercase(), body: bytes[end + 4..].to_vec() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}
