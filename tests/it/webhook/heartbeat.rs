//! Signs of life, to a real receiver.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus::{Encoder, Registry, TextEncoder};
use tokio_util::sync::CancellationToken;
use usagewarden::clock::ManualClock;
use usagewarden::deliver::heartbeat::{
    AskWellness, Heartbeat, HeartbeatMetrics, Settings, Wellness,
};
use usagewarden::deliver::http::Address;
use usagewarden::supervisor::Supervisor;

use crate::support::receiver::{Act, Asked, Receiver};
use crate::webhook::desk::DEADLINE;

/// Answers with each in turn, and goes on with the last.
fn script(wellness: &[Wellness]) -> AskWellness {
    let script: Mutex<VecDeque<Wellness>> = Mutex::new(wellness.iter().cloned().collect());
    Arc::new(move || {
        let mut script = script.lock().unwrap();
        let next = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        Box::pin(std::future::ready(next.unwrap()))
    })
}

/// Beats until the receiver was asked so often; then what it was asked, and the metric.
async fn beat(acts: &[Act], wellness: &[Wellness], times: usize) -> (Vec<Asked>, String) {
    let receiver = Receiver::start(acts).await;
    let settings = Settings {
        url: Address::new(receiver.url("/ping/1?create=1").parse().unwrap()),
        every: Duration::from_millis(10),
        ca_file: None,
    };
    let registry = Registry::new();
    let metrics = HeartbeatMetrics::register(&registry).unwrap();
    let clock = Arc::new(ManualClock::at("2026-11-21T14:05:03Z".parse().unwrap()));
    let heartbeat = Heartbeat::new(settings, clock, metrics, script(wellness));
    let stop = CancellationToken::new();
    let work = Supervisor::default().workers().spawn(heartbeat.run(stop.clone()));
    let waiting = async {
        while receiver.asked().len() < times {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap();
    stop.cancel();
    tokio::time::timeout(DEADLINE, work).await.unwrap().unwrap();
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    (receiver.asked(), text.lines().last().unwrap().to_owned())
}

#[tokio::test]
async fn all_well_is_a_question_and_trouble_is_told_with_its_reason() {
    let ill = Wellness::Ill("acme was not read since noon".to_owned());
    let (asked, metric) =
        beat(&[], &[Wellness::Starting, Wellness::Well, ill, Wellness::Well], 3).await;
    let lines: Vec<&str> = asked.iter().take(3).map(|one| one.line.as_str()).collect();
    let well = "GET /ping/1?create=1";
    assert_eq!(lines, [well, "POST /ping/1/fail?create=1", well]);
    assert_eq!(asked[1].body, b"acme was not read since noon");
    assert!(asked[0].body.is_empty());
    let name = "usagewarden_heartbeat_last_success_timestamp_seconds";
    assert_eq!(metric, format!("{name} 1795269903"));
}

#[tokio::test]
async fn whatever_the_receiver_does_it_is_asked_again() {
    let acts = [Act::status(500), Act::Cut, Act::status(404), Act::with(301, "location: /x")];
    let (asked, metric) = beat(&acts, &[Wellness::Well], 4).await;
    assert!(asked.iter().all(|one| one.line == "GET /ping/1?create=1"), "{asked:?}");
    let unheard = beat(&[Act::status(500), Act::Silence], &[Wellness::Well], 2).await.1;
    for metric in [metric, unheard] {
        assert!(metric.ends_with(" 0") || metric.ends_with(" 1795269903"), "{metric}");
    }
}

#[tokio::test]
async fn a_start_is_silent_and_an_unheard_beat_moves_nothing() {
    let ill = Wellness::Ill("no".to_owned());
    let (asked, metric) = beat(&[], &[Wellness::Starting, Wellness::Starting, ill], 1).await;
    assert_eq!(asked[0].line, "POST /ping/1/fail?create=1");
    assert!(metric.ends_with(" 0"), "trouble is no good news: {metric}");
}
