//! The demo as anyone would start it: with nothing but the program.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::Value;

use crate::support::process::{PATIENCE, Process, eventually, usagewarden};

/// A demo at work, and what it prints.
struct Demo {
    process: Process,
    lines: Receiver<String>,
    /// Where it may make its folder, and where it looks for programs.
    house: tempfile::TempDir,
}

impl Demo {
    /// Without certificates, with a proxy that leads nowhere, and nothing installed.
    fn start(arguments: &[&str]) -> Self {
        let house = tempfile::tempdir().unwrap();
        Self::start_in(house, arguments)
    }

    fn start_in(house: tempfile::TempDir, arguments: &[&str]) -> Self {
        let mut process = Process::start(demo(house.path(), arguments).stdout(Stdio::piped()));
        let stdout = process.stdout();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { process, lines, house }
    }

    /// The next line that `wanted` finds; those before it are dropped.
    fn line(&self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("it only said: {}", self.process.said()));
            if wanted(&line) {
                return line;
            }
        }
    }

    /// What it prints from here to its end.
    fn rest(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok()).collect()
    }
}

fn demo(house: &Path, arguments: &[&str]) -> Command {
    let mut command = usagewarden();
    command.arg("demo").args(arguments).env("TMPDIR", house).env("PATH", house);
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
    command.env("SSL_CERT_FILE", house.join("none.pem")).env("SSL_CERT_DIR", house.join("none"));
    command
}

fn texts<'a>(events: &'a [Value], event: &str, name: &str) -> Vec<&'a str> {
    let named = events.iter().filter(|one| one["event"] == event);
    named.map(|one| one[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn three_steps_are_crossed_and_three_mails_arrive_each_after_its_step() {
    let demo = Demo::start(&["--for", "26s", "--json"]);
    let events: Vec<Value> =
        demo.rest().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(demo.process.ended().await, Some(0), "{events:#?}");

    let order: Vec<&str> = events.iter().map(|one| one["event"].as_str().unwrap()).collect();
    let order: Vec<&str> = order.into_iter().filter(|one| *one != "spend").collect();
    let step = ["crossed", "mail"];
    assert_eq!(order, [&["started", "runaway"][..], &step, &step, &step, &["ended"]].concat());
    assert_eq!(texts(&events, "crossed", "step"), ["50%", "80%", "100%"]);

    let page = events[0]["status_page"].as_str().unwrap();
    let mails = texts(&events, "mail", "file");
    let mails: Vec<Eml> = mails.into_iter().map(|path| Eml::read(Path::new(path))).collect();
    for (mail, subject) in mails.iter().zip(texts(&events, "mail", "subject")) {
        assert_eq!(mail.header("subject"), subject);
        assert_eq!(mail.header("delivered-to"), "finops@acme.example");
        assert!(mail.body.contains(page), "no link to {page} in {}", mail.body);
    }
    // One matter, one thread.
    assert_eq!(mails[1].header("in-reply-to"), mails[0].header("message-id"));
    assert_eq!(mails[2].header("in-reply-to"), mails[0].header("message-id"));

    let ended = events.last().unwrap();
    assert_eq!(
        (&ended["mails"], &ended["crossed"]),
        (&3.into(), &serde_json::json!(["50%", "80%", "100%"]))
    );
    let folder = Path::new(events[0]["folder"].as_str().unwrap());
    assert_eq!(folder.parent().unwrap(), demo.house.path());
    assert_eq!(std::fs::read_dir(demo.house.path()).unwrap().count(), 1);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

/// A mail as any program would read the file.
struct Eml {
    headers: Vec<(String, String)>,
    body: String,
}

impl Eml {
    fn read(path: &Path) -> Self {
        let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "lines end in CR LF");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ");
        let headers = unfolded.split("\r\n").map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let mail = Self { headers: headers.collect(), body: body.to_owned() };
        let kind = mail.header("content-type");
        let boundary = kind.split("boundary=\"").nth(1).unwrap().trim_end_matches('"');
        assert!(mail.body.starts_with(&format!("--{boundary}\r\n")), "{kind}");
        assert!(mail.body.trim_end().ends_with(&format!("--{boundary}--")), "{kind}");
        mail
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

#[tokio::test]
async fn it_says_what_runs_and_goes_on_until_ctrl_c() {
    let house = tempfile::tempdir().unwrap();
    let opened = house.path().join("opened");
    let opener = house.path().join("xdg-open");
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display())).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let demo = Demo::start_in(house, &["--open"]);

    let page = demo.line(|line| line.contains("status page"));
    let page = page.trim().trim_start_matches("status page").trim().to_owned();
    demo.line(|line| line.contains("simulated API"));
    demo.line(|line| line.contains("with Ctrl-C"));
    demo.line(|line| line.contains("the key `evals` runs away"));
    demo.line(|line| line.contains('%'));
    demo.process.signal("INT");
    let rest = demo.rest().join("\n");
    assert!(rest.contains("and nothing else"), "{rest}");
    assert_eq!(demo.process.ended().await, Some(0), "{rest}");
    let seen = eventually("the opener", async || std::fs::read_to_string(&opened).ok()).await;
    assert_eq!(seen.trim(), page);
}

#[tokio::test]
async fn an_end_while_it_starts_is_clean_too_and_no_opener_is_no_matter() {
    let demo = Demo::start(&["--open", "--json"]);
    let note = demo.line(|line| line.contains("\"note\""));
    assert!(note.contains("there is no xdg-open here"), "{note}");
    demo.process.signal("TERM");
    assert!(demo.line(|line| line.contains("\"ended\"")).contains("\"mails\":0"));
    assert_eq!(demo.process.ended().await, Some(0));
}

#[tokio::test]
async fn mails_that_cannot_be_kept_are_missed_and_nothing_is_pretended() {
    let demo = Demo::start(&["--for", "15s", "--json"]);
    let started: Value = serde_json::from_str(&demo.line(|_| true)).unwrap();
    let folder = Path::new(started["folder"].as_str().unwrap());
    std::fs::remove_dir(folder.join("mails")).unwrap();
    assert!(demo.line(|line| line.contains("\"ended\"")).contains("\"mails\":0"));
    let said = demo.process.ended_saying().await;
    assert_eq!(said.0, Some(1), "{}", said.1);
    assert!(said.1.contains("0 of 3 mails came in time"), "{}", said.1);
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let house = tempfile::tempdir().unwrap();
    std::fs::write(house.path().join("mine"), "").unwrap();
    let output = house.path().to_str().unwrap();
    let said = demo(house.path(), &["--output", output]).output().unwrap();
    let stderr = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("is not empty"), "{stderr}");
    assert!(said.stdout.is_empty());
    assert_eq!(std::fs::read_dir(house.path()).unwrap().count(), 1);
}
