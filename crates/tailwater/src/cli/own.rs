//! Asking a running server at one of its own endpoints, below `/_tailwater/`.
//!
//! Requests are signed with the keys of the environment: a server that other machines reach answers those only to whoever
//! holds one of its keys. From its own machine it answers everybody, whatever the signature.

use super::connection;
use super::place::Place;
use super::signing::Question;
use anyhow::{Context, bail};
use bytes::Bytes;
use environment::Clock;
use http_body_util::BodyExt;
use hyper::Uri;
use serde_json::Value;

/// The service in the credential scope. The path says whose request it is, so any name will do.
const SERVICE: &str = "tailwater";

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
    succeeded(send(place, "GET", path, Bytes::new()).await?)
}

/// What time it is where a server is, which can be another than here; without a word of its own, the machine's.
pub(crate) async fn now_ms(place: &Place, clock: &Clock) -> u64 {
    let told = look(place, "clock").await.ok();
    told.and_then(|answer| answer["now_ms"].as_u64()).unwrap_or_else(|| clock.wall_ms())
}

/// One exchange with the server: the status and the answer, whatever they are.
pub(crate) async fn exchange(place: &Place, path: &str, question: &Value) -> anyhow::Result<(u16, Value)> {
    send(place, "POST", path, Bytes::from(question.to_string())).await
}

/// The answer of an exchange, where it is no refusal.
pub(crate) fn succeeded((status, answer): (u16, Value)) -> anyhow::Result<Value> {
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => bail!("the server answered {status}"),
    }
}

async fn send(place: &Place, method: &str, path: &str, body: Bytes) -> anyhow::Result<(u16, Value)> {
    let endpoint = &place.endpoint;
    if place.is_aws() {
        return Err(NotTailwater(endpoint.clone()).into());
    }
    let (path, headers) = (format!("/_tailwater/{path}"), &[("content-type", "application/json")]);
    let question = Question { service: SERVICE, method, path: &path, query: "", headers, body };
    let request = question.signed(place, &Clock::system())?;
    let mut sender = connection::open(place).await?;
    let exchange = async {
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
    use crate::cli::keys::Keys;
    use environment::Environment;
    use serde_json::json;
    use server::{Listener, Response, Routes, Server, Settings};
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    /// Says of every connection that it comes from another machine.
    struct FromElsewhere(TcpListener);

    impl Listener for FromElsewhere {
        type Stream = TcpStream;

        async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
            let (stream, _) = self.0.accept().await?;
            Ok((stream, SocketAddr::from(([203, 0, 113, 7], 1))))
        }

        fn local_address(&self) -> Option<SocketAddr> {
            self.0.local_addr().ok()
        }
    }

    #[tokio::test]
    async fn a_server_on_another_machine_answers_whoever_holds_one_of_its_keys() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let keys = [("AKIDEXAMPLE".into(), "hush".to_owned())].into();
        let settings = Settings { keys, ..Settings::default() };
        let routes = Routes::new().own("clock", Arc::new(|_| Response::json(200, "{\"now_ms\":7}").into()));
        let server = Server::on(vec![FromElsewhere(listener)], settings, routes, Environment::system());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = environment::spawn(server.serve(async { drop(stopped.await) }));
        let asked = async |secret: Option<&str>| {
            let keys = secret.map(|secret| Keys {
                access_key: "AKIDEXAMPLE".to_owned(),
                secret: secret.to_owned(),
                session_token: None,
            });
            let (region, account) = ("us-east-1".to_owned(), "000000000000".to_owned());
            let place = Place { endpoint: endpoint.clone(), region, account, keys, authorities: None };
            let answers = (look(&place, "clock").await, ask(&place, "clock", &json!({})).await);
            match answers {
                (Ok(looked), Ok(answer)) => Ok((looked, answer)),
                (Err(error), Err(_)) => Err(error.to_string()),
                (looked, answer) => panic!("{looked:?}, {answer:?}"),
            }
        };
        let now = json!({ "now_ms": 7 });
        assert_eq!(asked(Some("hush")).await, Ok((now.clone(), now)));
        for secret in [None, Some("guessed")] {
            let refused = asked(secret).await.unwrap_err();
            assert!(refused.starts_with("only for requests from this machine"), "{refused}");
        }
        drop(stop);
        serving.await.unwrap();
    }

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
