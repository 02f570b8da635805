//! Certificates: trusted by the system, by `ca_file`, or by nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{EMPTY, ask_usage, client_with, settings};
use crate::claude::{Api, PollError, Settings};

/// Answers with an empty page behind a certificate nobody knows; the certificate as PEM.
async fn private_server() -> (JoinSet<()>, reqwest::Url, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let length = EMPTY.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{EMPTY}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (server, url.parse().unwrap(), made.cert.pem())
}

async fn ask(url: reqwest::Url, ca_file: Option<PathBuf>) -> Result<usize, PollError> {
    let settings = Settings { ca_file, ..settings(Api::Admin, url) };
    ask_usage(&client_with(settings).0).await
}

fn file(directory: &Path, name: &str, content: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[tokio::test]
async fn a_private_ca_is_trusted_once_it_is_named() {
    let (_server, url, pem) = private_server().await;
    let directory = tempfile::tempdir().unwrap();
    let known = file(directory.path(), "ca.pem", &pem);
    assert_eq!(ask(url, Some(known)).await.unwrap(), 0);
}

/// On a machine without any CA certificates the client cannot even be built; that too is
/// an error that speaks of certificates.
#[tokio::test]
async fn an_unknown_certificate_is_refused_at_once_and_explained() {
    let (_server, url, _) = private_server().await;
    let error = ask(url, None).await.unwrap_err();
    let advice = error.advice();
    assert!(advice.cause.contains("certificate"), "{error}: {advice:?}");
    assert!(advice.fix.contains("ca_file"), "{advice:?}");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let cases = [
        directory.path().join("absent.pem"),
        file(directory.path(), "empty.pem", ""),
        file(
            directory.path(),
            "broken.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
    ];
    for path in cases {
        let url = "https://localhost:9".parse().unwrap();
        let error = ask(url, Some(path.clone())).await.unwrap_err();
        assert!(matches!(error, PollError::CaFile { .. }), "{error}");
        assert!(error.advice().cause.contains(path.to_str().unwrap()));
    }
}
