//! Notices on their way, and who may send them again.

use serde_json::json;

use super::*;

#[tokio::test]
async fn deliveries_say_what_became_of_each_and_nobody_in_full() {
    let warden = Warden::start().await;
    let answer = warden.get("/api/v1/deliveries").await;
    assert!(!answer.text().contains("finops@example.com"), "{}", answer.text());
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn deliveries_can_be_narrowed_down() {
    let warden = Warden::start().await;
    let channels = async |query: &str| -> Vec<String> {
        let answer = warden.get(&format!("/api/v1/deliveries?{query}")).await.json();
        let deliveries = answer["data"].as_array().unwrap().clone();
        deliveries.iter().map(|one| one["channel"].as_str().unwrap().to_owned()).collect()
    };
    // What is open comes first.
    assert_eq!(channels("").await, ["ops", "finops"]);
    assert_eq!(channels("limit=1").await, ["ops"]);
    assert_eq!(channels("state=refused").await, ["finops"]);
    assert_eq!(channels("state=refused,given_up,queued").await, ["ops", "finops"]);
    assert_eq!(channels("channel=ops").await, ["ops"]);
    assert_eq!(channels("channel=nobody").await, [""; 0]);
    for (query, words) in [
        ("state=lost", "`state` knows `queued`, `retrying`, `refused`, `given_up` and `accepted`"),
        ("limit=1001", "`limit` is a number from 1 to 1000, not `1001`"),
        ("limit=all", "`limit` is a number from 1 to 1000"),
    ] {
        let answer = warden.get(&format!("/api/v1/deliveries?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(words), "for {query}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_failed_for_good_is_sent_again_by_whoever_may() {
    let warden = Warden::start().await;
    let open = async || {
        let answer = warden.get("/api/v1/deliveries?state=queued&channel=finops").await.json();
        answer["data"].as_array().unwrap().len()
    };
    assert_eq!(open().await, 0);
    let answer = warden.post("/api/v1/deliveries/1/retry", OPS, "").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "retried": 1 })));
    assert_eq!(open().await, 1);
    warden.asked_again.notified().await;

    // It is on its way now, so there is nothing to do again.
    for id in ["1", "99", "first"] {
        let answer = warden.post(&format!("/api/v1/deliveries/{id}/retry"), OPS, "").await;
        assert_eq!(answer.status, 404, "{id}");
        assert!(answer.text().contains("is on its way"), "{}", answer.text());
    }
}

#[tokio::test]
async fn all_or_one_channel_are_sent_again() {
    for (body, retried) in
        [("", 1), ("{}", 1), ("{\"channel\":\"finops\"}", 1), ("{\"channel\":\"ops\"}", 0)]
    {
        let warden = Warden::start().await;
        let answer = warden.post("/api/v1/deliveries/retry", OPS, body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "retried": retried })), "{body}");
    }
    let warden = Warden::start().await;
    for body in ["{\"chanel\":\"ops\"}", "[]", "all"] {
        let answer = warden.post("/api/v1/deliveries/retry", OPS, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains("the body is empty, or"), "{}", answer.text());
    }
    let endless = "x".repeat(5_000);
    assert_eq!(warden.post("/api/v1/deliveries/retry", OPS, &endless).await.status, 413);
}

/// What is shown, the answer, and the words that must help.
#[tokio::test]
async fn without_the_right_token_nothing_is_written() {
    let warden = Warden::start().await;
    let cases = [
        ("", 401, "this needs a token: Authorization: Bearer TOKEN"),
        ("Authorization: Basic b3BzOm9wcw==\r\n", 401, "this needs a token"),
        ("Authorization: Bearer\r\n", 401, "this needs a token"),
        ("Authorization: Bearer wrong\r\n", 401, "this token is not known here"),
        (
            "Authorization: Bearer a-token-for-silences-only\r\n",
            403,
            "the token `reader` may not do this: add \\\"deliveries\\\" to its `may`",
        ),
        ("Authorization: bearer a-token-of-the-operators\r\n", 200, "retried"),
    ];
    for (header, status, words) in cases {
        for path in ["/api/v1/deliveries/retry", "/api/v1/deliveries/1/retry"] {
            let answer = warden.ask("POST", path, header).await;
            if status == 200 && path.ends_with("1/retry") {
                continue;
            }
            assert_eq!(answer.status, status, "{header:?} at {path}");
            assert!(answer.text().contains(words), "{header:?}: {}", answer.text());
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge.is_some(), status == 401, "{header:?}");
        }
    }
}

#[tokio::test]
async fn a_write_from_the_page_of_another_site_is_not_answered() {
    let warden = Warden::start().await;
    let request = format!(
        "POST /api/v1/deliveries/retry HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
         Authorization: Bearer {OPS}\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(warden.raw(&request).await.status, 421);
}

#[test]
fn a_token_never_shows() {
    let shown = format!("{:?}", tokens());
    assert!(!shown.contains(OPS) && shown.contains("ops"), "{shown}");
}
