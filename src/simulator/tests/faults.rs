//! Each fault does what it says.

use super::*;

const ME: &str = "/v1/organizations/me";
const HEADERS: [(&str, &str); 2] = [("x-api-key", ADMIN_KEY), ("anthropic-version", "2026-10-21")];

async fn with(fault: &str) -> Bench {
    Bench::with(Settings { faults: vec![fault.parse().unwrap()], ..Settings::default() }).await
}

#[tokio::test]
async fn refusing_faults_answer_with_their_status_and_body() {
    for (fault, status, kind, code, header) in [
        ("429", 429, "rate_limit_error", None, ("retry-after", None)),
        ("429-retry-after=7", 429, "rate_limit_error", None, ("retry-after", Some("7"))),
        (
            "spend-cap",
            429,
            "rate_limit_error",
            Some("enforced_spend_limit_reached"),
            ("retry-after", None),
        ),
        (
            "contract-cap",
            429,
            "rate_limit_error",
            Some("contract_spend_limit_reached"),
            ("retry-after", None),
        ),
        ("ramp", 429, "rate_limit_error", Some("ramp_limit_exceeded"), ("retry-after", Some("1"))),
        ("customer-limit", 400, "invalid_request_error", None, ("retry-after", None)),
        ("401", 401, "authentication_error", None, ("retry-after", None)),
        ("403", 403, "permission_error", None, ("retry-after", None)),
        ("404", 404, "not_found_error", None, ("retry-after", None)),
        ("500", 500, "api_error", None, ("x-should-retry", Some("true"))),
        ("500-no-retry", 500, "api_error", None, ("x-should-retry", Some("false"))),
        ("529", 529, "overloaded_error", None, ("retry-after", None)),
    ] {
        let answer = with(fault).await.get(ME).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["error"]["type"]), (status, &kind.into()), "{fault}");
        assert_eq!(body["error"]["details"]["error_code"].as_str(), code, "{fault}");
        assert_eq!(answer.header(header.0), header.1, "{fault}");
        assert_eq!(body["request_id"].as_str(), answer.header("request-id"), "{fault}");
    }
    let limit = with("customer-limit").await.get(ME).await.json();
    let message = limit["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("You have reached your specified API usage limits"));
}

#[tokio::test]
async fn pages_and_redirects_are_not_json() {
    for (fault, status) in [("html-502", 502), ("html", 200)] {
        let answer = with(fault).await.get(ME).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(answer.body.starts_with("<!DOCTYPE html>"));
    }
    let bench = with("redirect").await;
    let answer = bench.get(ME).await;
    assert_eq!((answer.status, answer.header("location")), (307, Some("/__sign_in")));
    assert_eq!(
        bench.ask("/__sign_in", &[]).await.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn spoiled_bodies_are_half_broken_off_or_slow() {
    let path = "/v1/organizations/users";
    let whole = Bench::steady().await.get(path).await.body;
    let truncated = with("truncated").await.get(path).await;
    assert_eq!((truncated.status, &*truncated.body), (200, &whole[..whole.len() / 2]));
    assert_eq!(truncated.header("content-length"), Some(&*(whole.len() / 2).to_string()));
    let dropped = with("dropped").await.get(path).await;
    assert_eq!(dropped.body, whole[..whole.len() / 2]);
    assert_eq!(dropped.header("content-length"), Some(&*whole.len().to_string()));
    let slow = with("slow").await.get(ME).await;
    assert_eq!(slow.json()["name"], "Acme Corp");
}

#[tokio::test]
async fn endless_bodies_end_with_the_client_or_the_simulator() {
    let mut bench = with("endless").await;
    let mut stream = bench.open("GET", ME, &HEADERS, "").await;
    let mut some = vec![0; 1_200_000];
    stream.read_exact(&mut some).await.unwrap();
    let head = String::from_utf8_lossy(&some[..400]).to_lowercase();
    assert!(!head.contains("content-length"), "collected before it was sent: {head}");
    drop(stream);
    let mut other = bench.open("GET", ME, &HEADERS, "").await;
    other.read_exact(&mut some).await.unwrap();
    bench.stop.cancel();
    bench.served.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_timeout_says_nothing_until_the_simulator_leaves() {
    let mut bench = with("timeout").await;
    let mut silent = bench.open("GET", ME, &HEADERS, "").await;
    assert_eq!(bench.ask("/__control", &[]).await.json()["served"][ME], 1);
    bench.stop.cancel();
    bench.served.join_next().await.unwrap().unwrap().unwrap();
    let mut rest = String::new();
    silent.read_to_string(&mut rest).await.unwrap();
    assert!(rest.starts_with("HTTP/1.0 504"), "{rest}");
}

#[tokio::test]
async fn faults_of_cursors_strike_only_requests_with_one() {
    let path = "/v1/organizations/api_keys?limit=2";
    for (fault, status) in [("410", 410), ("bad-cursor", 400)] {
        let bench = with(fault).await;
        let page = bench.json(path).await;
        let next = format!("{path}&after_id={}", page["last_id"].as_str().unwrap());
        assert_eq!(bench.get(&next).await.status, status);
        bench.control(r#"{"faults":[]}"#).await;
        assert_eq!(bench.get(&next).await.status, 200);
    }
}

#[tokio::test]
async fn bare_errors_lack_type_and_request_id() {
    let bench = with("bare-errors").await;
    bench.control(r#"{"faults":["bare-errors","500x1"]}"#).await;
    for path in [ME, "/v1/nowhere"] {
        let answer = bench.get(path).await;
        let body = answer.json();
        assert!(body["type"].is_null() && body["request_id"].is_null(), "{body}");
        assert!(body["error"]["type"].is_string() && answer.header("request-id").is_some());
    }
    assert_eq!(bench.get(ME).await.status, 200);
}

#[tokio::test]
async fn faults_keep_to_their_path_and_count_and_are_switched_at_run_time() {
    let bench = Bench::steady().await;
    let changed = bench.control(r#"{"faults":["users:500x2","invites:529"]}"#).await;
    assert_eq!(changed.json()["faults"], serde_json::json!(["users:500x2", "invites:529"]));
    let status = async |path: &str| bench.get(&format!("/v1/organizations/{path}")).await.status;
    let seen = [status("users").await, status("users").await, status("users").await];
    assert_eq!(seen, [500, 500, 200]);
    assert_eq!([status("invites").await, status("invites").await], [529, 529]);
    assert_eq!(status("me").await, 200);
    let shown = bench.ask("/__control", &[]).await.json();
    assert_eq!(shown["faults"][0], "users:500x0");
    assert_eq!(shown["served"]["/v1/organizations/users"], 3);
    for wrong in [r#"{"fault":[]}"#, r#"{"faults":["501"]}"#, "nonsense"] {
        assert_eq!(bench.control(wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn requests_are_listed_with_their_fault_until_they_are_answered_or_given_up() {
    let bench = with("usage_report:timeout").await;
    let open = async || {
        let shown = bench.send("GET", "/__control", &[], "").await.json();
        shown["open"].as_array().unwrap().clone()
    };
    assert_eq!(bench.get(ME).await.status, 200);
    assert!(open().await.is_empty());

    let path = "/v1/organizations/usage_report/messages";
    let hanging = bench.open("GET", path, &HEADERS, "").await;
    let hangs = serde_json::json!([{ "path": path, "fault": "timeout" }]);
    while open().await != *hangs.as_array().unwrap() {
        tokio::task::yield_now().await;
    }
    drop(hanging);
    while !open().await.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn refused_and_silent_writes_are_not_made_and_lost_ones_are() {
    let bench = Bench::steady().await;
    let path = format!("/v1/organizations/api_keys/{}", bench.key("ci"));
    for (fault, status) in [
        ("api_keys:429x1", 429),
        ("api_keys:429-retry-after=1x1", 429),
        ("api_keys:500x1", 500),
        ("api_keys:529x1", 529),
        ("POST /v1/organizations/api_keys:403x1", 403),
    ] {
        bench.control(&format!(r#"{{"faults":["{fault}"]}}"#)).await;
        let answer = bench.write("POST", &path, r#"{"name":"other"}"#).await;
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(bench.json(&path).await["name"], "ci", "{fault}");
    }
    bench.control(r#"{"faults":["api_keys:timeout"]}"#).await;
    drop(bench.open("POST", &path, &HEADERS, r#"{"name":"other"}"#).await);
    bench.control(r#"{"faults":["api_keys:lostx1"]}"#).await;
    assert_eq!(bench.json(&path).await["name"], "ci", "reading is not struck");
    let mut lost = bench.open("POST", &path, &HEADERS, r#"{"name":"other"}"#).await;
    let mut heard = Vec::new();
    let _ = lost.read_to_end(&mut heard).await;
    assert_eq!(String::from_utf8_lossy(&heard), "", "not a byte of the answer");
    assert_eq!(bench.json(&path).await["name"], "other");
}

#[tokio::test]
async fn a_fault_can_be_of_one_method_and_writes_are_counted_apart() {
    let bench = Bench::steady().await;
    let path = format!("/v1/organizations/api_keys/{}", bench.key("ci"));
    bench.control(r#"{"faults":["POST:500"]}"#).await;
    assert_eq!(bench.get(&path).await.status, 200);
    assert_eq!(bench.write("POST", &path, "{}").await.status, 500);
    bench.control(r#"{"faults":["DELETE:500"]}"#).await;
    assert_eq!(bench.write("POST", &path, "{}").await.status, 200);
    let served = bench.ask("/__control", &[]).await.json()["served"].clone();
    assert_eq!((&served[&path], &served[format!("POST {path}")]), (&1.into(), &2.into()));
}
