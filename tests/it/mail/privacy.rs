//! Nothing is sent, least of all a password, where someone else could read it.

use secrecy::SecretString;
use usagewarden::deliver::email::{Login, Tls};
use usagewarden_core::outbox::EntryState::{Accepted, Retrying};

use crate::mail::desk::Desk;
use crate::support::smtp::{Offer, SmtpServer, USERNAME};

/// A desk that gets its mail through.
async fn check_accepted(desk: Desk) {
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Accepted]).await;
    deliverer.stop().await;
}

/// A desk whose first attempt fails with these words, before any mail or login.
async fn check_withheld(desk: Desk, said: &str) {
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    deliverer.stop().await;
    let error = desk.entries().await[0].last_error.clone().unwrap();
    assert!(error.contains(said), "{error}");
    assert_eq!((desk.server.heard("AUTH"), desk.server.heard("MAIL")), (0, 0));
}

#[tokio::test]
async fn every_way_to_a_server_works() {
    for offer in [Offer::StartTls, Offer::Implicit, Offer::Plain] {
        check_accepted(Desk::with(offer, &["finops@example.com"]).await).await;
    }
}

#[tokio::test]
async fn plain_is_preferred_and_login_works_whatever_the_prompts_say() {
    for (auth, expected) in [("LOGIN PLAIN", "AUTH PLAIN"), ("LOGIN", "AUTH LOGIN")] {
        let server = SmtpServer::start(Offer::StartTls, auth).await;
        let desk = Desk::facing(server, Offer::StartTls, &["finops@example.com"]);
        desk.queue("first").await;
        let deliverer = desk.open();
        desk.settled(&[Accepted]).await;
        deliverer.stop().await;
        assert_eq!(desk.server.heard(expected), 1, "{auth}");
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let mut desk = Desk::with(Offer::Plain, &["finops@example.com"]).await;
    desk.settings.tls = Tls::StartTls;
    check_withheld(desk, "does not offer STARTTLS").await;
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    for offer in [Offer::StartTls, Offer::Implicit] {
        let mut desk = Desk::with(offer, &["finops@example.com"]).await;
        let stranger = SmtpServer::start(offer, "").await;
        std::fs::write(desk.settings.ca_file.as_ref().unwrap(), &stranger.ca_pem).unwrap();
        desk.settings.login = None;
        check_withheld(desk, "could not be made private").await;
    }
}

#[tokio::test]
async fn a_missing_or_senseless_ca_file_is_named() {
    let desk = Desk::new().await;
    let path = desk.settings.ca_file.clone().unwrap();
    std::fs::write(&path, "not a certificate").unwrap();
    check_withheld(desk, "holds no certificate in PEM form").await;

    let mut desk = Desk::new().await;
    desk.settings.ca_file = Some("/nonexistent/ca.pem".into());
    check_withheld(desk, "/nonexistent/ca.pem could not be read").await;
}

#[tokio::test]
async fn a_wrong_password_is_said_and_may_heal() {
    let mut desk = Desk::new().await;
    let password = SecretString::from("wrong".to_owned());
    desk.settings.login = Some(Login { username: USERNAME.to_owned(), password });
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    deliverer.stop().await;
    let error = desk.entries().await[0].last_error.clone().unwrap();
    assert!(error.contains("refused the login, check `username` and `password`"), "{error}");
    assert!(!error.contains("wrong"), "{error}");
    assert_eq!(desk.server.heard("MAIL"), 0);
}

#[tokio::test]
async fn a_server_that_offers_no_login_we_know_is_named() {
    let server = SmtpServer::start(Offer::StartTls, "GSSAPI").await;
    let desk = Desk::facing(server, Offer::StartTls, &["finops@example.com"]);
    check_withheld(desk, "offers neither AUTH PLAIN nor AUTH LOGIN").await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let mut desk = Desk::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    desk.settings.port = listener.local_addr().unwrap().port();
    drop(listener);
    let port = desk.settings.port;
    check_withheld(desk, &format!("127.0.0.1:{port} could not be reached")).await;
}
