//! `SIGKILL` at each step of a rotation: whoever goes on with it ends with one new key,
//! handed over once, and the old one cut.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::commands::keys::Desk;
use crate::support::process::{Process, eventually};

const KEY: &str = "sk-ant-";

/// A rotation of `svc`, a key that nobody has used, to a file.
struct Rotation {
    desk: Desk,
}

impl Rotation {
    fn begin() -> Self {
        let rotation = Self { desk: Desk::open() };
        let first = rotation.file("first.key");
        let create = ["keys", "create", "svc", "--yes", "--secret-file", &first];
        assert!(rotation.desk.command("labs", &create).output().unwrap().status.success());
        rotation
    }

    fn file(&self, name: &str) -> String {
        self.desk.house.file(name).display().to_string()
    }

    async fn faults(&self, faults: &[&str]) {
        self.desk.simulated.control(&json!({ "faults": faults })).await;
    }

    fn start(&self, more: &[&str]) -> Process {
        let rotate = ["keys", "rotate", "svc", "--yes", "--every", "100ms"];
        let mut command = self.desk.command("labs", &[&rotate[..], more].concat());
        Process::start(command.stdout(Stdio::null()))
    }

    /// To a file, and under a name that the rest of the test knows.
    fn start_to_file(&self) -> Process {
        self.start(&["--name", "svc-2", "--secret-file", &self.file("svc.key")])
    }

    /// Waits until a write that begins so was served.
    async fn served(&self, method: &str) {
        eventually("the write", async || {
            let served = self.desk.simulated.controls().await["served"].take();
            let served = served.as_object().unwrap();
            let path = |path: &String| path.starts_with(method) && path.contains("org_");
            // The first key of the test was made by a write, too.
            let least = if method == "POST" { 2 } else { 1 };
            served
                .iter()
                .any(|(name, times)| path(name) && times.as_u64() >= Some(least))
                .then_some(())
        })
        .await;
    }

    async fn stands_at(&self, stage: &str) {
        eventually(stage, async || {
            let folder = fs::read_dir(self.desk.house.file("rotations")).ok()?;
            let mut texts = folder.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
            texts.any(|text| text.contains(&format!("\"name\": \"{stage}\""))).then_some(())
        })
        .await;
    }

    /// Goes on with it, gives services the new key as soon as it is handed over, and looks at
    /// what is left.
    async fn ends_well(self) {
        self.faults(&[]).await;
        let process = self.start(&[]);
        eventually("the secret", async || fs::metadata(self.file("svc.key")).ok()).await;
        eventually("the services, or the end", async || {
            let (evals, new) = (self.desk.key("labs", "evals")?, self.desk.key("labs", "svc-2")?);
            let id = |key: serde_json::Value| key["id"].as_str().unwrap().to_owned();
            self.desk.move_traffic(&id(evals), &id(new)).await;
            Some(())
        })
        .await;
        let (code, said) = process.ended_saying().await;
        assert_eq!(code, Some(0), "{said}");
        assert!(self.desk.key("labs", "svc").is_none(), "the old key is cut");
        let new = self.desk.key("labs", "svc-2").expect("the new key is there");
        assert_eq!(self.made_by_now(), 1, "and it is the only one of its name");
        // It is the one whose secret was handed over.
        let secret = fs::read_to_string(self.file("svc.key")).unwrap();
        assert!(secret.starts_with(KEY));
        let mut check = self.desk.command("labs", &["check", "--online", "--key-env", "SECRET"]);
        assert!(check.env("SECRET", secret.trim()).output().unwrap().status.success(), "{new}");
        assert_eq!(fs::read_dir(self.desk.house.file("rotations")).unwrap().count(), 0);
        self.desk.journal();
    }

    fn made_by_now(&self) -> usize {
        let list = self.desk.command("labs", &["keys", "list", "--json"]).output().unwrap();
        String::from_utf8(list.stdout).unwrap().matches("\"name\": \"svc-2\"").count()
    }
}

#[tokio::test]
async fn before_the_new_key_is_made() {
    let rotation = Rotation::begin();
    rotation.faults(&["POST /v1/organizations:timeout"]).await;
    let process = rotation.start_to_file();
    rotation.served("POST").await;
    rotation.stands_at("making").await;
    process.kill();
    assert_eq!(rotation.made_by_now(), 0);
    rotation.ends_well().await;
}

/// The answer with the secret is on its way.
#[tokio::test]
async fn after_the_new_key_is_made_and_before_that_is_known() {
    let rotation = Rotation::begin();
    rotation.faults(&["POST /v1/organizations:slow"]).await;
    let process = rotation.start_to_file();
    rotation.served("POST").await;
    eventually("the key", async || (rotation.made_by_now() == 1).then_some(())).await;
    rotation.stands_at("making").await;
    process.kill();
    rotation.ends_well().await;
}

#[tokio::test]
async fn while_the_secret_is_handed_over() {
    let rotation = Rotation::begin();
    let pid = rotation.file("pid");
    let script = format!("echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 100");
    let process = rotation.start(&["--name", "svc-2", "--secret-command", "sh", "-c", &script]);
    let taker = eventually("the hand-over", async || fs::read_to_string(&pid).ok()).await;
    rotation.stands_at("made").await;
    process.kill();
    assert!(Command::new("kill").arg(taker.trim()).status().unwrap().success());
    // Who goes on with it may choose somebody else to take the secret.
    let file = rotation.file("svc.key");
    let again = rotation.start(&["--secret-file", &file, "--no-wait"]);
    assert_eq!(again.ended().await, Some(0));
    rotation.ends_well().await;
}

#[tokio::test]
async fn while_it_waits_for_the_new_key_to_be_used() {
    let rotation = Rotation::begin();
    let process = rotation.start_to_file();
    rotation.stands_at("handed_over").await;
    process.kill();
    rotation.ends_well().await;
}

async fn cutting(rotation: &Rotation, fault: &str) {
    rotation.faults(&[fault]).await;
    let process = rotation.start_to_file();
    rotation.stands_at("handed_over").await;
    let (evals, new) = (rotation.desk.id("labs", "evals"), rotation.desk.id("labs", "svc-2"));
    rotation.desk.move_traffic(&evals, &new).await;
    rotation.served("DELETE").await;
    rotation.stands_at("cutting").await;
    process.kill();
}

#[tokio::test]
async fn before_the_old_key_is_cut() {
    let rotation = Rotation::begin();
    cutting(&rotation, "DELETE /v1/organizations:timeout").await;
    assert!(rotation.desk.key("labs", "svc").is_some());
    rotation.ends_well().await;
}

#[tokio::test]
async fn after_the_old_key_is_cut_and_before_that_is_known() {
    let rotation = Rotation::begin();
    cutting(&rotation, "DELETE /v1/organizations:lost").await;
    assert!(rotation.desk.key("labs", "svc").is_none());
    rotation.ends_well().await;
}
