//! A crossing is told once to each recipient, wherever the daemon is killed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{decimal, month};
use crate::support::process::{Daemon, House, Simulated, eventually};
use crate::support::smtp::{Fault, Offer, PASSWORD, SmtpServer, USERNAME};

const RECIPIENTS: [&str; 2] = ["cto@example.com", "finops@example.com"];

/// A simulator, a mail server, and a budget of which 80 % and more are spent.
struct Rig {
    simulated: Simulated,
    server: SmtpServer,
    house: House,
}

impl Rig {
    async fn start(script: &[Fault]) -> Self {
        let simulated = Simulated::start(&["--usage-delay", "0s"]);
        let server = SmtpServer::start(Offer::StartTls, "PLAIN LOGIN").await;
        server.script(script);
        let spent = decimal(&month(&simulated).await["total"]["visible"]["spend"]);
        // At 87 %. In the first minutes of a month there is hardly anything to take a share of.
        let amount = (spent * Decimal::new(115, 2)).max(Decimal::new(1, 2)).round_dp(2);
        let house = House::with(&simulated.base_url, &channel(&server, amount));
        std::fs::write(house.file("ca.pem"), &server.ca_pem).unwrap();
        Self { simulated, server, house }
    }

    async fn daemon(&self) -> Daemon {
        let environment =
            [("ANTHROPIC_ADMIN_KEY", self.simulated.admin_key.as_str()), ("PASSWORD", PASSWORD)];
        Daemon::start(&self.house.config(), &environment).await
    }

    /// How often each recipient got each mail.
    fn mails(&self) -> BTreeMap<(String, String), usize> {
        let mut mails = BTreeMap::new();
        for mail in self.server.taken() {
            let identity = mail.header("Message-ID").unwrap().to_owned();
            assert!(mail.private, "a mail travelled in clear");
            for recipient in &mail.recipients {
                *mails.entry((recipient.clone(), identity.clone())).or_default() += 1;
            }
        }
        mails
    }

    /// Waits until every notice is where it should be, and the daemon knows it.
    async fn delivered(&self, daemon: &Daemon) {
        let start = "usagewarden_outbox_entries{channel=\"finops\",state=\"";
        eventually("an outbox with nothing open", async || {
            let metrics = daemon.metrics().await;
            let entries = metrics.lines().filter_map(|line| line.strip_prefix(start));
            let entries: Vec<_> = entries.filter(|line| !line.ends_with(" 0")).collect();
            (entries == ["accepted\"} 2"]).then_some(())
        })
        .await;
    }

    /// Killed and started once more, it polls and judges, and has nothing to say.
    async fn nothing_repeats(&self, daemon: Daemon) {
        let mails = self.mails();
        assert!(!daemon.process.kill().contains(PASSWORD));
        let daemon = self.daemon().await;
        daemon.polled("usage", 3).await;
        self.delivered(&daemon).await;
        let log = daemon.process.said();
        assert!(!log.contains("has spent"), "it was decided again: {log}");
        assert_eq!(daemon.process.stop().await, Some(0));
        assert_eq!(self.mails(), mails);
    }
}

fn channel(server: &SmtpServer, amount: Decimal) -> String {
    let port = server.port;
    format!(
        "[channel.email.finops]\nserver = \"127.0.0.1:{port}\"\nca_file = \"ca.pem\"\n\
         username = {USERNAME:?}\npassword = {{ env = \"PASSWORD\" }}\n\
         from = \"UsageWarden <warden@example.com>\"\nto = {RECIPIENTS:?}\n\
         [[rule.budget]]\nname = \"month\"\namount = \"{amount} USD\"\nsteps = [{{ at = \"80%\" }}]\n"
    )
}

fn recipients(mails: &BTreeMap<(String, String), usize>) -> Vec<&str> {
    mails.keys().map(|(recipient, _)| recipient.as_str()).collect()
}

#[tokio::test]
async fn killed_right_after_the_mail_was_taken_it_is_told_once() {
    let rig = Rig::start(&[]).await;
    let daemon = rig.daemon().await;
    eventually("both mails", async || (rig.server.taken().len() == 2).then_some(())).await;
    daemon.process.kill();
    let daemon = rig.daemon().await;
    rig.delivered(&daemon).await;
    // Between taking a mail and writing that down, a repeat is the honest answer; the
    // receiver knows it by its identity.
    assert_eq!(recipients(&rig.mails()), RECIPIENTS, "{:?}", rig.mails());
    rig.nothing_repeats(daemon).await;
}

#[tokio::test]
async fn killed_before_the_answer_the_repeat_has_the_same_identity() {
    let rig = Rig::start(&[Fault::SilentAtEnd]).await;
    let daemon = rig.daemon().await;
    eventually("both mails", async || (rig.server.taken().len() == 2).then_some(())).await;
    daemon.process.kill();
    let daemon = rig.daemon().await;
    rig.delivered(&daemon).await;
    // The other one was answered, and perhaps that could not be written down any more.
    let mails = rig.mails();
    assert_eq!(recipients(&mails), RECIPIENTS, "{mails:?}");
    assert!(mails.values().any(|times| *times == 2), "{mails:?}");
    assert!(mails.values().all(|times| *times <= 2), "{mails:?}");
    rig.nothing_repeats(daemon).await;
}

#[tokio::test]
async fn killed_before_the_mail_was_sent_it_is_told_by_the_next_start() {
    // Silent to both: a mail that is taken while we kill could be taken twice.
    let rig = Rig::start(&[Fault::SilentAtOnce, Fault::SilentAtOnce]).await;
    let daemon = rig.daemon().await;
    eventually("both connections", async || (rig.server.connections() == 2).then_some(())).await;
    assert!(rig.server.taken().is_empty());
    daemon.process.kill();
    let daemon = rig.daemon().await;
    rig.delivered(&daemon).await;
    let mails = rig.mails();
    assert_eq!(recipients(&mails), RECIPIENTS);
    assert!(mails.values().all(|times| *times == 1), "{mails:?}");
    rig.nothing_repeats(daemon).await;
}
