//! What the daemon costs while nothing happens, and how soon it serves after a start.
//!
//! Runs the program itself, once as `simulate` and then as `run`, over loopback. Waits until
//! the past has been filled in, idles, and prints what is resident; then starts the
//! daemon on what it has stored, and times each start until a scrape shows money.
//! `cargo bench --bench footprint`; `-- PROGRAM` measures another build of it.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::error::Error;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

const STARTS: usize = 10;
const IDLE: Duration = Duration::from_secs(30);
/// For the back-fill, and for a first scrape.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks for a first scrape: what a start is rounded up by.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Of the figures in `/proc/PID/stat`, on every Linux we build for.
const TICKS_PER_SECOND: u32 = 100;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let program =
        named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_usagewarden")), PathBuf::from);
    let directory = tempfile::tempdir()?;
    let simulator = Simulator::start(&program)?;
    let place = Place::new(program, directory.path(), &simulator)?;

    println!("| what | MB resident | anonymous | file | % of a core |");
    println!("|---|---|---|---|---|");
    let (daemon, _) = place.start()?;
    place.filled_in()?;
    idle("filled in, then idle for 30 s", &daemon)?;
    drop(daemon);
    let (daemon, _) = place.start()?;
    idle("started on what is stored, then idle for 30 s", &daemon)?;
    drop(daemon);

    let mut took = (0..STARTS)
        .map(|_| place.start().map(|(_, took)| took))
        .collect::<Outcome<Vec<Duration>>>()?;
    took.sort_unstable();
    println!("\n| start to first scrape with money, {STARTS} times | ms |\n|---|---|");
    for (name, at) in [("least", 0), ("median", STARTS / 2), ("most", STARTS - 1)] {
        println!("| {name} | {:.0} |", took[at].as_secs_f64() * 1e3);
    }
    Ok(())
}

/// A child that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Simulator {
    base_url: String,
    key: String,
    _running: Running,
}

impl Simulator {
    fn start(program: &Path) -> Outcome<Self> {
        let mut child = Command::new(program)
            .args(["--json", "simulate", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output of the simulator")?;
        let running = Running(child);
        let mut greetings =
            serde_json::Deserializer::from_reader(BufReader::new(output)).into_iter::<Value>();
        let greeting = greetings.next().ok_or("the simulator said nothing")??;
        let text = |name: &str| greeting[name].as_str().map(str::to_owned).ok_or("no greeting");
        Ok(Self { base_url: text("base_url")?, key: text("admin_key")?, _running: running })
    }
}

/// Where the daemon runs: its program, its configuration, its address and its key.
struct Place {
    program: PathBuf,
    config: PathBuf,
    address: SocketAddr,
    key: String,
}

impl Place {
    fn new(program: PathBuf, directory: &Path, simulator: &Simulator) -> Outcome<Self> {
        // Free a moment ago, so most likely still free.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = directory.join("usagewarden.toml");
        let text = format!(
            "[http]\nlisten = \"{address}\"\n\
             [store]\npath = \"usagewarden.db\"\n\
             [log]\nlevel = \"error\"\n\
             [[organization]]\nname = \"acme\"\nbase_url = \"{}\"\nkey = {{ env = \"KEY\" }}\n",
            simulator.base_url
        );
        std::fs::write(&config, text)?;
        Ok(Self { program, config, address, key: simulator.key.clone() })
    }

    /// Starts the daemon, and waits until a scrape shows money.
    fn start(&self) -> Outcome<(Running, Duration)> {
        let began = Instant::now();
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(&self.config)
            .arg("run")
            .env("KEY", &self.key)
            .stdout(Stdio::null())
            .spawn()?;
        let running = Running(child);
        while !self.get("/metrics")?.contains("\nclaude_spend_day_usd{") {
            sleep(LOOK_EVERY);
            if began.elapsed() > PATIENCE {
                return Err("no money in any scrape".into());
            }
        }
        Ok((running, began.elapsed()))
    }

    /// Waits until every report has been read to where its past is to begin.
    fn filled_in(&self) -> Outcome<()> {
        let began = Instant::now();
        let mut whole = 0;
        // Reports appear one after the other, so one look proves little.
        while whole < 10 {
            let status = self.get("/api/v1/status")?;
            let status: Value = serde_json::from_str(&status).unwrap_or_default();
            let reports = status["data"][0]["reports"].as_array();
            let done = |report: &Value| report["backfill"] == Value::Array(Vec::new());
            whole = if reports.is_some_and(|all| all.iter().all(done)) { whole + 1 } else { 0 };
            sleep(Duration::from_millis(500));
            if began.elapsed() > PATIENCE {
                return Err("the past is not filled in".into());
            }
        }
        Ok(())
    }

    /// The body of an answer; empty while nobody answers, or not with success.
    fn get(&self, path: &str) -> Outcome<String> {
        let mut stream = match TcpStream::connect(self.address) {
            Ok(stream) => stream,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                return Ok(String::new());
            }
            Err(error) => return Err(error.into()),
        };
        let address = self.address;
        // HTTP/1.0: the body ends where the connection does.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { return Ok(String::new()) };
        let well = head.split(' ').nth(1) == Some("200");
        Ok(if well { body.to_owned() } else { String::new() })
    }
}

/// Lets the daemon idle, and prints a row of what that costs.
fn idle(what: &str, daemon: &Running) -> Outcome<()> {
    let before = processor_time(daemon)?;
    sleep(IDLE);
    let busy = processor_time(daemon)?.saturating_sub(before);
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.0.id()))?;
    let megabytes = |name: &str| -> Outcome<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0 / 1e6)
    };
    println!(
        "| {what} | {:.1} | {:.1} | {:.1} | {:.2} |",
        megabytes("VmRSS")?,
        megabytes("RssAnon")?,
        megabytes("RssFile")? + megabytes("RssShmem")?,
        busy.as_secs_f64() / IDLE.as_secs_f64() * 100.0
    );
    Ok(())
}

/// Of all threads, in the program and in the kernel.
fn processor_time(daemon: &Running) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.0.id()))?;
    // The name of the program comes first, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no name in stat")?;
    let ticks = |at: usize| -> Outcome<u32> {
        Ok(fields.split(' ').nth(at).ok_or("a short stat")?.parse()?)
    };
    Ok(Duration::from_secs(1) * (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}
