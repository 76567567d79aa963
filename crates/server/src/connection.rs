//! One connection: HTTP/1.1 or, with prior knowledge, HTTP/2.

use crate::exchange::{Party, exchange};
use crate::socket::Socket;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

/// Bytes of a request body that an HTTP/2 client may send ahead, a stream and a connection.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Requests under way on one HTTP/2 connection.
const STREAMS: u32 = 256;

/// What connections are served with.
pub(crate) type Protocol = Builder<TokioExecutor>;

/// The protocol's settings, shared by all connections.
pub(crate) fn protocol() -> Protocol {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        // No timer for the head of each request: the listener ends idle connections, slow ones among them.
        // Small answers are gathered by the socket. hyper's own way to gather the answers to pipelined requests is
        // not used: it would lose an answer that is followed by something that is no request.
        .writev(true)
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(STREAMS);
    protocol
}

/// The order to end a connection at once. Where its sender is dropped instead, the connection ends once the
/// requests under way are answered.
#[derive(Debug)]
pub(crate) struct Cut;

/// Serves a connection until it ends, or is told to.
pub(crate) async fn serve(
    protocol: &Protocol,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    party: Arc<Party>,
    stop: oneshot::Receiver<Cut>,
) {
    let peer = party.peer;
    let service = service_fn(|request: Request<Incoming>| {
        let party = Arc::clone(&party);
        async move { Ok::<_, Infallible>(exchange(party, request).await) }
    });
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(Socket::new(stream)), service));
    let mut stop = pin!(stop);
    let mut stopping = false;
    let served = poll_fn(|context| {
        if !stopping && let Poll::Ready(order) = stop.as_mut().poll(context) {
            if order.is_ok() {
                return Poll::Ready(Ok(()));
            }
            stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = served.await {
        // Clients come and go as they like; that is nothing to trouble a log with.
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}
