//! What is shown without being asked for anything in particular.

use super::*;

#[tokio::test]
async fn the_page_shows_spend_freshness_and_what_to_do() {
    let warden = Warden::start().await;
    let page = warden.get("/").await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(page.text().replace(env!("CARGO_PKG_VERSION"), "1.2.3"));
}

#[tokio::test]
async fn a_period_that_nothing_is_known_of_is_not_shown_as_free() {
    let warden = Warden::start().await;
    let mut silent = judged("acme");
    for spend in &mut silent.snapshot.spends {
        (spend.charges, spend.data_until) = (Vec::new(), None);
    }
    warden.views.publish(Arc::new(silent));
    let page = warden.get("/").await;
    assert!(page.text().contains("nothing known yet"), "{}", page.text());
    assert!(!page.text().contains("nothing spent"), "{}", page.text());
}

#[tokio::test]
async fn the_status_is_what_the_last_commit_said() {
    let warden = Warden::start().await;
    warden.readiness.met("store");
    let mut status = warden.get("/api/v1/status").await.json();
    status["version"] = "1.2.3".into();
    insta::assert_json_snapshot!(status);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_tame_browsers() {
    let warden = Warden::start().await;
    for path in ["/", "/metrics", "/api/v1/status", "/api/v1/nothing", "/-/healthy", "/nothing"] {
        let answer = warden.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("deny"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let warden = Warden::start().await;
    let early = warden.get("/-/ready").await;
    assert_eq!(
        (early.status, early.text()),
        (503, "usagewarden is not ready:\n- store: not yet\n")
    );
    warden.readiness.met("store");
    assert_eq!(warden.get("/-/ready").await.status, 200);
    warden.readiness.unmet("store", "the disk is full");
    assert!(warden.get("/-/ready").await.text().contains("- store: the disk is full"));
    assert_eq!(warden.get("/-/healthy").await.status, 200);
}

#[tokio::test]
async fn a_scrape_has_the_type_that_prometheus_expects_and_can_be_small() {
    use std::io::Read;
    let warden = Warden::start().await;
    let plain = warden.get("/metrics").await;
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(plain.header("content-length"), Some(&*plain.body.len().to_string()));
    let small = warden.ask("GET", "/metrics", "Accept-Encoding: gzip\r\n").await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    let body = unchunk(&small.body);
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    let domain = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("claude_")).map(str::to_owned).collect()
    };
    assert_eq!(domain(&text), domain(plain.text()));
}

/// The bytes of a body that was sent in chunks.
fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
}
