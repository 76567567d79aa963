//! Where connections come from: sockets that listen, or whatever else gives streams of bytes.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// Gives connections. The server asks nothing else of a network, so that it can be served over a simulated one, too.
pub trait Listener: Send + Sync + 'static {
    /// The bytes of a connection, in both directions.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection; says who is at its other end. Dropped unfinished, it loses none.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// Where it listens, as far as that can be said.
    fn local_address(&self) -> Option<SocketAddr>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // Answers are small and whole: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer))
    }

    fn local_address(&self) -> Option<SocketAddr> {
        self.local_addr().ok()
    }
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}")]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// Why not.
    #[source]
    pub error: io::Error,
}

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| BindError { address, error })
}

/// Clients that look up `localhost` may try either family first, so both listen at the same port.
pub(crate) async fn listen_at_loopback(port: u16) -> Result<Vec<TcpListener>, BindError> {
    let first = listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
    let chosen = first.local_addr().map_or(port, |address| address.port());
    match listen(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), chosen)).await {
        Ok(second) => Ok(vec![first, second]),
        // The machine has no IPv6; or the port was ours to choose and the other family's is taken.
        Err(BindError { error, .. }) if is_missing(&error) || port == 0 => Ok(vec![first]),
        Err(error) => Err(error),
    }
}

/// Whether an address does not exist on this machine, as against being in use.
fn is_missing(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}
