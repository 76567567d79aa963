//! The command line and servers that speak TLS, as AWS's do.

use crate::running::{Running, tailwater_command};
use serde_json::json;
use std::process::Output;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/localhost.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/localhost.key");

/// Speaks TLS before a server, as long as the runtime lives; answers the endpoint.
fn before(runtime: &Runtime, running: &Running) -> String {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_file(KEY).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = runtime.block_on(TcpListener::bind("localhost:0")).unwrap();
    let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = running.addresses[0].clone();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            drop(environment::spawn(async move {
                // A client that does not trust us goes away.
                let Ok(mut secure) = acceptor.accept(stream).await else { return };
                let mut plain = TcpStream::connect(server).await.unwrap();
                drop(copy_bidirectional(&mut secure, &mut plain).await);
            }));
        }
    });
    endpoint
}

fn run(arguments: &[&str], endpoint: &str, authorities: Option<&str>) -> Output {
    let mut command = tailwater_command();
    command.args(arguments).args(["--endpoint", endpoint]).env_remove("AWS_CA_BUNDLE");
    command.envs(authorities.map(|path| ("AWS_CA_BUNDLE", path))).output().unwrap()
}

#[test]
fn endpoints_may_be_https() {
    let running = Running::with_dogs("NEW_IMAGE");
    running.ok("PutItem", &json!({ "TableName": "dogs", "Item": { "name": { "S": "rex" } } }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let endpoint = before(&runtime, &running);
    for arguments in [&["tail", "dogs", "--from", "start"][..], &["shards", "list", "dogs"]] {
        let output = run(arguments, &endpoint, Some(CERTIFICATE));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(if arguments[0] == "tail" { "rex" } else { "open" }), "{said}");
    }
    for (authorities, expected) in [
        (None, "no secure connection to https://localhost"),
        (Some(KEY), "there are no certificates in"),
        (Some("/nowhere/at/all"), "cannot read the authorities of /nowhere/at/all"),
    ] {
        let output = run(&["tail", "dogs", "--from", "start"], &endpoint, authorities);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(output.stdout.is_empty());
    }
}
