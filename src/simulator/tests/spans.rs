//! Traffic follows the keys, and every report tells the same of it.

use super::*;
use crate::simulator::bill::Reach;
use crate::simulator::figures::Figures;
use crate::simulator::spans::Carrier;
use crate::simulator::traffic::{HOUR, MINUTE, Traffic};
use crate::simulator::world::{key, workspace};

const CARRIER: Carrier =
    Carrier { key: key::EVALS, workspace: workspace::RESEARCH, until: i64::MAX };

fn traffic() -> Traffic {
    Traffic::new(1, Scenario::Runaway, Runaway::default(), at(START))
}

/// What one key, or every other, used in a span.
fn used(traffic: &Traffic, by: impl Fn(Option<usize>) -> bool, span: (i64, i64)) -> Figures {
    let mut sum = Figures::default();
    for stream in traffic.streams().iter().filter(|stream| by(stream.key)) {
        sum += traffic.used(stream, span.0, span.1);
    }
    sum
}

/// At each of these milliseconds after the start the next thing happens to `evals`; what it
/// uses is compared with what it would have used, piece by piece, and so is everybody else.
#[test]
fn a_key_uses_what_it_would_have_used_while_it_runs_and_nothing_else() {
    let start = at(START).as_millisecond();
    for gaps in [
        [0, 1, 1, 1],
        [20_000, 30_000, 10_000, 77_777],
        [39_679, MINUTE, 2 * HOUR + 1, 5 * HOUR],
        [HOUR, 13, 29 * HOUR, 40 * MINUTE],
    ] {
        let (plain, mut changed) = (traffic(), traffic());
        let (mut now, mut pieces) = (start, Vec::new());
        for (turn, gap) in (0..).zip(gaps) {
            let runs = turn % 2 == 0;
            pieces.push(((now, now + gap), runs));
            now += gap;
            if runs {
                changed.stop(key::EVALS, now);
            } else {
                changed.resume(CARRIER, now);
            }
        }
        pieces.push(((now, now + 50 * HOUR), true));
        pieces.push(((start - 48 * HOUR, start), true));
        let evals = |by: Option<usize>| by == Some(key::EVALS);
        for (span, runs) in pieces {
            let would = used(&plain, evals, span);
            let expected = if runs { would } else { Figures::default() };
            assert_eq!(used(&changed, evals, span), expected, "{gaps:?}, {span:?}");
            let others = |by: Option<usize>| !evals(by);
            assert_eq!(used(&changed, others, span), used(&plain, others, span), "{span:?}");
        }
    }
}

#[test]
fn what_is_handed_over_is_used_by_the_other_key_to_the_last_token() {
    let start = at(START).as_millisecond();
    for (after, waits) in [(0, 0), (40_123, 0), (HOUR + 7, 3 * HOUR), (29 * HOUR, 61_001)] {
        let (plain, mut moved) = (traffic(), traffic());
        let heir = Carrier { key: 12, workspace: workspace::RESEARCH, until: i64::MAX };
        let (given, now) = (start + after, start + after + waits);
        if waits > 0 {
            // Handed to a key that is not active yet.
            moved.hand_over(key::EVALS, Carrier { until: i64::MIN, ..heir }, given);
            moved.resume(heir, now);
        } else {
            moved.hand_over(key::EVALS, heir, now);
        }
        let evals = |by: Option<usize>| by == Some(key::EVALS);
        let heir = |by: Option<usize>| by == Some(12);
        let (before, later) = ((start - 48 * HOUR, given), (now, now + 50 * HOUR));
        assert_eq!(used(&moved, evals, before), used(&plain, evals, before));
        assert!(used(&moved, heir, (before.0, now)).is_zero());
        assert!(used(&moved, evals, (given, later.1)).is_zero());
        assert_eq!(used(&moved, heir, later), used(&plain, evals, later));
    }
}

#[test]
fn what_ended_by_itself_does_not_begin_again_and_nothing_grows_without_need() {
    let (plain, mut changed) = (traffic(), traffic());
    let now = at(START).as_millisecond();
    let pilot = Carrier { key: key::PILOT, workspace: workspace::PILOT, until: i64::MAX };
    changed.resume(pilot, now);
    changed.resume(CARRIER, now);
    assert_eq!(changed.streams().len(), plain.streams().len());
    for _ in 0..10 {
        changed.stop(key::EVALS, now);
        changed.resume(CARRIER, now);
    }
    let evals = plain.streams().iter().filter(|stream| stream.key == Some(key::EVALS)).count();
    assert!(changed.streams().len() <= plain.streams().len() + evals);
}

/// What every report says of one key, from one minute to another.
async fn told(bench: &Bench, key: &str, from: &str, until: &str) -> Vec<u64> {
    let sum = |rows: &[Value], tokens: fn(&Value) -> u64| rows.iter().map(tokens).sum::<u64>();
    let path = format!(
        "/v1/organizations/usage_report/messages?starting_at={from}&ending_at={until}\
         &bucket_width=1m&limit=1440&api_key_ids[]={key}"
    );
    let usage = bench.walk(&path).await;
    let of_usage: fn(&Value) -> u64 = |bucket| {
        let rows = bucket["results"].as_array().unwrap().iter();
        let of = |row: &Value, name: &str| row.pointer(name).unwrap().as_u64().unwrap();
        const COLUMNS: [&str; 5] = [
            "/uncached_input_tokens",
            "/output_tokens",
            "/cache_read_input_tokens",
            "/cache_creation/ephemeral_5m_input_tokens",
            "/cache_creation/ephemeral_1h_input_tokens",
        ];
        rows.map(|row| COLUMNS.iter().map(|name| of(row, name)).sum::<u64>()).sum()
    };
    let path = format!(
        "/v1/organizations/analytics/usage?starting_at={from}&ending_at={until}\
         &time_bucket_width=1h&api_key_ids[]={key}&limit=1000"
    );
    let analytics = bench.walk(&path).await;
    let of_analytics: fn(&Value) -> u64 = |row| row["usage"]["total_tokens"].as_u64().unwrap();
    let truth = bench.json(&format!("/__truth?from={from}&to={until}&by=key")).await;
    let row = truth["data"].as_array().unwrap().iter().find(|row| row["key"] == *key).cloned();
    let real = row.map_or(0, |row| row["true"]["tokens"]["total"].as_u64().unwrap());
    vec![sum(&usage, of_usage), sum(&analytics, of_analytics), real]
}

#[tokio::test]
async fn all_reports_agree_after_a_switch_and_what_was_before_stays() {
    let granted = Granted { analytics: true, ..Granted::default() };
    let bench = Bench::with(Settings { granted, ..Settings::default() }).await;
    let evals = bench.key("evals");
    let path = format!("/v1/organizations/api_keys/{evals}");
    // Stopped from 15:30:20 until 17:30:20, handed over at 19:30:20.
    let hours = SignedDuration::from_hours;
    bench.clock.advance(hours(1));
    bench.write("POST", &path, r#"{"status":"inactive"}"#).await;
    let before = bench.json("/__truth?to=2026-11-20T15:30:00Z&by=key").await;
    bench.clock.advance(hours(2));
    bench.write("POST", &path, r#"{"status":"active"}"#).await;
    bench.clock.advance(hours(2));
    let verb = r#"{"console":{"create_key":{"name":"heir","workspace":"research"}}}"#;
    let heir = bench.control(verb).await.json()["console"]["id"].as_str().unwrap().to_owned();
    let verb = format!(r#"{{"move_traffic":{{"from":"{evals}","to":"{heir}"}}}}"#);
    assert_eq!(bench.control(&verb).await.status, 200);
    bench.clock.advance(hours(12));
    let later = bench.json("/__truth?to=2026-11-20T15:30:00Z&by=key").await;
    let of = |truth: &Value| -> Vec<Value> {
        let rows = truth["data"].as_array().unwrap().iter();
        rows.map(|row| serde_json::json!([row["key"], row["true"]])).collect()
    };
    assert_eq!(of(&later), of(&before));
    let plain = Bench::with(Settings { granted, ..Settings::default() }).await;
    plain.clock.advance(hours(17));
    for (from, until, of_evals, of_heir) in [
        ("2026-11-20T14:00:00Z", "2026-11-20T15:00:00Z", true, false),
        ("2026-11-20T16:00:00Z", "2026-11-20T17:00:00Z", false, false),
        ("2026-11-20T18:00:00Z", "2026-11-20T19:00:00Z", true, false),
        ("2026-11-20T20:00:00Z", "2026-11-21T00:00:00Z", false, true),
    ] {
        let would = told(&plain, &evals, from, until).await;
        assert!(would[0] > 0 && would.iter().all(|told| *told == would[0]), "{would:?}");
        let expected = |runs: bool| if runs { would.clone() } else { vec![0; 3] };
        assert_eq!(told(&bench, &evals, from, until).await, expected(of_evals), "{from}");
        assert_eq!(told(&bench, &heir, from, until).await, expected(of_heir), "{from}");
        for other in ["web", "notebooks"] {
            let key = bench.key(other);
            let (here, there) =
                (told(&bench, &key, from, until).await, told(&plain, &key, from, until).await);
            assert_eq!(here, there, "{other}");
        }
    }
}

#[tokio::test]
async fn bill_quota_and_last_use_follow_the_keys() {
    let bench = Bench::of(Scenario::Runaway).await;
    let plain = Bench::of(Scenario::Runaway).await;
    let evals = bench.key("evals");
    let path = format!("/v1/organizations/api_keys/{evals}");
    bench.clock.advance(SignedDuration::from_secs(40));
    bench.write("POST", &path, r#"{"status":"inactive"}"#).await;
    for bench in [&bench, &plain] {
        bench.clock.advance(SignedDuration::from_hours(40));
    }
    plain.clock.advance(SignedDuration::from_secs(40));
    let list = bench.json("/v1/organizations/company/api_keys").await;
    let row = |list: &Value, id: &str| {
        let rows = list["data"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == id).unwrap()["last_used_at"].clone()
    };
    assert_eq!(row(&list, &evals), "2026-11-20T14:30:00Z");
    assert_eq!(row(&list, &bench.key("web")), "2026-11-22T06:31:00Z");
    let spent = async |bench: &Bench| -> (u64, rust_decimal::Decimal, rust_decimal::Decimal) {
        let quota = bench.json("/v1/organizations/company/usage").await;
        let day = "starting_at=2026-11-21T00:00:00Z&ending_at=2026-11-22T00:00:00Z";
        let bill = bench.json(&format!("/v1/organizations/cost_report?{day}")).await;
        let amount = bill["data"][0]["results"][0]["amount"].as_str().unwrap().parse().unwrap();
        let day = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";
        let truth = bench.json(&format!("/__truth?{day}")).await;
        let billed = truth["total"]["billed"]["spend"].as_str().unwrap().parse().unwrap();
        (quota["tokens_used"].as_u64().unwrap(), amount, billed)
    };
    let (stopped, running) = (spent(&bench).await, spent(&plain).await);
    for (_, cents, dollars) in [&stopped, &running] {
        assert_eq!(*cents, dollars * rust_decimal::Decimal::ONE_HUNDRED);
    }
    let scene = plain.simulation.scene();
    let from = at(START).as_millisecond() + 40_000;
    let now = plain.simulation.now().as_millisecond();
    let lost: u64 = (scene.traffic.streams().iter())
        .filter(|stream| stream.key == Some(key::EVALS))
        .map(|stream| Reach::Happened(now).figures(&scene.traffic, stream, (from, now)).tokens())
        .sum();
    assert_eq!(stopped.0, running.0 - lost);
    assert!(stopped.1 * rust_decimal::Decimal::TWO < running.1, "{stopped:?} {running:?}");
}
