//! S3's errors.

use super::xml::Writer;
use crate::objects::ObjectsError;
use server::stream::BodyError;
use server::{ContentType, Refusal, Response};
use std::borrow::Cow;

/// An error as S3 answers it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) code: Cow<'static, str>,
    pub(super) message: Cow<'static, str>,
    /// More elements.
    pub(super) more: Vec<(&'static str, String)>,
}

impl Failure {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code.into(), message: message.into(), more: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    pub(super) fn invalid_argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(super) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "InvalidRequest", message)
    }

    pub(super) fn malformed_xml() -> Self {
        let message =
            "The XML you provided was not well-formed or did not validate against our published schema";
        Self::new(400, "MalformedXML", message)
    }

    pub(super) fn not_implemented(what: &str) -> Self {
        let message = format!(
            "A header or parameter you provided implies functionality that is not implemented: {what}"
        );
        Self::new(501, "NotImplemented", message)
    }

    pub(super) fn response(&self, id: &str) -> Response {
        let mut xml = Writer::bare("Error");
        xml.element("Code", &self.code).element("Message", &self.message);
        for (name, value) in &self.more {
            xml.element(name, value);
        }
        xml.element("RequestId", id).element("HostId", id);
        Response::new(self.status, ContentType::Other("application/xml"), xml.finish())
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TimedOut => Self::new(
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period. Idle \
                 connections will be closed.",
            ),
            BodyError::EndedEarly => Self::new(
                400,
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
            BodyError::Malformed => {
                Self::new(400, "IncompleteBody", "The request body is not well formed as aws-chunked.")
            }
            BodyError::TooLarge => {
                Self::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
            }
            BodyError::WrongHash => Self::new(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            BodyError::WrongSignature => Self::new(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and \
                 signing method.",
            ),
        }
    }
}

impl From<ObjectsError> for Failure {
    fn from(error: ObjectsError) -> Self {
        let (status, code) = match &error {
            ObjectsError::NoSuchBucket => (404, "NoSuchBucket"),
            ObjectsError::NoSuchKey => (404, "NoSuchKey"),
            ObjectsError::AccessDenied => (403, "AccessDenied"),
            ObjectsError::BucketAlreadyExists => (409, "BucketAlreadyExists"),
            ObjectsError::BucketAlreadyOwnedByYou => (409, "BucketAlreadyOwnedByYou"),
            ObjectsError::BucketNotEmpty => (409, "BucketNotEmpty"),
            ObjectsError::NoSuchUpload => (404, "NoSuchUpload"),
            ObjectsError::InvalidPart => (400, "InvalidPart"),
            ObjectsError::InvalidPartOrder => (400, "InvalidPartOrder"),
            ObjectsError::EntityTooSmall => (400, "EntityTooSmall"),
            ObjectsError::PreconditionFailed => (412, "PreconditionFailed"),
            ObjectsError::BadDigest(_) | ObjectsError::WrongMd5 => (400, "BadDigest"),
            ObjectsError::WrongSize => (400, "InvalidRequest"),
            ObjectsError::Body(error) => return (*error).into(),
            ObjectsError::Files(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                let message = "There is too little free space on the disk of this server.";
                return Self::new(503, "ServiceUnavailable", message);
            }
            ObjectsError::Store(_) | ObjectsError::Files(_) | ObjectsError::Damaged(_) => {
                tracing::error!(%error, "a request for objects failed");
                let message = "We encountered an internal error. Please try again.";
                return Self::new(500, "InternalError", message);
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<&Refusal> for Failure {
    fn from(refusal: &Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::ForeignHost | Refusal::ForeignOrigin => Self::new(403, "AccessDenied", message),
            Refusal::TooLarge { .. } => BodyError::TooLarge.into(),
            Refusal::Overloaded => Self::new(503, "SlowDown", "Please reduce your request rate."),
            Refusal::TimedOut => BodyError::TimedOut.into(),
            Refusal::Malformed => BodyError::Malformed.into(),
            Refusal::Internal => {
                Self::new(500, "InternalError", "We encountered an internal error. Please try again.")
            }
            Refusal::Unauthenticated(failure) => {
                let (status, code) = match failure.code {
                    "MissingAuthenticationTokenException" => {
                        return Self::new(403, "AccessDenied", "Access Denied");
                    }
                    "UnrecognizedClientException" => (403, "InvalidAccessKeyId"),
                    "IncompleteSignatureException" => (400, "AuthorizationHeaderMalformed"),
                    "InvalidSignatureException" if message.starts_with("Signature ") => {
                        let message =
                            "The difference between the request time and the current time is too large.";
                        return Self::new(403, "RequestTimeTooSkewed", message);
                    }
                    "InvalidSignatureException" => (403, "SignatureDoesNotMatch"),
                    "AccessDenied" => (403, "AccessDenied"),
                    code => (400, code),
                };
                Self::new(status, code, message)
            }
        }
    }
}
