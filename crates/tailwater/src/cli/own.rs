//! Asking a running server at one of its own endpoints, below `/_tailwater/`.

use super::connection;
use super::place::Place;
use anyhow::{Context, bail};
use bytes::Bytes;
use environment::Clock;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use hyper::{Request, Uri};
use serde_json::Value;

/// Whoever answers at an endpoint is another server, or AWS, and knows none of this.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no Tailwater server, and only those can be asked this")]
pub(crate) struct NotTailwater(Uri);

/// One exchange with the server; a refusal is an error, and so is an answer that no Tailwater gives: [`NotTailwater`].
pub(crate) async fn ask(place: &Place, path: &str, question: &Value) -> anyhow::Result<Value> {
    succeeded(exchange(place, path, question).await?)
}

/// The same, of something that is only shown.
pub(crate) async fn look(place: &Place, path: &str) -> anyhow::Result<Value> {
    succeeded(send(place, Request::get(format!("/_tailwater/{path}")), Full::default()).await?)
}

/// What time it is where a server is, which can be another than here; without a word of its own, the machine's.
pub(crate) async fn now_ms(place: &Place, clock: &Clock) -> u64 {
    let told = look(place, "clock").await.ok();
    told.and_then(|answer| answer["now_ms"].as_u64()).unwrap_or_else(|| clock.wall_ms())
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
    if place.is_aws() {
        return Err(NotTailwater(endpoint.clone()).into());
    }
    let mut sender = connection::open(place).await?;
    let exchange = async {
        let request = request.header(HOST, authority.as_str()).body(body)?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        anyhow::Ok((head.status, body.collect().await?.to_bytes()))
    };
    let (status, body) = exchange.await.with_context(|| format!("no answer from {endpoint}"))?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !is_ours(status.is_success(), &answer) {
        return Err(NotTailwater(endpoint.clone()).into());
    }
    Ok((status.as_u16(), answer))
}

/// Whether a Tailwater answers like this: an object, which says why where it is a refusal.
fn is_ours(is_success: bool, answer: &Value) -> bool {
    answer.is_object() && (is_success || answer["error"].is_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn other_servers_are_told_by_their_answers() {
        for (is_success, answer, expected) in [
            (true, json!({ "now_ms": 1 }), true),
            (false, json!({ "error": "why" }), true),
            (false, json!({ "__type": "UnknownOperationException" }), false),
            (true, Value::Null, false),
            (false, Value::Null, false),
        ] {
            assert_eq!(is_ours(is_success, &answer), expected, "{answer}");
        }
    }
}
