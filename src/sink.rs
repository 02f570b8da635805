//! A mail server that keeps what it is given: each mail a file, in one folder.
//!
//! It stands in for the outside in `usagewarden demo`, so it shares no code with
//! `deliver`: it must not share our mistakes. It speaks SMTP (RFC 5321) in clear, to
//! this machine only, and relays nothing.
//!
//! It promises that a mail is on disk before it is acknowledged, that it is kept to the
//! byte below the trace a mail server adds, and that what breaks the protocol (a bare
//! line feed, text sent before it was asked for, a line or a mail too long) is refused
//! and never taken for something else. Everything a client sends is bounded, in bytes,
//! in number and in time. A folder that cannot be written to is answered with a
//! temporary failure: whoever sent the mail still has it.

mod command;
mod keep;
mod letter;
mod line;
mod session;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

pub use keep::{Mailbox, Received};
pub use letter::Letter;

/// One daemon opens up to four; the rest is for the curious.
const CONNECTIONS_MAX: usize = 16;
/// Whoever talks for so long has forgotten to leave. A daemon's connections live seconds.
const SESSION_MAX: Duration = Duration::from_secs(600);
/// When the system is out of descriptors, asking again at once does not help.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Takes mail until told to stop. What was acknowledged by then is kept.
pub async fn serve(listener: TcpListener, mailbox: Mailbox, stop: CancellationToken) {
    let (mailbox, seats) = (Arc::new(mailbox), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    let mut sessions = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = sessions.join_next() => continue,
            stream = accept(&listener) => stream,
        };
        match (stream, Arc::clone(&seats).try_acquire_owned()) {
            (None, _) => {}
            (Some(stream), Err(_)) => turn_away(stream),
            (Some(stream), Ok(seat)) => {
                let mailbox = Arc::clone(&mailbox);
                sessions.spawn(async move {
                    converse(stream, &mailbox).await;
                    drop(seat);
                });
            }
        }
    }
    sessions.shutdown().await;
}

/// The next connection. Can be dropped without loss.
async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        Err(error) => {
            warn!(%error, "Could not accept an SMTP connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// A new connection has room for one line; who does not take it loses nothing.
fn turn_away(stream: TcpStream) {
    let reply = b"421 4.7.0 localhost too many connections, try again later\r\n";
    let _ = stream.into_std().and_then(|mut stream| stream.write_all(reply));
}

async fn converse(mut stream: TcpStream, mailbox: &Mailbox) {
    // Answers are short and waited for.
    let _ = stream.set_nodelay(true);
    match tokio::time::timeout(SESSION_MAX, session::converse(&mut stream, mailbox)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "An SMTP connection ended early"),
        Err(_) => debug!("An SMTP connection was open for too long"),
    }
    let _ = stream.shutdown().await;
}
