//! Questions, good and bad.

use serde_json::json;

use super::*;

#[tokio::test]
async fn what_is_not_offered_is_refused_with_a_reason() {
    let warden = Warden::start().await;
    let cases = [
        ("POST", "/metrics", 405),
        ("DELETE", "/api/v1/status", 405),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/spend?from=yesterday", 400),
    ];
    for (method, path, expected) in cases {
        let answer = warden.ask(method, path, "").await;
        assert_eq!(answer.status, expected, "{method} {path}");
        if expected == 405 {
            assert_eq!(answer.header("allow"), Some("get,head"));
        }
    }
    let unknown = warden.get("/api/v1/nothing").await.json();
    assert_eq!(unknown, json!({ "error": { "message": "there is nothing at this path" } }));
}

#[tokio::test]
async fn head_has_the_headers_and_no_body() {
    let warden = Warden::start().await;
    for path in ["/", "/metrics", "/api/v1/status", "/-/healthy"] {
        let answer = warden.ask("HEAD", path, "").await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
    }
}

#[tokio::test]
async fn another_name_is_not_answered_but_health_is() {
    let warden = Warden::start().await;
    let ask = async |path: &str, host: &str| {
        warden.raw(&format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n")).await.status
    };
    for path in ["/", "/metrics", "/api/v1/status", "/style.css"] {
        assert_eq!(ask(path, "Host: evil.example\r\n").await, 421, "{path}");
        assert_eq!(ask(path, "").await, 421, "{path}");
        assert_eq!(ask(path, "Host: localhost:1\r\n").await, 200, "{path}");
    }
    assert_eq!(ask("/-/healthy", "Host: evil.example\r\n").await, 200);
}

#[tokio::test]
async fn a_request_has_bounds() {
    let warden = Warden::start().await;
    let many: String = (0..200).map(|n| format!("X-{n}: x\r\n")).collect();
    assert_eq!(warden.ask("GET", "/", &many).await.status, 431);
    assert_eq!(warden.ask("GET", "/", "Content-Length: 5000\r\n").await.status, 413);
}

/// The server closes without reading on, so the refusal may be lost on the way.
#[tokio::test]
async fn a_head_without_end_is_not_read_to_its_end() {
    let warden = Warden::start().await;
    let mut stream = TcpStream::connect(warden.address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nX-Long: ", warden.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let endless = async { while stream.write_all(&[b'x'; 16 * 1024]).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), endless).await.expect("the server hung up");
}

#[tokio::test]
async fn told_to_stop_the_server_leaves() {
    let mut warden = Warden::start().await;
    // An idle connection is no reason to stay.
    let _idle = TcpStream::connect(warden.address).await.unwrap();
    assert_eq!(warden.get("/-/healthy").await.status, 200);
    warden.stop.cancel();
    let leaving = warden.serving.join_next();
    tokio::time::timeout(Duration::from_secs(30), leaving)
        .await
        .expect("it left")
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(warden.address).await.is_err());
}

#[tokio::test]
async fn spend_is_kept_apart_as_asked_and_adds_up() {
    let warden = Warden::start().await;
    let ask = async |query: &str| warden.get(&format!("/api/v1/spend?{query}")).await.json();
    let window = "from=2026-11-02&to=2026-11-04&organization=acme";

    let all = ask(window).await;
    assert_eq!(
        all["data"],
        json!([
            { "organization": "acme", "value": "6.603", "unit": "USD", "basis": "mixed" },
        ])
    );
    assert_eq!(all["totals"][0]["value"], "6.603");
    assert_eq!(all["totals"][0]["tokens"]["output"], 30);

    let workspaces = ask(&format!("{window}&by=workspace")).await;
    assert_eq!(
        workspaces["data"],
        json!([
            { "organization": "acme", "workspace_id": "default", "workspace": "Default",
              "value": "2.20", "unit": "USD", "basis": "mixed" },
            { "organization": "acme", "workspace_id": "wrkspc_1", "workspace": "ingest \"prod\"\n",
              "value": "4.403", "unit": "USD", "basis": "mixed" },
        ])
    );

    let fine = ask(&format!("{window}&by=day,model,key")).await;
    assert_eq!(fine["by"], json!(["day", "model", "key"]));
    assert_eq!(fine["data"].as_array().unwrap().len(), 5);
    assert_eq!(
        fine["data"][0],
        json!(
            { "organization": "acme", "day": "2026-11-02", "model": null, "api_key_id": "none",
              "value": "0.003", "unit": "USD", "basis": "billed" }
        )
    );
    assert_eq!(
        fine["data"][3],
        json!(
            { "organization": "acme", "day": "2026-11-03", "model": "claude-opus-5-5",
              "api_key_id": "apikey_1", "api_key": "name of apikey_1",
              "value": "2.20", "unit": "USD", "basis": "estimated" }
        )
    );
}

#[tokio::test]
async fn without_a_window_it_is_this_month_until_now() {
    let warden = Warden::start().await;
    let answer = warden.get("/api/v1/spend").await.json();
    assert_eq!(answer["from"], "2026-11-01T00:00:00Z");
    assert_eq!(answer["to"], "2026-11-21T14:05:03Z");
    let names: Vec<&Value> =
        answer["totals"].as_array().unwrap().iter().map(|total| &total["organization"]).collect();
    assert_eq!(names, ["acme", "labs"]);
}

#[tokio::test]
async fn days_begin_in_the_zone_that_was_asked_for() {
    let warden = Warden::start().await;
    let query = "from=2026-11-02&to=2026-11-04&by=day&zone=Europe/Berlin&organization=acme";
    let answer = warden.get(&format!("/api/v1/spend?{query}")).await.json();
    assert_eq!(answer["from"], "2026-11-01T23:00:00Z");
    let days: Vec<&Value> =
        answer["data"].as_array().unwrap().iter().map(|row| &row["day"]).collect();
    assert_eq!(days, ["2026-11-02", "2026-11-03"]);
    let offset = "from=2026-11-02T00:00:00+01:00&to=2026-11-04T00:00:00%2B01:00";
    let answer = warden.get(&format!("/api/v1/spend?{offset}")).await.json();
    assert_eq!(answer["from"], "2026-11-01T23:00:00Z");
}

/// Every way to ask wrongly, the parameter to look at, and the words that must help.
#[tokio::test]
async fn bad_questions_name_the_parameter() {
    let warden = Warden::start().await;
    let cases = [
        ("form=2026-11-01", "form", "known are `from`, `to`, `by`, `zone` and `organization`"),
        ("from=2026-11-01&from=2026-11-02", "from", "given twice"),
        ("from=2026-02-30", "from", "neither a date"),
        ("from=01.11.2026", "from", "neither a date"),
        ("to=2026-11-01T00:00:00", "to", "nor a time with its zone"),
        ("from=", "from", "neither a date"),
        ("from=2026-11-02&to=2026-11-02", "to", "must be later than `from`"),
        ("from=2020-01-01", "to", "longer than 800 days"),
        ("by=workspace,modle", "by", "not `modle`"),
        ("zone=Mars/Olympus", "zone", "not the name of a time zone"),
        ("organization=acm", "organization", "no organization is called `acm`"),
    ];
    for (query, parameter, words) in cases {
        let answer = warden.get(&format!("/api/v1/spend?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let error = &answer.json()["error"];
        assert_eq!(error["parameter"], parameter, "{query}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "for {query}, got: {message}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_our_fault_and_says_whose_past() {
    let warden = Warden::with(Shelf::broken().await).await;
    let answer = warden.get("/api/v1/spend").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["error"]["message"], "the past of acme could not be read");
    assert_eq!(warden.get("/api/v1/status").await.status, 200);
}
