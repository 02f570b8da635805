//! The listening side: connections, and the bounds on each.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::patience::Patient;
use super::{Settings, State, routes};

/// A few servers scrape and a few people look; more is a mistake or an attack.
const CONNECTIONS_MAX: usize = 256;
/// Request line and headers together. Browsers send under 8 KiB.
const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
/// To send a request's head, and to keep a connection open between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Without a byte taken by the reader.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// For running answers once we are told to stop; the daemon leaves within 10 s.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// When the system is out of descriptors, asking again at once does not help.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Answers until `stop`, then lets running answers end.
pub async fn serve(
    listener: TcpListener,
    settings: &Settings,
    state: State,
    stop: CancellationToken,
) {
    let listen = listener.local_addr().unwrap_or(settings.listen);
    let router = routes::router(state, listen, settings.external_url.as_deref());
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &seats) => accepted,
        };
        let Some((stream, seat)) = accepted else { continue };
        connections.spawn(connection(stream, seat, router.clone(), stop.clone()));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a seat for it. Both waits can be dropped without loss.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let seat = Arc::clone(seats).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, seat)),
        Err(error) => {
            warn!(%error, "Could not accept an HTTP connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    _seat: OwnedSemaphorePermit,
    router: Router,
    stop: CancellationToken,
) {
    // Answers are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(Patient::new(stream, WRITE_TIMEOUT));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(stream, TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(STOP_GRACE, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        debug!(%error, "An HTTP connection ended early");
    }
}
