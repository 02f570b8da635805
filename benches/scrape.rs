//! How long a scrape takes while figures keep changing, and what it costs.
//!
//! Serves 10 000 and 100 000 series, of one organization and of many, over loopback; scrapes
//! 200 times in a row, plain and gzipped, while a publisher goes on; and compares with
//! copying as many bytes over a plain TCP connection. Run it with `cargo bench --bench scrape`.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus::Registry;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::SystemClock;
use usagewarden::metrics::{DaemonMetrics, Exposition, OrganizationSettings};
use usagewarden::store::{SqliteStore, Store};
use usagewarden::web::{Polls, Readiness, Settings, Standing, State, Views};
use usagewarden_core::decide::Judged;
use usagewarden_core::subject::OrganizationName;

#[path = "scrape/organization.rs"]
mod organization;

const SCRAPES: usize = 200;
/// Between two commits: far more often than polls are allowed to be.
const PUBLISH_EVERY: Duration = Duration::from_millis(50);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    println!("{SCRAPES} scrapes in a row, one commit every {PUBLISH_EVERY:?} beside them");
    for (series, organizations) in [(10_000, 1), (10_000, 100), (100_000, 1), (100_000, 1_000)] {
        measure(series, organizations)?;
    }
    Ok(())
}

fn measure(series: usize, organizations: usize) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(&directory.path().join("usagewarden.db"))?);
    let empty = resident_kib()?;
    let snapshots: Vec<Judged> =
        organization::snapshots(series, organizations).into_iter().map(Judged::from).collect();
    let exposition = Arc::new(exposition(&snapshots)?);
    let rendering = Instant::now();
    snapshots.iter().for_each(|snapshot| exposition.publish(snapshot));
    let rendered = rendering.elapsed();
    let before = resident_kib()?;

    let publishing = Arc::new(AtomicBool::new(true));
    let publisher = publisher(&publishing, &exposition, snapshots);
    let (address, server, stop) = serve(&exposition, store)?;
    let plain = scrapes(address, "")?;
    let after = resident_kib()?;
    let gzip = scrapes(address, "Accept-Encoding: gzip\r\n")?;
    let after_gzip = resident_kib()?;
    publishing.store(false, Ordering::Relaxed);
    publisher.join().map_err(|_| "the publisher panicked")?;
    stop.cancel();
    server.join().map_err(|_| "the server panicked")?;
    let copy = copies(plain.bytes)?;

    println!("\n{series} series, {organizations} organizations: {} bytes", plain.bytes);
    println!("  rendered all once in {rendered:?}");
    println!("  plain  {plain}");
    println!("  gzip   {gzip}, {} bytes", gzip.bytes);
    println!("  copy   {copy}");
    println!(
        "  plain over copy, p50: {:.2}",
        plain.share(0.5).as_secs_f64() / copy.share(0.5).as_secs_f64()
    );
    println!(
        "  resident KiB: {empty} empty, {before} published, {after} scraped, {after_gzip} gzipped"
    );
    Ok(())
}

fn exposition(snapshots: &[Judged]) -> Outcome<Exposition> {
    let registry = Registry::new();
    DaemonMetrics::register(&registry)?;
    let settings = snapshots.iter().map(|snapshot| OrganizationSettings {
        name: snapshot.snapshot.organization.clone(),
        api: "admin",
        calendar: "UTC/0".to_owned(),
        series_max: usize::MAX,
        key_spend: false,
        alerts_only: false,
        rules: [].into(),
    });
    Ok(Exposition::new(registry, settings))
}

/// Commits one organization after the other, until told to stop.
fn publisher(
    publishing: &Arc<AtomicBool>,
    exposition: &Arc<Exposition>,
    mut snapshots: Vec<Judged>,
) -> std::thread::JoinHandle<()> {
    let (publishing, exposition) = (Arc::clone(publishing), Arc::clone(exposition));
    std::thread::spawn(move || {
        let mut turn = 0;
        while publishing.load(Ordering::Relaxed) {
            let count = snapshots.len();
            let snapshot = &mut snapshots[turn % count];
            snapshot.snapshot.revision += 1;
            exposition.publish(snapshot);
            turn += 1;
            std::thread::sleep(PUBLISH_EVERY);
        }
    })
}

/// The real server, on a thread of its own.
fn serve(
    exposition: &Arc<Exposition>,
    store: Arc<dyn Store>,
) -> Outcome<(SocketAddr, std::thread::JoinHandle<()>, CancellationToken)> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let listen = listener.local_addr()?;
    let state = State {
        exposition: Arc::clone(exposition),
        views: Arc::new(Views::default()),
        polls: Arc::new(Nobody),
        readiness: Arc::new(Readiness::of([])),
        store,
        organizations: Arc::new(BTreeMap::new()),
        clock: Arc::new(SystemClock),
        actions_moved: Arc::default(),
        asked_again: Arc::default(),
        tokens: [].into(),
    };
    let (settings, stop) = (Settings { listen, external_url: None }, CancellationToken::new());
    let until = stop.clone();
    let server = std::thread::spawn(move || {
        runtime.block_on(usagewarden::web::serve(listener, &settings, state, until));
    });
    Ok((listen, server, stop))
}

/// Polls that nobody asks for: a scrape does not.
#[derive(Debug)]
struct Nobody;

impl Polls for Nobody {
    fn standing(&self, _: &OrganizationName) -> Option<Standing> {
        None
    }
}

/// Durations, shortest first, and the bytes of one body.
struct Series {
    took: Vec<Duration>,
    bytes: usize,
}

impl Series {
    fn new(mut took: Vec<Duration>, bytes: usize) -> Self {
        took.sort_unstable();
        Self { took, bytes }
    }

    fn share(&self, share: f64) -> Duration {
        let last = self.took.len() - 1;
        self.took[(last as f64 * share).round() as usize]
    }
}

impl std::fmt::Display for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:?}, p99 {:?}", self.share(0.5), self.share(0.99))
    }
}

/// Scrapes over one connection that is kept open, as Prometheus does.
fn scrapes(address: SocketAddr, headers: &str) -> Outcome<Series> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
    let (mut buffer, mut took, mut bytes) = (vec![0; 256 * 1024], Vec::new(), 0);
    for _ in 0..SCRAPES {
        let begun = Instant::now();
        stream.write_all(request.as_bytes())?;
        bytes = body(&mut stream, &mut buffer)?;
        took.push(begun.elapsed());
    }
    Ok(Series::new(took, bytes))
}

/// Reads one answer and throws it away.
fn body(stream: &mut TcpStream, buffer: &mut [u8]) -> Outcome<usize> {
    let mut head = 0;
    let end = loop {
        head += stream.read(&mut buffer[head..])?;
        if let Some(end) = buffer[..head].windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut read = head - end;
    if let Some(length) = length {
        let length: usize = length.parse()?;
        while read < length {
            read += stream.read(buffer)?;
        }
        return Ok(read);
    }
    // Chunked: the last bytes are those of an empty chunk. They may come in two pieces.
    let mut tail: Vec<u8> = buffer[end..head].iter().rev().take(5).rev().copied().collect();
    while !tail.ends_with(b"0\r\n\r\n") {
        let more = stream.read(buffer)?;
        read += more;
        tail.extend_from_slice(&buffer[more.saturating_sub(5)..more]);
        tail.drain(..tail.len().saturating_sub(5));
    }
    Ok(read)
}

/// As many bytes over loopback, with nothing but a copy at the other end.
fn copies(bytes: usize) -> Outcome<Series> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let (mut other, _) = listener.accept()?;
    let sender = std::thread::spawn(move || -> std::io::Result<()> {
        let (body, mut asked) = (vec![b'x'; bytes], [0; 1]);
        for _ in 0..SCRAPES {
            other.read_exact(&mut asked)?;
            other.write_all(&body)?;
        }
        Ok(())
    });
    let (mut buffer, mut took) = (vec![0; 256 * 1024], Vec::new());
    for _ in 0..SCRAPES {
        let begun = Instant::now();
        stream.write_all(b"?")?;
        let mut read = 0;
        while read < bytes {
            read += stream.read(&mut buffer)?;
        }
        took.push(begun.elapsed());
    }
    sender.join().map_err(|_| "the sender panicked")??;
    Ok(Series::new(took, bytes))
}

fn resident_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
