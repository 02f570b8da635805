//! The real program as processes of its own: started, asked, killed.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long anything may take before a test says that it never came.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is killed, by its id, when the test is done with it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stderr: Arc<Mutex<String>>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = Arc::new(Mutex::new(String::new()));
        let (pipe, kept) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { child, stderr }
    }

    /// What it has said to stderr so far.
    pub fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// `SIGKILL`: no destructor, no flush, no good-bye.
    pub fn kill(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.said()
    }

    /// `SIGTERM`, and what it exits with.
    pub fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(asked.expect("kill is on every machine").success());
        self.child.wait().expect("it was ours").code()
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub fn has_ended(&mut self) -> bool {
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
pub fn usagewarden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usagewarden"));
    command.env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// `usagewarden simulate`, listening where it found a port.
#[derive(Debug)]
pub struct Simulated {
    pub base_url: String,
    pub admin_key: String,
    pub company_key: String,
    _process: Process,
}

impl Simulated {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = usagewarden();
        command.args(["simulate", "--listen", "127.0.0.1:0", "--json"]).args(arguments);
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let greeting = first_value(process.child.stdout.take().unwrap());
        let text = |name: &str| greeting[name].as_str().unwrap().to_owned();
        Self {
            base_url: text("base_url"),
            admin_key: text("admin_key"),
            company_key: text("company_key"),
            _process: process,
        }
    }

    pub async fn truth(&self, query: &str) -> Value {
        get(&format!("{}/__truth?{query}", self.base_url)).await
    }

    pub async fn control(&self, settings: &Value) {
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
pub struct Daemon {
    pub url: String,
    pub process: Process,
}

impl Daemon {
    /// Starts it and waits until it says where it listens.
    pub async fn start(config: &Path, environment: &[(&str, &str)]) -> Self {
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

    pub async fn status(&self) -> Value {
        get(&format!("{}/api/v1/status", self.url)).await
    }

    pub async fn metrics(&self) -> String {
        let response = client().get(format!("{}/metrics", self.url)).send().await.unwrap();
        text(response).await
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
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
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
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

pub async fn get(url: &str) -> Value {
    let response = client().get(url).send().await.unwrap();
    let text = text(response).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url} answered {text}: {error}"))
}

async fn text(mut response: reqwest::Response) -> String {
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

/// A folder of this test's own.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}
