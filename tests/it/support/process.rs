//! The real program as processes of its own: started, asked, killed.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// How long anything may take, on a busy machine too, before a test says that it never came.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A process that is killed, by its id, when the test is done with it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stderr: Arc<Mutex<String>>,
    /// Reads stderr to its end.
    reader: Option<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = Arc::new(Mutex::new(String::new()));
        let (pipe, kept) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        let reader = thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { child, stderr, reader: Some(reader) }
    }

    /// What it writes to stdout, where that is piped.
    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("stdout is piped and was not taken before")
    }

    /// What it has said to stderr so far.
    pub(crate) fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// `SIGKILL`: no destructor, no flush, no good-bye.
    pub(crate) fn kill(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.said()
    }

    /// `SIGTERM`, and what it exits with.
    pub(crate) async fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits for it to leave by itself, and tells what it exits with.
    pub(crate) async fn ended(mut self) -> Option<i32> {
        self.end().await
    }

    /// The same, with all that it has said to stderr.
    pub(crate) async fn ended_saying(mut self) -> (Option<i32>, String) {
        let code = self.end().await;
        self.reader.take().unwrap().join().unwrap();
        (code, self.said())
    }

    async fn end(&mut self) -> Option<i32> {
        let ended = eventually("the end", async || self.child.try_wait().unwrap()).await;
        ended.code()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test.
pub(crate) fn usagewarden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usagewarden"));
    command.env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// `usagewarden simulate`, listening where it found a port.
#[derive(Debug)]
pub(crate) struct Simulated {
    pub(crate) base_url: String,
    pub(crate) admin_key: String,
    pub(crate) company_key: String,
    _process: Process,
}

impl Simulated {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = usagewarden();
        command.args(["simulate", "--listen", "127.0.0.1:0", "--json"]).args(arguments);
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let greeting = first_value(process.stdout());
        let text = |name: &str| greeting[name].as_str().unwrap().to_owned();
        Self {
            base_url: text("base_url"),
            admin_key: text("admin_key"),
            company_key: text("company_key"),
            _process: process,
        }
    }

    pub(crate) async fn truth(&self, query: &str) -> Value {
        get(&format!("{}/__truth?{query}", self.base_url)).await
    }

    /// The switches, and what waits for an answer.
    pub(crate) async fn controls(&self) -> Value {
        get(&format!("{}/__control", self.base_url)).await
    }

    pub(crate) async fn control(&self, settings: &Value) {
        let response = client()
            .post(format!("{}/__control", self.base_url))
            .header("content-type", "application/json")
            .body(settings.to_string())
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{settings} was refused: {}", response.status());
    }
}

/// `usagewarden run` on a configuration in `folder`.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) url: String,
    pub(crate) process: Process,
}

impl Daemon {
    /// Starts it and waits until it says where it listens.
    pub(crate) async fn start(config: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = usagewarden();
        command.arg("--config").arg(config).arg("run").envs(environment.iter().copied());
        let mut process = Process::start(command.stdout(Stdio::null()));
        let url = eventually("the daemon listens", async || {
            assert!(!process.has_ended(), "the daemon ended: {}", process.said());
            listening(&process.said())
        })
        .await;
        Self { url, process }
    }

    pub(crate) async fn status(&self) -> Value {
        get(&format!("{}/api/v1/status", self.url)).await
    }

    /// The first organization of the status.
    pub(crate) async fn organization(&self) -> Value {
        self.status().await["data"][0].take()
    }

    pub(crate) async fn metrics(&self) -> String {
        let response = client().get(format!("{}/metrics", self.url)).send().await.unwrap();
        text(response).await
    }

    /// Polls of `report` by now that went well, in the life of this process.
    pub(crate) async fn polls(&self, report: &str) -> u64 {
        let start = format!(
            "usagewarden_polls_total{{organization=\"acme\",report=\"{report}\",outcome=\"ok\"}} "
        );
        let metrics = self.metrics().await;
        let line = metrics.lines().find_map(|line| line.strip_prefix(start.as_str()));
        line.map_or(0, |count| count.parse().unwrap())
    }

    /// Waits until `report` was read so often.
    pub(crate) async fn polled(&self, report: &str, times: u64) {
        eventually(&format!("{times} polls of {report}"), async || {
            (self.polls(report).await >= times).then_some(())
        })
        .await;
    }
}

/// Where the log (in JSON) says that it listens.
fn listening(said: &str) -> Option<String> {
    said.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let address = line["address"].as_str()?;
        (line["message"] == "Listening").then(|| format!("http://{address}"))
    })
}

/// Asks again and again until `look` sees it; fails when it never does.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "never seen: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A client for loopback addresses; it needs no certificates.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

pub(crate) async fn get(url: &str) -> Value {
    let response = client().get(url).send().await.unwrap();
    let text = text(response).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url} answered {text}: {error}"))
}

pub(crate) async fn text(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).unwrap()
}

/// The first JSON value a program prints.
fn first_value(stdout: impl Read) -> Value {
    serde_json::Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap()
}

/// A folder with a configuration, gone when the test is done with it.
#[derive(Debug)]
pub(crate) struct House {
    folder: tempfile::TempDir,
}

impl House {
    /// One organization at `base_url`, polled as often as a rehearsal may be. `more` is
    /// whatever the test has besides, in TOML.
    pub(crate) fn with(base_url: &str, more: &str) -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        let store = house.file("usagewarden.db");
        let text = format!(
            "log = {{ format = \"json\" }}\nhttp = {{ listen = \"127.0.0.1:0\" }}\n\
             store = {{ path = {store:?} }}\n{POLL}\n[[organization]]\nname = \"acme\"\n\
             api = \"admin\"\nbase_url = {base_url:?}\n\
             key = {{ env = \"ANTHROPIC_ADMIN_KEY\" }}\n{more}"
        );
        std::fs::write(house.config(), text).unwrap();
        house
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.file("usagewarden.toml")
    }

    /// The daemon, with the right key in its environment.
    pub(crate) async fn daemon(&self, simulated: &Simulated) -> Daemon {
        Daemon::start(&self.config(), &[("ANTHROPIC_ADMIN_KEY", &simulated.admin_key)]).await
    }
}

const POLL: &str = "poll = { usage = \"100ms\", cost = \"200ms\", keys = \"1s\", members = \"1s\", \
                    rate_limits = \"1s\", spend_limits = \"1s\" }";
