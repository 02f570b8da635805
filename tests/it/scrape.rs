//! `/metrics` of the real daemon: whole at every instant, and as Prometheus wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write, stderr};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use rust_decimal::Decimal;

use crate::support::process::{Daemon, House, Simulated, eventually};

/// So many scrapes in a row, as fast as they come.
const SCRAPES: usize = 300;

const PERIODS: [&str; 3] =
    ["claude_spend_day_usd", "claude_spend_week_usd", "claude_spend_month_usd"];

/// One organization in one scrape: values by series.
#[derive(Clone, Debug, Default)]
struct Scraped(BTreeMap<String, Decimal>);

impl Scraped {
    fn of(metrics: &str) -> Self {
        assert!(metrics.ends_with('\n'), "the last line is not whole");
        let mut series = BTreeMap::new();
        let ours =
            |line: &&str| line.starts_with("claude_") && line.contains("{organization=\"acme\"");
        for line in metrics.lines().filter(ours) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let twice = series.insert(name.to_owned(), value.parse().unwrap());
            assert!(twice.is_none(), "{name} is there twice");
        }
        Self(series)
    }

    fn families(&self) -> BTreeSet<&str> {
        self.0.keys().map(|series| series.split('{').next().unwrap()).collect()
    }

    /// Workspaces of a family of spend.
    fn workspaces(&self, family: &str) -> BTreeSet<&str> {
        let of = self.0.keys().filter(|series| series.split('{').next() == Some(family));
        of.map(|series| series.split("workspace_id=\"").nth(1).unwrap().split('"').next().unwrap())
            .collect()
    }

    fn sum(&self, family: &str) -> Decimal {
        let of = self.0.iter().filter(|(series, _)| series.split('{').next() == Some(family));
        of.map(|(_, value)| value).sum()
    }

    /// By how much day, week and month grew since `before`.
    fn growth(&self, before: &Self) -> [Decimal; 3] {
        PERIODS.map(|family| self.sum(family) - before.sum(family))
    }
}

/// Whether two scrapes differ by whole commits: what today grew, week and month grew too.
fn are_whole(before: &Scraped, after: &Scraped) -> bool {
    let [day, week, month] = after.growth(before);
    day == week && day == month
}

/// The hour by the clock of the simulator. With a new hour comes a new bill, with which
/// days before today move on their own.
async fn hour(simulated: &Simulated) -> String {
    simulated.truth("").await["bill_computed_until"].to_string()
}

/// Nothing but today moves any more: all of the past has been read.
async fn until_today_alone_moves(daemon: &Daemon) {
    eventually("the past is filled in", async || {
        let reports = daemon.organization().await["reports"].take();
        let reports = reports.as_array().unwrap();
        let done = reports
            .iter()
            .all(|one| one["outcome"] == "ok" && one["backfill"].as_array().unwrap().is_empty());
        (done && reports.len() == 9).then_some(())
    })
    .await;
    daemon.polled("cost", daemon.polls("cost").await + 2).await;
    daemon.polled("usage", daemon.polls("usage").await + 2).await;
}

#[tokio::test]
async fn scrapes_during_polls_are_never_partial() {
    let simulated = Simulated::start(&["--usage-delay", "0s"]);
    let house = House::with(&simulated.base_url, "");
    let daemon = house.daemon(&simulated).await;
    from_nothing_to_everything_at_once(&daemon).await;
    until_today_alone_moves(&daemon).await;
    // Once more when an hour began meanwhile; two do not.
    let mut scrapes = Vec::new();
    for _ in 0..2 {
        let began = hour(&simulated).await;
        scrapes = scrape(&daemon).await;
        if began == hour(&simulated).await {
            break;
        }
    }
    let (first, last) = (&scrapes[0], &scrapes[SCRAPES - 1]);
    let moved =
        scrapes.windows(2).filter(|pair| pair[0].sum(PERIODS[0]) != pair[1].sum(PERIODS[0]));
    assert!(moved.count() > 3, "nothing moved while it was looked at");
    for pair in scrapes.windows(2) {
        assert!(are_whole(&pair[0], &pair[1]), "{:?}", pair[1].growth(&pair[0]));
        assert_eq!(pair[0].families(), pair[1].families());
        for family in PERIODS {
            assert_eq!(pair[1].workspaces(family), pair[1].workspaces(PERIODS[0]), "{family}");
        }
    }
    // And this would have been seen: the month of one commit among the lines of another.
    let mut torn = last.clone();
    torn.0.extend(first.0.clone().into_iter().filter(|(name, _)| name.starts_with(PERIODS[2])));
    assert!(!are_whole(first, &torn));
}

/// From the first scrape on: spend of all periods and whose it is, or none of it.
async fn from_nothing_to_everything_at_once(daemon: &Daemon) {
    eventually("spend", async || {
        let scraped = Scraped::of(&daemon.metrics().await);
        let families = scraped.families();
        let periods = PERIODS.map(|family| families.contains(family));
        let named = families.contains("claude_organization_info");
        assert!(periods == [false; 3] || (named && periods == [true; 3]), "only {families:?}");
        (periods == [true; 3]).then_some(())
    })
    .await;
}

async fn scrape(daemon: &Daemon) -> Vec<Scraped> {
    let mut scrapes = Vec::with_capacity(SCRAPES);
    for _ in 0..SCRAPES {
        scrapes.push(Scraped::of(&daemon.metrics().await));
    }
    scrapes
}

/// What `promtool` has to say; `None` where it is not installed.
fn promtool(metrics: &str) -> Option<String> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        spawned => spawned.unwrap(),
    };
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let answer = child.wait_with_output().unwrap();
    let text = [answer.stdout, answer.stderr].concat();
    let verdict = if answer.status.success() { "" } else { "refused: " };
    Some(format!("{verdict}{}", String::from_utf8_lossy(&text)))
}

#[tokio::test]
async fn promtool_has_nothing_to_say_about_the_metrics() {
    let simulated = Simulated::start(&[]);
    let labs = format!(
        "[[organization]]\nname = \"labs\"\napi = \"company\"\nbase_url = {:?}\nkey = {:?}\n",
        simulated.base_url, simulated.company_key
    );
    let house = House::with(&simulated.base_url, &labs);
    let daemon = house.daemon(&simulated).await;
    for report in ["usage", "cost", "keys", "members", "rate_limits", "spend_limits"] {
        daemon.polled(report, 1).await;
    }
    let metrics = eventually("both organizations", async || {
        let metrics = daemon.metrics().await;
        ["acme", "labs"]
            .iter()
            .all(|name| metrics.contains(&format!("spend_month_usd{{organization=\"{name}\"")))
            .then_some(metrics)
    })
    .await;
    match promtool(&metrics) {
        Some(said) => assert_eq!(said, ""),
        None => writeln!(stderr(), "skipped: promtool is not installed").unwrap(),
    }
    // It does speak where there is something to say.
    assert_ne!(promtool("# TYPE a counter\na 1\n").as_deref(), Some(""));
}

/// What comes back for `request`, to the last byte: head and body. HTTP/1.0 knows no chunks.
fn exchange(daemon: &Daemon, request: &str) -> (String, Vec<u8>) {
    let address = daemon.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = request.replace("ADDRESS", address).replace('\n', "\r\n");
    write!(stream, "{request}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), body)
}

#[tokio::test]
async fn the_scrape_is_gzipped_on_demand_and_headless_hosts_are_refused() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let daemon = house.daemon(&simulated).await;
    daemon.polled("usage", 1).await;

    let (head, body) =
        exchange(&daemon, "GET /metrics HTTP/1.0\nHost: ADDRESS\nAccept-Encoding: gzip");
    assert!(head.starts_with("http/1.0 200"), "{head}");
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut plain = String::new();
    GzDecoder::new(&*body).read_to_string(&mut plain).unwrap();
    Scraped::of(&plain);
    assert!(plain.contains("usagewarden_build_info"), "{plain}");

    let (head, body) = exchange(&daemon, "GET /metrics HTTP/1.0\nHost: ADDRESS");
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    Scraped::of(&String::from_utf8(body).unwrap());

    let (head, body) = exchange(&daemon, "HEAD /metrics HTTP/1.0\nHost: ADDRESS");
    assert!(head.starts_with("http/1.0 200") && body.is_empty(), "{head}");

    let (head, _) = exchange(&daemon, "GET /metrics HTTP/1.1\nHost: evil.example");
    assert!(head.starts_with("http/1.1 421"), "{head}");
    for nameless in ["GET /metrics HTTP/1.1", "GET /metrics HTTP/1.0", "nonsense"] {
        let (head, _) = exchange(&daemon, nameless);
        assert!(head.starts_with("http/1.1 4") || head.starts_with("http/1.0 4"), "{head}");
    }
}
