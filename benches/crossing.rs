//! How long from a crossing that the API shows to the mail that a server has taken.
//!
//! `cargo bench --bench crossing` starts an API of its own whose figure jumps at random
//! moments, Postfix's `smtp-sink`, and the daemon as people run it, polling once a second.
//! Each jump crosses one budget. The clock begins when the API begins to show the jump,
//! and ends when the sink has written the mail to its file.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const CROSSINGS: u64 = 200;
/// Between two jumps, in milliseconds: enough for one to be told, at any phase of the poll.
const APART: std::ops::Range<u64> = 1_100..2_100;
const POLL: &str = "1s";
/// At 25 dollars a million, a jump is one dollar.
const MODEL: &str = "claude-opus-4-5";
const TOKENS_OF_A_DOLLAR: u64 = 40_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let usage = Arc::new(Usage::default());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let api = TcpListener::bind("127.0.0.1:0")?;
    let api_address = api.local_addr()?;
    api.set_nonblocking(true)?;
    let router = router(Arc::clone(&usage));
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(api)?;
        axum::serve(listener, router).await
    });
    let mails = directory.path().join("mails");
    std::fs::create_dir(&mails)?;
    let smtp = free_port()?;
    let sink = Running::start(&mut sink(directory.path(), &mails, smtp)?)?;
    while TcpStream::connect(smtp).is_err() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let daemon = start_daemon(directory.path(), api_address, smtp)?;
    std::thread::sleep(Duration::from_secs(6));

    let mut jumped_at = HashMap::new();
    for number in 1..=CROSSINGS {
        std::thread::sleep(Duration::from_millis(fastrand::u64(APART)));
        jumped_at.insert(number, usage.jump());
    }
    std::thread::sleep(Duration::from_secs(5));
    daemon.stop()?;
    sink.stop()?;
    report(&jumped_at, &mails)
}

/// What the API shows: tokens by minute.
#[derive(Debug, Default)]
struct Usage {
    minutes: Mutex<HashMap<i64, u64>>,
}

impl Usage {
    /// One dollar more, in the minute that runs. Answers with when it began to be shown.
    fn jump(&self) -> SystemTime {
        let now = now();
        let mut minutes = self.minutes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *minutes.entry(now.as_second() / 60).or_default() += TOKENS_OF_A_DOLLAR;
        wall()
    }

    fn between(&self, from: Timestamp, until: Timestamp) -> u64 {
        let minutes = self.minutes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let inside = |minute: i64| (from.as_second()..until.as_second()).contains(&(minute * 60));
        minutes.iter().filter(|(minute, _)| inside(**minute)).map(|(_, tokens)| tokens).sum()
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
fn wall() -> SystemTime {
    SystemTime::now()
}

fn now() -> Timestamp {
    Timestamp::try_from(wall()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn router(usage: Arc<Usage>) -> Router {
    let empty = || async { Json(json!({ "data": [], "has_more": false, "next_page": null })) };
    Router::new()
        .route(
            "/v1/organizations/me",
            get(|| async {
                Json(json!({ "id": "bench", "type": "organization", "name": "Bench" }))
            }),
        )
        .route("/v1/organizations/usage_report/messages", get(messages))
        .route("/v1/organizations/cost_report", get(empty))
        .route("/v1/organizations/workspaces", get(empty))
        .route("/v1/organizations/api_keys", get(empty))
        .route("/v1/organizations/users", get(empty))
        .route("/v1/organizations/invites", get(empty))
        .with_state(usage)
}

/// Every bucket of the window that was asked for.
async fn messages(
    State(usage): State<Arc<Usage>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let width = match query.get("bucket_width").map(String::as_str) {
        Some("1m") => 60,
        Some("1h") => 3_600,
        _ => 86_400,
    };
    let instant = |name: &str| query.get(name).and_then(|text| text.parse::<Timestamp>().ok());
    let from = instant("starting_at").unwrap_or_else(now).as_second().div_euclid(width) * width;
    let until = instant("ending_at").unwrap_or_else(now).as_second();
    let starts = (0..).map(|place| from + place * width).take_while(|start| *start < until);
    let buckets: Vec<Value> = starts.map(|start| bucket(&usage, start, width)).collect();
    Json(json!({ "data": buckets, "has_more": false, "next_page": null }))
}

fn bucket(usage: &Usage, start: i64, width: i64) -> Value {
    let from = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH);
    let until = from.saturating_add(SignedDuration::from_secs(width)).unwrap_or(from);
    let tokens = usage.between(from, until);
    let row = json!({
        "uncached_input_tokens": 0, "cache_read_input_tokens": 0,
        "cache_creation": { "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": tokens, "server_tool_use": { "web_search_requests": 0 },
        "workspace_id": null, "model": MODEL, "api_key_id": "apikey_1",
        "service_tier": "standard", "inference_geo": "global",
    });
    let results = if tokens == 0 { json!([]) } else { json!([row]) };
    json!({ "starting_at": from.to_string(), "ending_at": until.to_string(), "results": results })
}

/// Root has to name somebody else for it to be, who then writes the mails.
fn sink(directory: &Path, mails: &Path, smtp: SocketAddr) -> Outcome<Command> {
    let mut command = Command::new("/usr/sbin/smtp-sink");
    if std::fs::metadata(directory)?.uid() == 0 {
        std::fs::set_permissions(directory, Permissions::from_mode(0o755))?;
        std::fs::set_permissions(mails, Permissions::from_mode(0o777))?;
        command.args(["-u", "nobody"]);
    }
    command.arg("-d").arg(mails.join("mail.")).arg(smtp.to_string()).arg("128");
    command.stdout(Stdio::null());
    Ok(command)
}

fn start_daemon(directory: &Path, api: SocketAddr, smtp: SocketAddr) -> Outcome<Running> {
    let mut text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"usagewarden.db\"\n\
         [poll]\nusage = \"{POLL}\"\n[[organization]]\nname = \"bench\"\n\
         base_url = \"http://{api}\"\nkey = \"sk-ant-admin01-bench\"\n\
         [channel.email.sink]\nserver = \"{smtp}\"\ntls = \"none\"\n\
         from = \"warden@example.com\"\nto = [\"people@example.com\"]\n"
    );
    for number in 1..=CROSSINGS {
        // A hair less than what it takes, so that rounding decides nothing.
        let dollars = format!("{}.99", number - 1);
        write!(
            text,
            "[[rule.budget]]\nname = \"b{number}\"\namount = \"{dollars} USD\"\n\
             steps = [{{ at = \"100%\" }}]\n"
        )?;
    }
    let path = directory.join("usagewarden.toml");
    std::fs::write(&path, text)?;
    let log = std::fs::File::create(directory.join("daemon.log"))?;
    Running::start(
        Command::new(env!("CARGO_BIN_EXE_usagewarden"))
            .args(["run", "--config"])
            .arg(&path)
            .stdout(log.try_clone()?)
            .stderr(log),
    )
}

/// The mails that came, by the budget they speak of, and when each was whole.
fn taken(mails: &Path) -> Outcome<HashMap<u64, SystemTime>> {
    let mut taken = HashMap::new();
    let paths: Vec<PathBuf> = std::fs::read_dir(mails)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    for path in paths {
        let mail = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let subject = mail.lines().find(|line| line.starts_with("Subject: ")).unwrap_or_default();
        let number = subject.rsplit(": b").next().and_then(|rest| rest.split(' ').next());
        let number = number.and_then(|number| number.parse().ok());
        let written = std::fs::metadata(&path)?.modified()?;
        if let Some(number) = number
            && let Some(before) = taken.insert(number, written)
        {
            return Err(format!("budget {number} was told twice: {before:?}, {written:?}").into());
        }
    }
    Ok(taken)
}

fn report(jumped_at: &HashMap<u64, SystemTime>, mails: &Path) -> Outcome<()> {
    let taken = taken(mails)?;
    let mut delays: Vec<Duration> = Vec::new();
    for (number, jumped) in jumped_at {
        match taken.get(number) {
            Some(at) => delays.push(at.duration_since(*jumped).unwrap_or(Duration::ZERO)),
            None => println!("budget {number} was never told"),
        }
    }
    delays.sort_unstable();
    let Some(last) = delays.last() else { return Err("no mail came".into()) };
    let mean = delays.iter().sum::<Duration>() / u32::try_from(delays.len())?;
    let at = |share: usize| delays[(delays.len() * share / 100).min(delays.len() - 1)];
    println!("{} crossings of {CROSSINGS} told, poll interval {POLL}", delays.len());
    println!("  mean {mean:.3?}  p50 {:.3?}  p99 {:.3?}  max {last:.3?}", at(50), at(99));
    if delays.len() as u64 == CROSSINGS { Ok(()) } else { Err("not all came".into()) }
}

fn free_port() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A program of ours, ended when this is dropped.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Outcome<Self> {
        Ok(Self(command.stdin(Stdio::null()).spawn()?))
    }

    fn stop(mut self) -> Outcome<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
