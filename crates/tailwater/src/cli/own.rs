//! Asking a running server at one of its own endpoints, below `/_tailwater/`.

use super::place::Place;
use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// One exchange with the server.
pub(crate) async fn ask(place: &Place, path: &str, question: &Value) -> anyhow::Result<Value> {
    let request = Request::post(format!("/_tailwater/{path}")).header(CONTENT_TYPE, "application/json");
    exchange(place, request, Full::new(Bytes::from(question.to_string()))).await
}

/// The same, of something that is only shown.
pub(crate) async fn look(place: &Place, path: &str) -> anyhow::Result<Value> {
    exchange(place, Request::get(format!("/_tailwater/{path}")), Full::default()).await
}

async fn exchange(place: &Place, request: Builder, body: Full<Bytes>) -> anyhow::Result<Value> {
    let (endpoint, authority) = (&place.endpoint, place.authority()?);
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.with_context(|| {
        format!("no server answers at {endpoint}; is it running? (--endpoint names another)")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let request = request.header(HOST, authority.as_str()).body(body)?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        anyhow::Ok((head.status, body.collect().await?.to_bytes()))
    };
    let driver = environment::spawn(connection);
    let (status, body) = exchange.await.with_context(|| format!("no answer from {endpoint}"))?;
    driver.abort();
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => bail!("the server answered {status}"),
    }
}
