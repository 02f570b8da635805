//! `usagewarden test-notice` and `check --online`, against real receivers.

use std::process::Output;

use serde_json::Value;

use crate::support::process::{House, usagewarden};
use crate::support::receiver::{Act, Receiver};
use crate::support::smtp::{Offer, SmtpServer};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook `ops`, and what else there is.
fn house(receiver: &Receiver, rest: &str) -> House {
    let url = receiver.url("/hooks/hunter2");
    let ops = format!("[channel.webhook.ops]\nurl = {url:?}\nsecret = {KEY:?}\n");
    House::with("http://127.0.0.1:1", &format!("{ops}{rest}"))
}

async fn run(house: &House, arguments: &'static [&str]) -> (i32, String, String) {
    let mut command = usagewarden();
    command.arg("--config").arg(house.config()).args(arguments);
    command.env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-x");
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let Output { status, stdout, stderr } = ended;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(stdout), text(stderr));
    assert!(!format!("{stdout}{stderr}").contains("hunter2"), "{stdout}{stderr}");
    (status.code().unwrap(), stdout, stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_the_real_way_and_says_that_it_is_one() {
    let receiver = Receiver::start(&[]).await;
    let house = house(&receiver, "");
    let (code, said, _) = run(&house, &["test-notice", "ops", "--organization", "acme"]).await;
    assert_eq!((code, said), (0, format!("ok  127.0.0.1:{}: accepted\n", receiver.port)));
    let body: Value = serde_json::from_slice(&receiver.asked()[0].body).unwrap();
    assert_eq!(body["type"], "alert.test");
    let alert = &body["data"]["alerts"][0];
    assert_eq!((&alert["kind"], &alert["effect"]), (&"test".into(), &"test".into()));
    assert!(receiver.asked()[0].header("webhook-signature").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_that_is_refused_says_why_and_what_to_do() {
    let receiver = Receiver::start(&[Act::status(404), Act::Cut]).await;
    let house = house(&receiver, "");
    let (code, said, _) = run(&house, &["test-notice", "ops"]).await;
    assert_eq!(code, 1);
    assert!(
        said.contains("refused the notice for good (HTTP 404 Not Found); check `url`"),
        "{said}"
    );
    let (code, said, _) = run(&house, &["test-notice", "ops", "--json"]).await;
    let value: Value = serde_json::from_str(&said).unwrap();
    let told = &value["data"][0];
    assert_eq!(
        (code, &told["outcome"], &told["perhaps_received"]),
        (1, &"failed".into(), &true.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_reaches_every_recipient() {
    let receiver = Receiver::start(&[]).await;
    let server = SmtpServer::start(Offer::Plain, "").await;
    let mail = format!(
        "[channel.email.finops]\nserver = \"127.0.0.1:{}\"\ntls = \"none\"\n\
         from = \"warden@example.com\"\nto = [\"a@example.com\", \"b@example.com\"]\n",
        server.port
    );
    let (code, said, stderr) = run(&house(&receiver, &mail), &["test-notice", "finops"]).await;
    assert_eq!(
        (code, said.as_str()),
        (0, "ok  a@example.com: accepted\nok  b@example.com: accepted\n"),
        "{stderr}"
    );
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert!(taken[0].header("Subject").unwrap().starts_with("Test: acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_channel_or_organization_lists_the_known_ones() {
    let receiver = Receiver::start(&[]).await;
    let house = house(&receiver, "");
    let (code, _, said) = run(&house, &["test-notice", "opps"]).await;
    assert_eq!(
        (code, said.as_str()),
        (64, "error: there is no channel `opps`\n  configured: ops\n")
    );
    let (code, _, said) = run(&house, &["test-notice", "ops", "--organization", "acne"]).await;
    assert_eq!(
        (code, said.as_str()),
        (64, "error: there is no organization `acne`\n  configured: acme\n")
    );
    assert!(receiver.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_online_check_connects_to_a_webhook_and_leaves_its_address_alone() {
    let receiver = Receiver::start(&[Act::status(404)]).await;
    let (_, said, _) = run(&house(&receiver, ""), &["check", "--online"]).await;
    assert!(said.contains("ok  channel ops: its host answers"), "{said}");
    let asked = receiver.asked();
    assert_eq!(asked.iter().map(|one| one.line.as_str()).collect::<Vec<_>>(), ["HEAD /"]);
    let house = house(&receiver, "");
    drop(receiver);
    let (code, said, _) = run(&house, &["check", "--online"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("no  channel ops: 127.0.0.1:"), "{said}");
}
