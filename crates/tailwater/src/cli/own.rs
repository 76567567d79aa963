//! Asking a running server at one of its own endpoints, below `/_tailwater/`.

use super::connection;
use super::place::Place;
use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use serde_json::Value;

/// One exchange with the server; a refusal is an error.
pub(crate) async fn ask(place: &Place, path: &str, question: &Value) -> anyhow::Result<Value> {
    succeeded(exchange(place, path, question).await?)
}

/// The same, of something that is only shown.
pub(crate) async fn look(place: &Place, path: &str) -> anyhow::Result<Value> {
    succeeded(send(place, Request::get(format!("/_tailwater/{path}")), Full::default()).await?)
}

/// One exchange with the server: the status and the answer, whatever they are.
pub(crate) async fn exchange(place: &Place, path: &str, question: &Value) -> anyhow::Result<(u16, Value)> {
    let request = Request::post(format!("/_tailwater/{path}")).header(CONTENT_TYPE, "application/json");
    send(place, request, Full::new(Bytes::from(question.to_string()))).await
}

fn succeeded((status, answer): (u16, Value)) -> anyhow::Result<Value> {
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => bail!("the server answered {status}"),
    }
}

async fn send(place: &Place, request: Builder, body: Full<Bytes>) -> anyhow::Result<(u16, Value)> {
    let (endpoint, authority) = (&place.endpoint, place.authority()?);
    let mut sender = connection::open(place).await?;
    let exchange = async {
        let request = request.header(HOST, authority.as_str()).body(body)?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        anyhow::Ok((head.status, body.collect().await?.to_bytes()))
    };
    let (status, body) = exchange.await.with_context(|| format!("no answer from {endpoint}"))?;
    Ok((status.as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
}
