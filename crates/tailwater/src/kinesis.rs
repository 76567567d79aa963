//! Kinesis Data Streams behind the front door: requests to the service, and its answers back.

use crate::dynamodb::caller;
use server::{Admission, Answer, ContentType, Head, Refusal, Request, Response, Service};
use services::kinesis::{self, Kinesis, TARGET};

/// The service.
pub(crate) struct KinesisStreams {
    kinesis: Kinesis,
}

impl KinesisStreams {
    pub(crate) fn new(kinesis: Kinesis) -> Self {
        Self { kinesis }
    }
}

impl Service for KinesisStreams {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.path() == "/" && head.method() == "POST" && operation(head.target()).is_some()
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        let body_limit = kinesis::body_limit_bytes(operation(head.target()).unwrap_or_default());
        Ok(Admission { body_limit, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let kinesis = self.kinesis.clone();
        Answer::later(async move {
            let operation = operation(request.target()).unwrap_or_default();
            let content_type = request.header("content-type").unwrap_or_default();
            let caller = caller(&request);
            response(kinesis.call(operation, &caller, content_type, &request.body).await)
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "ThrottlingException",
            Refusal::Malformed => "SerializationException",
            Refusal::Internal => "InternalFailure",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDeniedException",
            Refusal::TooLarge { .. } | Refusal::TimedOut => "ValidationException",
        };
        response(kinesis::refusal(refusal.status(), code, &refusal.to_string()))
    }
}

fn operation(target: Option<&str>) -> Option<&str> {
    target.and_then(|target| target.strip_prefix(TARGET))
}

fn response(answer: kinesis::Answer) -> Response {
    Response::new(answer.status, ContentType::Other(answer.content_type), answer.body)
}
