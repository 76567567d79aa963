//! The last step of every answer: id, checksum, compression, CORS.

use crate::encoding::{self, Coding};
use crate::stream::{Outflow, Outgoing};
use crate::{RequestId, Response};
use bytes::Bytes;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY,
};

/// What goes out.
pub(crate) type Finished = hyper::Response<Outgoing>;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
static CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
static ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
static REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// The headers of an answer that a page may look at.
const EXPOSED: &str = "x-amzn-requestid,x-amz-crc32,x-amzn-errortype,x-tailwater-sequence-number";

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: &str = "172800";

/// What of a request its answer depends on.
pub(crate) struct Finish {
    pub(crate) id: RequestId,
    /// The origin to echo.
    pub(crate) origin: Option<HeaderValue>,
    /// How the answer may be compressed.
    pub(crate) coding: Option<Coding>,
}

impl Finish {
    /// Makes a service's answer ready to be sent.
    pub(crate) fn finish(&self, response: Response) -> Finished {
        let Response { status, content_type, headers: more, mut body } = response;
        let mut headers = HeaderMap::with_capacity(8 + more.len());
        headers.extend(more);
        if body.len() >= encoding::COMPRESS_FROM_BYTES
            && let Some(coding) = self.coding.filter(|_| !headers.contains_key(CONTENT_ENCODING))
            && let Some(packed) = encoding::compress(&body, coding)
        {
            body = packed;
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        if let Some(content_type) = content_type.as_str() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Ok(id) = HeaderValue::from_str(self.id.as_str()) {
            // A service that has an id of its own for the exchange says so in its headers.
            headers.entry(&REQUEST_ID).or_insert(id);
        }
        headers.insert(&CRC32, HeaderValue::from(crc32fast::hash(&body)));
        if let Some(origin) = &self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let mut finished = Finished::new(Outgoing::Whole(Full::new(body)));
        *finished.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *finished.headers_mut() = headers;
        finished
    }

    /// Makes an answer ready whose body is in pieces, which nobody can tell the checksum of beforehand.
    pub(crate) fn finish_stream(&self, response: Response, outflow: Outflow) -> Finished {
        let mut finished = self.finish(Response { body: Bytes::new(), ..response });
        finished.headers_mut().remove(&CRC32);
        *finished.body_mut() = Outgoing::Pieces(Box::new(outflow));
        finished
    }
}

/// The answer to a preflight of an allowed origin: yes to whatever it asked for.
pub(crate) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(200, crate::ContentType::Absent, Bytes::new())
        .with(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_MAX_AGE));
    let echoes = [
        (&ACCESS_CONTROL_REQUEST_HEADERS, &ACCESS_CONTROL_ALLOW_HEADERS),
        (&ACCESS_CONTROL_REQUEST_METHOD, &ACCESS_CONTROL_ALLOW_METHODS),
        (&REQUEST_PRIVATE_NETWORK, &ALLOW_PRIVATE_NETWORK),
    ];
    for (question, answer) in echoes {
        if let Some(value) = asked.get(question) {
            response.headers.push((answer.clone(), value.clone()));
        }
    }
    response
}
