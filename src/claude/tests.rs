//! The clients against a fake of the outside: real sockets, canned answers.

mod advice;
mod audit;
mod bounds;
mod calls;
mod company;
mod doubt;
mod fake;
mod healing;
mod inspect;
mod inventory;
mod refused;
mod reports;
mod secrets;
mod tls;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use usagewarden_core::window::Window;

use super::patience::Patience;
use super::{Api, Client, PollError, Settings};
use crate::clock::ManualClock;

const KEY: &str = "sk-ant-admin01-very-secret-QwEr";
const NOW: &str = "2026-11-20T14:00:00Z";
const EMPTY: &str = r#"{"data":[],"has_more":false,"next_page":null}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(from: &str, until: &str) -> Window {
    Window::new(at(from), at(until)).unwrap()
}

fn an_hour() -> Window {
    window("2026-11-20T13:00:00Z", "2026-11-20T14:00:00Z")
}

fn settings(api: Api, base_url: Url) -> Settings {
    Settings {
        organization: "acme".into(),
        api,
        base_url,
        key: KEY.into(),
        company_id: None,
        ca_file: None,
        company_cached_for: SignedDuration::from_mins(10),
    }
}

/// Waits of milliseconds, bodies of kilobytes.
fn little_patience() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        silence: Duration::from_millis(200),
        answer: Duration::from_secs(2),
        walk: Duration::from_secs(20),
        retries: Duration::from_millis(500),
        backoff_first: Duration::from_millis(1),
        backoff_longest: Duration::from_millis(4),
        page_bytes: 64 << 10,
        walk_bytes: 256 << 10,
        pages: 30,
        ..Patience::default()
    }
}

fn client_with(settings: Settings) -> (Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(at(NOW)));
    (Client::with(settings, clock.clone(), little_patience()), clock)
}

fn admin(fake: &fake::Fake) -> Client {
    client_with(settings(Api::Admin, fake.url())).0
}

fn company(fake: &fake::Fake) -> Client {
    let company_id = Some("org_1".to_owned());
    client_with(Settings { company_id, ..settings(Api::Company, fake.url()) }).0
}

async fn ask_usage(client: &Client) -> Result<usize, PollError> {
    let width = usagewarden_core::window::Width::Minute;
    Ok(client.usage(width, an_hour()).await?.len())
}

/// A failure of the transport, which cannot be made by hand.
async fn nobody_at_home() -> PollError {
    let url = "http://127.0.0.1:1".parse().unwrap();
    ask_usage(&client_with(settings(Api::Admin, url)).0).await.unwrap_err()
}
