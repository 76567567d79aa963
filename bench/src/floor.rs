//! The floor: a bare hyper server, built like Tailwater's (runtime, workers, allocator, profile), that
//! collects the body and answers a fixed one.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;

/// Serves until killed.
pub(crate) fn serve(port: u16, answer_bytes: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let answer = Bytes::from(vec![b'x'; answer_bytes]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answer = answer.clone();
            let serving = async move {
                let service = service_fn(move |request| exchange(request, answer.clone()));
                // A connection that breaks concerns nobody but the client that broke it.
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            };
            drop(environment::spawn(serving));
        }
    })
}

async fn exchange(request: Request<Incoming>, answer: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let size = body.map_or(0, |body| body.to_bytes().len());
    let answer = if size == usize::MAX { Bytes::new() } else { answer };
    Ok(Response::new(Full::new(answer)))
}
