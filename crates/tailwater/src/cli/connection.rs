//! Connections to servers, plain or by TLS, as the scheme of the endpoint says.
//!
//! Trusted are the authorities that the machine trusts; or, as by AWS's own tools, those in the file that `AWS_CA_BUNDLE`
//! names.

use super::place::Place;
use anyhow::{Context, anyhow, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Sends requests over a connection.
pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// Nobody listens there.
#[derive(Debug, thiserror::Error)]
#[error("no server answers at {0}; is it running? (--endpoint names another): {1}")]
pub(crate) struct NotThere(String, io::Error);

/// Whoever answers there is not known to be whom the endpoint names.
#[derive(Debug, thiserror::Error)]
#[error("no secure connection to {0} (AWS_CA_BUNDLE names a file of authorities to trust): {1}")]
pub(crate) struct NotSecure(String, io::Error);

/// Connects to the server of a place.
///
/// # Errors
/// [`NotThere`], [`NotSecure`], or what is wrong with the endpoint or with the authorities.
pub(crate) async fn open(place: &Place) -> anyhow::Result<Sender> {
    let (authority, is_secure) = (place.authority()?, place.is_secure());
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let endpoint = || place.endpoint.to_string();
    let stream =
        TcpStream::connect((host, port)).await.map_err(|error| anyhow!(NotThere(endpoint(), error)))?;
    if !is_secure {
        return begin(stream).await;
    }
    let name = ServerName::try_from(host.to_owned())?;
    let connector = connector(place.authorities.as_deref())?;
    begin(connector.connect(name, stream).await.map_err(|error| anyhow!(NotSecure(endpoint(), error)))?).await
}

async fn begin(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> anyhow::Result<Sender> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    drop(environment::spawn(async move { drop(connection.await) }));
    Ok(sender)
}

fn connector(authorities: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted(authorities)?)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn trusted(authorities: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(path) = authorities else {
        // One that cannot be read is one that is not trusted; what is left may do.
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        ensure!(!roots.is_empty(), "this machine trusts no authorities; AWS_CA_BUNDLE names a file of some");
        return Ok(roots);
    };
    let wrong = || format!("cannot read the authorities of {} (AWS_CA_BUNDLE)", path.display());
    for certificate in CertificateDer::pem_file_iter(path).with_context(wrong)? {
        roots.add(certificate.with_context(wrong)?).with_context(wrong)?;
    }
    ensure!(!roots.is_empty(), "there are no certificates in {} (AWS_CA_BUNDLE)", path.display());
    Ok(roots)
}
