//! No key shows, wherever something goes wrong.

use super::fake::{Answer, Fake};
use super::{KEY, ask_usage, client_with, settings};
use crate::chain::Chain;
use crate::claude::{Api, Settings};

#[tokio::test]
async fn no_failure_shows_a_key() {
    let echo = |status: u16| Answer::refusal(status, KEY, Some(KEY), &format!("refused {KEY}!"));
    let answers = [
        echo(400),
        echo(401),
        echo(403),
        echo(404),
        echo(410),
        echo(418),
        echo(429).header("retry-after", "600"),
        echo(500).header("x-should-retry", "false"),
        echo(302).header("location", &format!("https://{KEY}@example.com/{KEY}")),
        Answer::json(format!(r#"{{"data":"{KEY}"}}"#)),
        Answer::json(format!(r#"{{"data":[],"next_page":"{KEY}","has_more":7}}"#)),
        Answer::bytes(KEY.as_bytes().to_vec()).header("content-type", KEY),
        Answer::json("{").cut_short(),
    ];
    for answer in answers {
        let said = format!("{answer:?}");
        let fake = Fake::always(answer).await;
        let client = client_with(settings(Api::Admin, fake.url())).0;
        let error = ask_usage(&client).await.unwrap_err();
        let advice = error.advice();
        let shown = format!("{} {error:?} {advice:?} {client:?}", Chain(&error));
        assert!(!shown.contains("very-secret"), "{said}\n{shown}");
        assert!(!shown.contains("starting_at="), "no address either: {shown}");
    }
}

#[tokio::test]
async fn a_key_no_header_can_carry_is_said_to_be_one() {
    let url = "http://127.0.0.1:9".parse().unwrap();
    let key = "sk-ant-admin01-very-secret\nQwEr";
    let settings = Settings { key: key.into(), ..settings(Api::Admin, url) };
    let error = ask_usage(&client_with(settings).0).await.unwrap_err();
    assert_eq!(error.to_string(), "the key sk-ant-...QwEr contains characters no header can carry");
}
