//! Conversations with servers that ask in their own words, and certificates that nobody
//! should believe.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use usagewarden_core::outbox::{Culprit, Outcome};

use super::*;
use crate::deliver::email::samples::notice;

const TO: &str = "finops@example.com";

fn connections(port: u16, tls: Tls, ca_file: Option<PathBuf>) -> Connections {
    let password = SecretString::from("correct horse".to_owned());
    let login = (tls == Tls::None).then(|| Login { username: "warden".to_owned(), password });
    let (host, idle) = ("127.0.0.1".to_owned(), Mutex::default());
    Connections { host, port, tls, login, ca_file, idle }
}

/// Plays a server by a script: after each line that begins like the first of a pair, the
/// second is answered. Where there is no answer it hangs up.
async fn play(listener: TcpListener, script: &[(&str, &str)]) -> Vec<String> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufStream::new(stream);
    let mut heard = Vec::new();
    stream.write_all(b"220 mail.test\r\n").await.unwrap();
    stream.flush().await.unwrap();
    for (begins, answer) in script {
        let mut line = String::new();
        while line.is_empty() || (*begins == "." && line != ".\r\n") {
            line.clear();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return heard;
            }
        }
        assert!(line.starts_with(begins), "expected {begins:?}, heard {line:?}");
        heard.push(line.trim_end().to_owned());
        if answer.is_empty() {
            return heard;
        }
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
    heard
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Sends one mail to a server that plays `script` after the login.
async fn send(script: &[(&str, &str)]) -> (Result<(), MailError>, bool, Vec<String>) {
    let (listener, port) = listen().await;
    let connections = connections(port, Tls::None, None);
    let settings = crate::deliver::email::samples::settings();
    let mail = Mail::compose(&settings, &TO.parse().unwrap(), &notice()).unwrap();
    let progress = Progress::default();
    let (sent, heard) = tokio::join!(connections.send(&mail, &progress), play(listener, script));
    (sent, progress.is_sent(), heard)
}

const HELLO: (&str, &str) = ("EHLO", "250-mail.test\r\n250 AUTH PLAIN");
const LOGIN: (&str, &str) = ("AUTH PLAIN", "235 welcome");
const MAIL: (&str, &str) = ("MAIL", "250 ok");
const RCPT: (&str, &str) = ("RCPT", "250 ok");
const DATA: (&str, &str) = ("DATA", "354 go ahead");

#[tokio::test]
async fn a_login_does_not_depend_on_the_words_of_the_prompts() {
    let prompts = [
        ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"),     // Username:, Password:
        ("VXNlciBOYW1lAA==", "UGFzc3dvcmQA"), // User Name, Password, each with a zero byte
        ("VXNlciBOYW1l", "UGFzcw=="),         // User Name, Pass
        ("", ""),                             // nothing at all
        ("ISFub3QgYmFzZTY0ISE", "%%%"),       // no base64
    ];
    for (first, second) in prompts {
        let (listener, port) = listen().await;
        let connections = connections(port, Tls::None, None);
        let (first, second) = (format!("334 {first}"), format!("334 {second}"));
        let script = [
            ("EHLO", "250-mail.test\r\n250 AUTH LOGIN"),
            ("AUTH LOGIN", first.as_str()),
            ("d2FyZGVu", second.as_str()),
            ("Y29ycmVjdCBob3JzZQ==", "235 welcome"),
            ("QUIT", "221 bye"),
        ];
        let (greeted, heard) = tokio::join!(connections.greet(), play(listener, &script));
        greeted.unwrap_or_else(|error| panic!("{first}: {error}"));
        assert_eq!(heard.len(), script.len(), "{first}");
    }
}

#[tokio::test]
async fn a_login_that_never_ends_is_no_login() {
    let (listener, port) = listen().await;
    let connections = connections(port, Tls::None, None);
    let script = [
        ("EHLO", "250-mail.test\r\n250 AUTH LOGIN"),
        ("AUTH LOGIN", "334 one"),
        ("d2FyZGVu", "334 two"),
        ("Y29ycmVjdCBob3JzZQ==", "334 three"),
    ];
    let (greeted, _) = tokio::join!(connections.greet(), play(listener, &script));
    assert!(matches!(greeted, Err(MailError::Login { .. })), "{greeted:?}");
}

/// At every step a server can say no, or hang up; only after the last byte may it have
/// the mail.
#[tokio::test]
async fn a_mail_may_be_taken_only_once_it_was_sent_and_not_answered() {
    let whole = [HELLO, LOGIN, MAIL, RCPT, DATA, (".", "250 taken")];
    for step in 2..whole.len() {
        for (answer, end) in [("", true), ("451 later", false), ("550 no", false)] {
            let mut script = whole[..=step].to_vec();
            script[step].1 = answer;
            script.extend((!end).then_some(("QUIT", "221 bye")));
            let (sent, progress, _) = send(&script).await;
            let (error, is_last) = (sent.unwrap_err(), step == whole.len() - 1);
            assert_eq!(error.may_be_taken(), is_last && end, "{step} {answer:?}: {error:?}");
            assert_eq!(progress, is_last, "{step} {answer:?}");
            assert_eq!(matches!(error, MailError::Refused { .. }), answer == "550 no", "{error:?}");
        }
    }
    assert!(send(&whole).await.0.is_ok());
}

/// A server that hangs up before it was shown a word of the mail does so to every mail; one
/// that does while it reads may do so for what it reads.
#[tokio::test]
async fn a_server_that_hangs_up_before_it_knows_the_mail_is_what_stands_in_the_way() {
    let whole = [HELLO, LOGIN, MAIL, RCPT, DATA, (".", "250 taken")];
    for step in 2..whole.len() {
        let mut script = whole[..=step].to_vec();
        script[step].1 = "";
        let error = send(&script).await.0.unwrap_err();
        let culprit = if step < 5 { Culprit::Server } else { Culprit::Message };
        assert_eq!((error.outcome(), error.culprit()), (Outcome::Failed, culprit), "{error:?}");
    }
    let no = [HELLO, LOGIN, (MAIL.0, "451 not this sender"), ("QUIT", "221 bye")];
    assert_eq!(send(&no).await.0.unwrap_err().culprit(), Culprit::Message);
}

struct Server {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    /// What a client is told to trust.
    trusted: String,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `name` from an authority, changed by `change`.
fn issued(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Server {
    let (authority, key) = (authority("Acme CA"), KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, &authority).unwrap().der().clone();
    Server { certificate, key, trusted: authority.pem() }
}

fn self_signed(is_ca: IsCa) -> Server {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = is_ca;
    let certificate = params.self_signed(&key).unwrap();
    Server { certificate: certificate.der().clone(), key, trusted: certificate.pem() }
}

/// What is said of a server with this certificate, by one who trusts it as told.
async fn said_of(server: Server) -> String {
    let (listener, port) = listen().await;
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, &server.trusted).unwrap();
    let key = PrivateKeyDer::try_from(server.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.certificate], key)
        .unwrap();
    let accept = async {
        let (stream, _) = listener.accept().await.unwrap();
        // The client leaves in the middle: that is what is tested.
        let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
        let mut stream = BufStream::new(stream);
        let mut line = String::new();
        for answer in ["220 mail.test\r\n", "250 mail.test\r\n", "221 bye\r\n"] {
            let said =
                stream.write_all(answer.as_bytes()).await.is_ok() && stream.flush().await.is_ok();
            if !said || stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
        }
    };
    let connections = connections(port, Tls::Implicit, Some(ca_file));
    let (greeted, ()) = tokio::join!(connections.greet(), accept);
    match greeted {
        Ok(()) => "welcome".to_owned(),
        Err(error) => error.to_string().replace(&format!("127.0.0.1:{port}"), "SERVER"),
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_believed_is_named_with_what_to_do() {
    let here = "127.0.0.1";
    let past = |params: &mut CertificateParams| {
        (params.not_before, params.not_after) =
            (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    };
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1);
    let stranger = |name: &str| Server { trusted: authority(name).pem(), ..issued(here, |_| {}) };
    let servers = [
        issued(here, |_| {}),
        self_signed(IsCa::NoCa),
        self_signed(IsCa::Ca(BasicConstraints::Unconstrained)),
        issued(here, past),
        issued(here, future),
        issued("mail.example.org", |_| {}),
        stranger("Other CA"),
        stranger("Acme CA"),
    ];
    let mut said = Vec::new();
    for server in servers {
        said.push(said_of(server).await);
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn tls_against_a_port_that_speaks_in_clear_is_told_apart() {
    let (listener, port) = listen().await;
    let connections = connections(port, Tls::Implicit, None);
    let accept = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
        stream
    };
    let (greeted, _) = tokio::join!(connections.greet(), accept);
    let error = greeted.unwrap_err().to_string();
    assert!(error.contains("does not speak TLS") && error.contains("starttls"), "{error}");
}
