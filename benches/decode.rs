//! How fast a usage report is read: a page of 20 MB into buckets, against plain typed
//! `serde_json` on the same bytes. The bar is 0.7 of its rate (DESIGN §8).
//!
//! Run with `cargo bench --bench decode`. The page is made in memory, always the same.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use usagewarden::claude::decode_usage_page;
use usagewarden_core::window::Width;

const PAGE_BYTES: usize = 20_000_000;
const RUNS: usize = 15;

/// The same fields, as one would write them without a thought.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read for the sake of reading")]
struct PlainPage {
    data: Vec<PlainBucket>,
    has_more: bool,
    next_page: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read for the sake of reading")]
struct PlainBucket {
    starting_at: String,
    ending_at: String,
    results: Vec<PlainRow>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read for the sake of reading")]
struct PlainRow {
    uncached_input_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation: PlainCacheCreation,
    output_tokens: u64,
    server_tool_use: PlainServerToolUse,
    workspace_id: Option<String>,
    model: Option<String>,
    api_key_id: Option<String>,
    service_tier: Option<String>,
    inference_geo: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read for the sake of reading")]
struct PlainCacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read for the sake of reading")]
struct PlainServerToolUse {
    web_search_requests: u64,
}

/// Numbers that look like chance and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// Hours of a large organization: 40 workspaces, 120 keys, 8 models, rows in no order.
fn page() -> String {
    let (mut dice, mut body, mut hour) = (Dice(7), String::from("{\"data\":["), 0);
    while body.len() < PAGE_BYTES {
        let comma = if hour == 0 { "" } else { "," };
        let from = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(490_000 + hour);
        let until = from + jiff::SignedDuration::from_hours(1);
        let _ =
            write!(body, r#"{comma}{{"starting_at":"{from}","ending_at":"{until}","results":["#);
        for row in 0..400 {
            body.push_str(if row == 0 { "" } else { "," });
            push_row(&mut body, &mut dice);
        }
        body.push_str("]}");
        hour += 1;
    }
    body.push_str("],\"has_more\":true,\"next_page\":\"page_RXhhbXBsZQ==\"}");
    body
}

fn push_row(body: &mut String, dice: &mut Dice) {
    let tier = ["\"standard\"", "\"batch\"", "null"][dice.below(3) as usize];
    let geo = ["\"global\"", "\"us\"", "\"not_available\""][dice.below(3) as usize];
    let (input, output, read) = (dice.below(1 << 22), dice.below(1 << 20), dice.below(1 << 24));
    let (short, long, searches) = (dice.below(1 << 16), dice.below(1 << 12), dice.below(20));
    let (key, model, workspace) = (dice.below(120), dice.below(8), dice.below(40));
    let _ = write!(
        body,
        r#"{{"uncached_input_tokens":{input},"output_tokens":{output},"cache_read_input_tokens":{read},"cache_creation":{{"ephemeral_5m_input_tokens":{short},"ephemeral_1h_input_tokens":{long}}},"server_tool_use":{{"web_search_requests":{searches}}},"account_id":null,"api_key_id":"apikey_01QzExampleExample{key:04}","context_window":null,"inference_geo":{geo},"model":"claude-sonnet-{model}-5","service_account_id":null,"service_tier":{tier},"workspace_id":"wrkspc_01QzExampleExample{workspace:04}"}}"#
    );
}

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Turn by turn, so that a busy machine is busy for both.
fn race(mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let turns = (0..RUNS).map(|_| (timed(&mut one), timed(&mut other)));
    let (ones, others) = turns.unzip();
    (median(ones), median(others))
}

fn main() {
    let page = page();
    let bytes = page.as_bytes();
    let plain = || {
        black_box(serde_json::from_slice::<PlainPage>(black_box(bytes))).expect("we wrote it");
    };
    let ours = || {
        black_box(decode_usage_page(black_box(bytes), Width::Hour)).expect("we wrote it");
    };
    let (plain, ours) = race(plain, ours);
    let megabytes = bytes.len() as f64 / 1e6;
    let rate = |time: Duration| megabytes / time.as_secs_f64();
    println!("A usage page of {megabytes:.1} MB, median of {RUNS} runs");
    println!("{:<28}{:>10}{:>12}", "reader", "ms", "MB/s");
    for (name, time) in [("plain typed serde_json", plain), ("decode_usage_page", ours)] {
        println!("{name:<28}{:>10.1}{:>12.0}", time.as_secs_f64() * 1e3, rate(time));
    }
    println!("ratio of rates: {:.2} (bar: 0.70)", rate(ours) / rate(plain));
}
