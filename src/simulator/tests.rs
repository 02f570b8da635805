//! What the simulator promises, asked over loopback as a client would.

mod activity;
mod company;
mod company_writes;
mod console;
mod faults;
mod figures;
mod keys;
mod limits;
mod money;
mod people;
mod permission;
mod reports;
mod spans;
mod surface;

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::ManualClock;

/// A Friday afternoon.
const START: &str = "2026-11-20T14:30:20Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A simulator that listens, with a clock to set.
struct Bench {
    address: SocketAddr,
    clock: Arc<ManualClock>,
    simulation: Shared,
    stop: CancellationToken,
    served: JoinSet<std::io::Result<()>>,
}

/// One answer, whole or as much as came.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// Status, and what kind of refusal with which code it is, if it is one.
    fn refused(&self) -> (u16, String, Option<String>) {
        let error = &self.json()["error"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        (self.status, text(&error["type"]).unwrap(), text(&error["details"]["error_code"]))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
}

impl Bench {
    async fn with(settings: Settings) -> Self {
        let clock = Arc::new(ManualClock::at(at(START)));
        let simulator = Simulator::new(settings, Arc::clone(&clock) as SharedClock);
        let simulation = Arc::clone(&simulator.simulation);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut served = JoinSet::new();
        served.spawn(simulator.serve(listener, stop.clone()));
        Self { address, clock, simulation, stop, served }
    }

    async fn steady() -> Self {
        Self::with(Settings::default()).await
    }

    async fn of(scenario: Scenario) -> Self {
        Self::with(Settings { scenario, ..Settings::default() }).await
    }

    /// Asks with the administrator's key and every beta there is.
    async fn get(&self, path: &str) -> Answer {
        self.ask(path, &[("x-api-key", ADMIN_KEY), ("anthropic-version", "2026-10-21"), BETAS])
            .await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "").await
    }

    /// Writes with the administrator's key.
    async fn write(&self, method: &str, path: &str, body: &str) -> Answer {
        self.write_as(ADMIN_KEY, method, path, body).await
    }

    async fn write_as(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("x-api-key", key), ("anthropic-version", "2026-10-21")];
        self.send(method, path, &headers, body).await
    }

    async fn get_as(&self, key: &str, path: &str) -> Answer {
        self.ask(path, &[("x-api-key", key), ("anthropic-version", "2026-10-21")]).await
    }

    /// The id of a key by its name.
    fn key(&self, name: &str) -> String {
        let scene = self.simulation.scene();
        scene.world.keys.iter().find(|key| key.name == name).unwrap().id.clone()
    }

    fn user(&self, email: &str) -> String {
        let members = &self.simulation.world.members;
        members.iter().find(|member| member.email == email).unwrap().id.clone()
    }

    fn workspace(&self, name: &str) -> String {
        let workspaces = &self.simulation.world.workspaces;
        workspaces.iter().find(|workspace| workspace.name == name).unwrap().id.clone()
    }

    /// A path of the company API beneath the organization.
    fn company(&self, rest: &str) -> String {
        format!("/v1/organizations/{}{rest}", self.simulation.world.id)
    }

    /// What the newest activities are, in both APIs' words.
    async fn newest(&self, count: usize) -> (Vec<Value>, Vec<Value>) {
        let noise = "exclude_activity_types[]=compliance_api_accessed";
        let feed = format!("/v1/compliance/activities?limit={count}&{noise}");
        let logs = self.company(&format!("/audit_logs?limit={count}"));
        let rows = |answer: Value| answer["data"].as_array().unwrap().clone();
        (rows(self.json(&feed).await), rows(self.json(&logs).await))
    }

    async fn control(&self, change: &str) -> Answer {
        self.send("POST", "/__control", &[], change).await
    }

    /// HTTP/1.0, so that the end of the body is the end of the connection.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.open(method, path, headers, body).await;
        let mut whole = Vec::new();
        stream.read_to_end(&mut whole).await.unwrap();
        let text = String::from_utf8(whole).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut request = format!("{method} {path} HTTP/1.0\r\nhost: simulator\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Every page of dialect B, as one list.
    async fn walk(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut page) = (Vec::new(), String::new());
        loop {
            let answer = self.json(&format!("{path}{page}")).await;
            rows.extend(answer["data"].as_array().unwrap().iter().cloned());
            match answer["next_page"].as_str() {
                Some(token) => page = format!("&page={token}"),
                None => return rows,
            }
        }
    }
}

const BETAS: (&str, &str) = (
    "anthropic-beta",
    "analytics-usage-cost-2026-08-24, spend-limit-reads-2026-09-26,fast-mode-2026-02-01",
);
