//! S3's HTTP interface to the store.
//!
//! It takes the requests that are signed for the service `s3`, and those that are not signed and no other service
//! wants, which are refused as a bucket that is not public refuses them. Buckets are named in paths or in hosts. What
//! is not done is refused by name, but for what `DIFFERENCES.md` lists.

mod buckets;
mod call;
mod copying;
mod deleting;
mod failure;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod getting;
mod headers;
mod listing;
mod multipart;
mod putting;
mod range;
mod routing;
mod settings;
mod tags;
mod times;
mod uri;
pub mod xml;

use super::Objects;
use call::Call;
use failure::Failure;
use routing::Operation;
use server::header::{HeaderName, HeaderValue};
use server::{
    Head, Refusal, RequestId, Response, StreamAdmission, StreamAnswer, StreamRequest, StreamService,
};
use std::future::Future;
use std::pin::Pin;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
static EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// The service.
#[derive(Debug)]
pub struct S3 {
    objects: Objects,
}

impl S3 {
    /// In front of this store.
    #[must_use]
    pub fn new(objects: Objects) -> Self {
        Self { objects }
    }
}

impl StreamService for S3 {
    fn accepts(&self, head: &Head<'_>) -> bool {
        if head.target().is_some() {
            return false;
        }
        match head.signed_for() {
            Some(service) => service == "s3",
            // The root is where the server says that it is well.
            None => head.path() != "/",
        }
    }

    fn admit(&self, head: &Head<'_>, id: RequestId) -> Result<StreamAdmission, Response> {
        match Operation::of(head) {
            Ok(operation) => {
                Ok(StreamAdmission { body_limit: operation.body_bytes_max(), authentication: true })
            }
            Err(failure) => Err(refused(&failure, id)),
        }
    }

    fn resource(&self, head: &Head<'_>) -> Option<String> {
        Some(uri::resource(head))
    }

    fn call(&self, request: StreamRequest) -> Pin<Box<dyn Future<Output = StreamAnswer> + Send>> {
        let objects = self.objects.clone();
        Box::pin(async move {
            let id = request.id;
            let answered = match Call::new(objects, request) {
                Ok((operation, call)) => operation.run(call).await,
                Err(failure) => Err(failure),
            };
            match answered {
                Ok(mut answer) => {
                    answer.response = identified(answer.response, id);
                    answer
                }
                Err(failure) => refused(&failure, id).into(),
            }
        })
    }

    fn refuse(&self, _: &Head<'_>, id: RequestId, refusal: &Refusal) -> Response {
        refused(&refusal.into(), id)
    }
}

fn refused(failure: &Failure, id: RequestId) -> Response {
    identified(failure.response(&short(id)), id)
}

/// S3's ids are of 16 characters.
fn short(id: RequestId) -> String {
    id.as_str().chars().take(16).collect()
}

fn identified(response: Response, id: RequestId) -> Response {
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    response.with(REQUEST_ID.clone(), value(&short(id))).with(EXTENDED_ID.clone(), value(id.as_str()))
}
