//! What steps had done, and who may have it undone.

use super::*;

const ID: &str = "month:acme:a%2Fb,c:stop:1";

#[tokio::test]
async fn actions_say_what_became_of_every_target() {
    let warden = Warden::start().await;
    insta::assert_json_snapshot!(warden.get("/api/v1/actions").await.json());
}

#[tokio::test]
async fn actions_can_be_narrowed_down() {
    let warden = Warden::start().await;
    let ids = async |query: &str| {
        let answer = warden.get(&format!("/api/v1/actions?{query}")).await.json();
        answer["data"].as_array().unwrap().len()
    };
    for (query, count) in [
        ("", 2),
        ("limit=1", 1),
        ("state=refused", 1),
        ("state=dry_run,done", 1),
        ("state=undone", 0),
        ("organization=acme", 2),
        ("organization=labs", 0),
    ] {
        assert_eq!(ids(query).await, count, "{query}");
    }
    assert_eq!(warden.get("/api/v1/actions?state=lost").await.status, 400);
}

#[tokio::test]
async fn an_action_is_undone_once_by_whoever_may() {
    let warden = Warden::start().await;
    let path = format!("/api/v1/actions/{ID}/undo");
    for (token, status) in [(READER, 403), (OPS, 403), ("wrong", 401)] {
        assert_eq!(warden.post(&path, token, "").await.status, status, "{token}");
    }
    let answer = warden.post(&path, STOPPER, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["id"], "month:acme:a/b,c:stop:1");
    assert!(answer.json()["undo_asked_at"].is_string(), "{}", answer.text());
    warden.actions_moved.notified().await;
    let one = warden.get(&format!("/api/v1/actions/{ID}")).await.json();
    assert_eq!(one["no_undo"], "it is being undone already");
    assert!(one["next_attempt_at"].is_string(), "{one}");

    let again = warden.post(&path, STOPPER, "").await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("it is being undone already"), "{}", again.text());
}

#[tokio::test]
async fn what_changed_nothing_or_does_not_exist_is_not_undone() {
    let warden = Warden::start().await;
    for (id, status, words) in [
        ("month:acme:dry:1", 409, "it was a dry run"),
        ("month:acme:none", 404, "there is no action with this id"),
        ("..", 404, "there is"),
    ] {
        let answer = warden.post(&format!("/api/v1/actions/{id}/undo"), STOPPER, "").await;
        assert_eq!(answer.status, status, "{id}");
        assert!(answer.text().contains(words), "for {id}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_page_shows_actions_and_how_they_come_back() {
    let page = Warden::start().await.get("/").await;
    let section = page.text().split("<h2>Actions</h2>").nth(1).unwrap();
    let section = section.split("</section>").next().unwrap();
    assert!(section.contains("<code>usagewarden actions undo month:acme:a/b,c:stop:1</code>"));
    assert!(
        section.contains("dry run") && section.contains("<strong>refused</strong>"),
        "{section}"
    );
    assert!(section.contains("it belongs to workspace &lt;b&gt; now"), "{section}");
    assert!(!section.contains("actions undo month:acme:dry"), "{section}");
    let broken = Warden::with(Shelf::broken().await).await.get("/").await;
    assert!(broken.text().contains("The actions cannot be read."));
}
