//! Connections to one mail server: opened when first needed, kept for a while.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{self, commands};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::deliver::email::error::{MailError, reason};
use crate::deliver::email::message::Mail;
use crate::deliver::email::{Login, Settings, Tls};

/// Servers close idle connections after minutes; we leave first.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// As many as attempts run at a time.
const KEPT_MAX: usize = 4;

/// How long an answer to a good-bye is waited for.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// The connections of one channel.
#[derive(Debug)]
pub(super) struct Connections {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<Login>,
    ca_file: Option<PathBuf>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Connections {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            host: settings.host.clone(),
            port: settings.port,
            tls: settings.tls,
            login: settings.login.clone(),
            ca_file: settings.ca_file.clone(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// `smtp.example.com:587`, for people.
    pub(super) fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Hands one mail over. Only a connection that came through whole is kept.
    pub(super) async fn send(&self, mail: &Mail, progress: &Progress) -> Result<(), MailError> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.open().await?,
        };
        if let Err(error) = hand_over(&mut connection, mail, progress).await {
            // The answer is known: a server that now keeps silent must not hide it.
            let _ = tokio::time::timeout(GOODBYE_MAX, connection.abort()).await;
            return Err(MailError::answered(self.server(), &error, progress));
        }
        self.keep(connection);
        Ok(())
    }

    /// Opens a connection, logged in where a login is configured, and takes leave.
    pub(super) async fn greet(&self) -> Result<(), MailError> {
        let mut connection = self.open().await?;
        // The answer to a good-bye changes nothing.
        let _ = connection.quit().await;
        Ok(())
    }

    pub(super) fn tidy(&self) {
        self.idle().retain(|idle| idle.since.elapsed() < IDLE_MAX);
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle();
        if idle.len() < KEPT_MAX {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// An idle connection that still answers.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let Idle { mut connection, since } = self.idle().pop()?;
            if since.elapsed() < IDLE_MAX && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let mut connection = match self.tls {
            Tls::None => self.connect().await?,
            Tls::Implicit => self.connect_private(self.trust().await?).await?,
            Tls::StartTls => self.start_tls().await?,
        };
        if let Some(login) = &self.login {
            self.log_in(&mut connection, login).await?;
        }
        Ok(connection)
    }

    /// In clear. Without Nagle's algorithm: the end of a mail is a small write of its own,
    /// which would wait 40 ms for the server's delayed acknowledgment.
    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let address = (self.host.as_str(), self.port);
        let stream = match TcpStream::connect(address).await {
            Ok(stream) => stream,
            Err(error) => return Err(self.unreachable(error.to_string())),
        };
        if let Err(error) = stream.set_nodelay(true) {
            return Err(self.unreachable(error.to_string()));
        }
        let me = ClientId::default();
        let connected = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &me).await;
        connected.map_err(|error| self.unreachable(reason(&error)))
    }

    async fn connect_private(&self, tls: TlsParameters) -> Result<AsyncSmtpConnection, MailError> {
        let address = (self.host.as_str(), self.port);
        let (me, tls) = (ClientId::default(), Some(tls));
        let connected = AsyncSmtpConnection::connect_tokio1(address, None, &me, tls, None).await;
        connected.map_err(|error| MailError::connecting(self.server(), &error))
    }

    fn unreachable(&self, reason: String) -> MailError {
        MailError::Unreachable { server: self.server(), reason }
    }

    async fn start_tls(&self) -> Result<AsyncSmtpConnection, MailError> {
        let trust = self.trust().await?;
        let mut connection = self.connect().await?;
        if !connection.can_starttls() {
            return Err(MailError::NoStartTls { server: self.server() });
        }
        let private = connection.starttls(trust, &ClientId::default()).await;
        private.map_err(|error| MailError::upgrading(self.server(), &error))?;
        Ok(connection)
    }

    /// Whom to trust. Read for each connection, so that what was healed is noticed.
    async fn trust(&self) -> Result<TlsParameters, MailError> {
        let mut builder = TlsParametersBuilder::new(self.host.clone());
        if let Some(path) = &self.ca_file {
            builder = builder.add_root_certificate(read_ca(path.clone()).await?);
        }
        builder.build_rustls().map_err(|error| MailError::Trust { reason: reason(&error) })
    }

    async fn log_in(
        &self,
        connection: &mut AsyncSmtpConnection,
        login: &Login,
    ) -> Result<(), MailError> {
        let password = login.password.expose_secret();
        let offered = connection.server_info();
        let answer = if offered.supports_auth_mechanism(Mechanism::Plain) {
            let credentials = Credentials::new(login.username.clone(), password.to_owned());
            connection.auth(&[Mechanism::Plain], &credentials).await.map(drop)
        } else if offered.supports_auth_mechanism(Mechanism::Login) {
            return self.answer_prompts(connection, &login.username, password).await;
        } else {
            return Err(MailError::NoLogin { server: self.server() });
        };
        answer.map_err(|error| MailError::Login { server: self.server(), reason: reason(&error) })
    }

    /// AUTH LOGIN: the first prompt wants the name and the second the password,
    /// whatever words the server chose.
    async fn answer_prompts(
        &self,
        connection: &mut AsyncSmtpConnection,
        username: &str,
        password: &str,
    ) -> Result<(), MailError> {
        let mut answer = Ok(None);
        for line in ["AUTH LOGIN", &BASE64.encode(username), &BASE64.encode(password)] {
            answer = connection.command(format!("{line}\r\n")).await.map(Some);
            if answer.is_err() {
                break;
            }
        }
        let refused = |reason| MailError::Login { server: self.server(), reason };
        match answer {
            Ok(Some(last)) if last.has_code(334) => Err(refused("it asks for more".to_owned())),
            Ok(_) => Ok(()),
            Err(error) => Err(refused(reason(&error))),
        }
    }
}

/// How far one attempt came; looked at when it was cut off, too.
#[derive(Debug, Default)]
pub(super) struct Progress {
    began: AtomicBool,
    sent: AtomicBool,
}

impl Progress {
    /// Whether the server was shown anything of the mail but its envelope.
    pub(super) fn has_begun(&self) -> bool {
        self.began.load(Ordering::Relaxed)
    }

    /// Whether all of the mail was sent, so that the server may have it.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    fn begins(&self) {
        self.began.store(true, Ordering::Relaxed);
    }

    fn sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }
}

/// lettre's own way from `MAIL` to the final dot does not tell how far it came.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    progress: &Progress,
) -> Result<(), smtp::Error> {
    let can = |extension| connection.server_info().supports_feature(extension);
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut addresses = mail.envelope.to().iter().chain(mail.envelope.from());
    // A server that cannot is asked all the same, and answers for itself.
    let mut options = Vec::new();
    if can(Extension::SmtpUtfEight) && !addresses.all(is_ascii) {
        options.push(MailParameter::SmtpUtfEight);
    }
    if can(Extension::EightBitMime) && !mail.bytes.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(commands::Mail::new(mail.envelope.from().cloned(), options)).await?;
    for recipient in mail.envelope.to() {
        connection.command(commands::Rcpt::new(recipient.clone(), Vec::new())).await?;
    }
    connection.command(commands::Data).await?;
    progress.begins();
    // The second part is empty: it is asked for once the first was written, and only the
    // final dot is missing.
    let end = std::iter::from_fn(|| {
        progress.sent();
        None
    });
    connection.message_iter(std::iter::once(mail.bytes.as_slice()).chain(end)).await?;
    Ok(())
}

async fn read_ca(path: PathBuf) -> Result<Certificate, MailError> {
    let pem = match tokio::fs::read(&path).await {
        Ok(pem) => pem,
        Err(source) => return Err(MailError::CaFile { path, source }),
    };
    // lettre takes a file without a certificate for a list of none.
    let certificate = Certificate::from_pem(&pem).ok();
    let found = String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----");
    certificate.filter(|_| found).ok_or(MailError::CaFormat { path })
}

#[cfg(test)]
mod tests;
