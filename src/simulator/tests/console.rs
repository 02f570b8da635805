//! The verbs of `/__control`: what people do in the Console.

use super::*;

impl Bench {
    /// What a verb answers with.
    async fn console(&self, verb: &str) -> Value {
        let answer = self.control(&format!(r#"{{"console":{verb}}}"#)).await;
        assert_eq!(answer.status, 200, "{verb}: {answer:?}");
        answer.json()["console"].clone()
    }
}

#[tokio::test]
async fn a_key_is_made_in_a_workspace_and_its_secret_works() {
    let bench = Bench::steady().await;
    let made = bench
        .console(
            r#"{"create_key":{"name":"evals-2","workspace":"research","by":"kai@example.test"}}"#,
        )
        .await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let key = bench.json(&format!("/v1/organizations/api_keys/{id}")).await;
    assert_eq!((&key["name"], &key["status"]), (&"evals-2".into(), &"active".into()));
    assert_eq!(key["scope"]["workspace_id"], bench.workspace("research"));
    assert_eq!(key["created_by"]["id"], bench.user("kai@example.test"));
    assert_eq!(key["created_at"], START);
    let answer = bench.get_as(secret, "/v1/models").await;
    assert_eq!(answer.header("anthropic-workspace-id"), Some(&*bench.workspace("research")));

    let brief = bench.console(r#"{"create_key":{"name":"brief","expires_in_seconds":60}}"#).await;
    let secret = brief["secret"].as_str().unwrap();
    assert_eq!(bench.get_as(secret, "/v1/me").await.status, 200);
    bench.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(bench.get_as(secret, "/v1/me").await.status, 401);
}

#[tokio::test]
async fn people_and_keys_become_what_no_api_can_make_them() {
    let bench = Bench::steady().await;
    let (ada, web) = (bench.user("ada@example.test"), bench.key("web"));
    bench.console(r#"{"make_admin":{"member":"ada@example.test"}}"#).await;
    let path = format!("/v1/organizations/users/{ada}");
    assert_eq!(bench.json(&path).await["role"], "admin");
    bench.console(&format!(r#"{{"set_role":{{"member":"{ada}","role":"billing"}}}}"#)).await;
    assert_eq!(bench.json(&path).await["role"], "billing");
    bench.console(&format!(r#"{{"expire_key":{{"key":"{web}"}}}}"#)).await;
    let key = bench.json(&format!("/v1/organizations/api_keys/{web}")).await;
    assert_eq!((&key["status"], &key["expires_at"]), (&"expired".into(), &START.into()));
    let ci = bench.key("ci");
    bench.console(&format!(r#"{{"set_key_status":{{"key":"{ci}","status":"archived"}}}}"#)).await;
    let key = bench.json(&format!("/v1/organizations/api_keys/{ci}")).await;
    assert_eq!(key["status"], "archived");
}

#[tokio::test]
async fn limits_are_lowered() {
    let bench = Bench::steady().await;
    bench.console(r#"{"set_spend_limit":{"usd":50}}"#).await;
    bench.console(r#"{"set_spend_limit":{"workspace":"assistant","usd":7}}"#).await;
    let rows = bench.walk("/v1/organizations/spend_limits?limit=100").await;
    let amount = |kind: &str| -> Vec<&str> {
        let of = rows.iter().filter(|row| row["scope"]["type"] == kind);
        of.map(|row| row["amount"].as_str().unwrap()).collect()
    };
    assert_eq!(amount("organization"), ["5000"]);
    assert_eq!(amount("workspace")[0], "700");
    let limits = bench.json("/v1/organizations/rate_limits").await;
    let id = limits["data"][0]["id"].as_str().unwrap();
    let verb = format!(
        r#"{{"set_rate_limit":{{"rate_limit_id":"{id}","limiter":"requests_per_minute","value":9}}}}"#
    );
    bench.console(&verb).await;
    let limits = bench.json("/v1/organizations/rate_limits").await;
    assert_eq!(limits["data"][0]["limits"][0]["value"], 9);
    bench.console(r#"{"set_company_rate_limits":{"requests_per_minute":7}}"#).await;
    let company = bench.json("/v1/organizations/company").await;
    let shown = &company["settings"]["rate_limits"];
    assert_eq!(
        (&shown["requests_per_minute"], &shown["tokens_per_minute"]),
        (&7.into(), &2_000_000.into())
    );
}

#[tokio::test]
async fn verbs_that_name_nothing_are_refused_and_leave_no_trace() {
    let bench = Bench::steady().await;
    let before = bench.newest(20).await;
    let pilot = bench.key("pilot");
    for change in [
        r#"{"console":{"create_key":{"name":""}}}"#.to_owned(),
        r#"{"console":{"create_key":{"name":"x","workspace":"nowhere"}}}"#.to_owned(),
        r#"{"console":{"create_key":{"name":"x","by":"nobody"}}}"#.to_owned(),
        r#"{"console":{"create_key":{"name":"x","colour":"red"}}}"#.to_owned(),
        r#"{"console":{"make_admin":{"member":"nobody@example.test"}}}"#.to_owned(),
        r#"{"console":{"set_role":{"member":"ada@example.test","role":"boss"}}}"#.to_owned(),
        r#"{"console":{"expire_key":{"key":"apikey_01nowhere"}}}"#.to_owned(),
        format!(r#"{{"console":{{"expire_key":{{"key":"{pilot}"}}}}}}"#),
        format!(r#"{{"console":{{"set_key_status":{{"key":"{pilot}","status":"active"}}}}}}"#),
        r#"{"console":{"set_spend_limit":{"workspace":"Default","usd":5}}}"#.to_owned(),
        r#"{"console":{"set_rate_limit":{"rate_limit_id":"x","limiter":"y","value":5}}}"#
            .to_owned(),
        r#"{"console":{"dance":{}}}"#.to_owned(),
        r#"{"move_traffic":{"from":"apikey_01nowhere","to":"apikey_01nowhere"}}"#.to_owned(),
        format!(r#"{{"move_traffic":{{"from":"{pilot}","to":"{pilot}"}}}}"#),
        format!(
            r#"{{"console":{{"create_key":{{"name":"x"}}}},"move_traffic":{{"from":"{pilot}","to":"x"}}}}"#
        ),
    ] {
        let answer = bench.control(&change).await;
        assert_eq!(answer.status, 400, "{change}: {answer:?}");
        assert!(answer.json()["error"].is_string(), "{change}");
    }
    assert_eq!(bench.newest(20).await, before);
    assert_eq!(bench.simulation.scene().world.keys.len(), 12);
}
