//! Who a request is from whose body is yet to be read: by its head alone, which says what the body must be.

use super::claim::Claim;
use super::payload::{ChunkSigner, Payload, UNSIGNED};
use super::presigned::Presigned;
use super::version2::Version2;
use super::{Authentication, Caller, incomplete, invalid, signature};
use crate::{AuthenticationFailure, Identity};
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;

/// The header that stands for the body in a signature.
const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// What a head says.
#[derive(Debug)]
pub(crate) struct Streamed {
    pub(crate) caller: Caller,
    pub(crate) payload: Payload,
    /// Checks the chunks, where they are signed and there are keys to check them with.
    pub(crate) signer: Option<ChunkSigner>,
}

impl Authentication {
    /// Finds out who a request is from and what its body must be. The resource is what signatures of version 2 name;
    /// without one they are refused.
    pub(crate) fn identify_streamed(
        &self,
        parts: &Parts,
        required: bool,
        resource: Option<&str>,
    ) -> Result<Streamed, AuthenticationFailure> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::trim);
        if let Some(header) = header.filter(|header| header.starts_with("AWS4-HMAC-SHA256 ")) {
            return self.by_header(header, parts);
        }
        if header.is_some() {
            return Err(refused(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            ));
        }
        if let Some(presigned) = parts.uri.query().and_then(Presigned::of) {
            return self.by_query(&presigned, parts);
        }
        if let (Some(link), Some(resource)) = (parts.uri.query().and_then(Version2::of), resource) {
            return self.by_version2(&link, parts, resource);
        }
        if required {
            let message = "Request is missing Authentication Token".into();
            return Err(AuthenticationFailure { code: "MissingAuthenticationTokenException", message });
        }
        let payload = declared(&parts.headers)?.map_or(Payload::Unsigned, |(payload, _)| payload);
        Ok(Streamed { caller: Caller::anonymous(), payload, signer: None })
    }

    fn by_header(&self, header: &str, parts: &Parts) -> Result<Streamed, AuthenticationFailure> {
        let claim = Claim::parse(header)?;
        let Some((payload, declared)) = declared(&parts.headers)? else {
            return Err(refused(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
            ));
        };
        if self.keys.is_empty() {
            return Ok(believed(&claim, payload));
        }
        let time = parts.headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        let Some((time, seconds)) = time.and_then(|time| Some((time, super::time::parse(time)?))) else {
            return Err(incomplete(
                "AWS authentication requires a valid Date or x-amz-date header".to_owned(),
            ));
        };
        self.check_freshness(&claim, time, seconds)?;
        self.by_key(&claim, time, parts, (payload, declared))
    }

    fn by_query(&self, presigned: &Presigned, parts: &Parts) -> Result<Streamed, AuthenticationFailure> {
        let claim = presigned.claim()?;
        presigned.check_time(&claim, self.now_s())?;
        let (payload, stands_for_it) = match (declared(&parts.headers)?, &presigned.payload) {
            (Some(declared), _) => declared,
            (None, Some(text)) => (Payload::declared(text).ok_or_else(unknown_payload)?, text.as_str()),
            (None, None) => (Payload::Unsigned, UNSIGNED),
        };
        if self.keys.is_empty() {
            return Ok(believed(&claim, payload));
        }
        self.by_key(&claim, &presigned.time, parts, (payload, stands_for_it))
    }

    /// By a link of version 2, which names no region.
    fn by_version2(
        &self,
        link: &Version2,
        parts: &Parts,
        resource: &str,
    ) -> Result<Streamed, AuthenticationFailure> {
        link.check_time(self.now_s())?;
        let proven = !self.keys.is_empty();
        if proven {
            let secret = self.keys.get(link.access_key.as_str()).ok_or_else(unknown_key)?;
            if !link.is_right(secret, resource, parts) {
                return Err(mismatch());
            }
        }
        let payload = declared(&parts.headers)?.map_or(Payload::Unsigned, |(payload, _)| payload);
        let identity = Identity::new(&link.access_key, crate::request::REGION);
        Ok(Streamed { caller: Caller { identity, proven }, payload, signer: None })
    }

    fn now_s(&self) -> i64 {
        i64::try_from(self.clock.wall_ms() / 1_000).unwrap_or(i64::MAX)
    }

    /// Verifies a signature.
    fn by_key(
        &self,
        claim: &Claim<'_>,
        time: &str,
        parts: &Parts,
        (payload, declared): (Payload, &str),
    ) -> Result<Streamed, AuthenticationFailure> {
        check_all_signed(claim, &parts.headers)?;
        let secret = self.keys.get(claim.access_key).ok_or_else(unknown_key)?;
        if !signature::covers(claim, secret, time, parts, declared) {
            return Err(mismatch());
        }
        let signer = matches!(payload, Payload::Chunked { chunks: true, .. }).then(|| ChunkSigner {
            key: signature::signing_key(claim, secret),
            time: time.to_owned(),
            scope: claim.scope.to_owned(),
            previous: claim.signature.to_owned(),
        });
        let caller = Caller { identity: Identity::new(claim.access_key, claim.region), proven: true };
        Ok(Streamed { caller, payload, signer })
    }
}

fn unknown_key() -> AuthenticationFailure {
    let message = "The AWS Access Key Id you provided does not exist in our records.".into();
    AuthenticationFailure { code: "UnrecognizedClientException", message }
}

fn mismatch() -> AuthenticationFailure {
    invalid(
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method."
            .to_owned(),
    )
}

/// A claim that there are no keys to verify.
fn believed(claim: &Claim<'_>, payload: Payload) -> Streamed {
    let caller = Caller { identity: Identity::new(claim.access_key, claim.region), proven: false };
    Streamed { caller, payload, signer: None }
}

/// What the headers say of the body, with their own word for it.
fn declared(headers: &HeaderMap) -> Result<Option<(Payload, &str)>, AuthenticationFailure> {
    let Some(value) = headers.get(CONTENT_SHA256) else { return Ok(None) };
    let value = value.to_str().map_err(|_| unknown_payload())?;
    Ok(Some((Payload::declared(value).ok_or_else(unknown_payload)?, value)))
}

/// Headers that change what a request does must be signed, or whoever passes it on could change it.
fn check_all_signed(claim: &Claim<'_>, headers: &HeaderMap) -> Result<(), AuthenticationFailure> {
    let is_signed = |name: &str| claim.signed_headers.split(';').any(|signed| signed == name);
    let matters = headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-amz-"));
    match matters.chain(["host"]).find(|name| !is_signed(name)) {
        Some(_) => {
            Err(refused("AccessDenied", "There were headers present in the request which were not signed"))
        }
        None => Ok(()),
    }
}

fn unknown_payload() -> AuthenticationFailure {
    refused(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
         STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    )
}

fn refused(code: &'static str, message: &'static str) -> AuthenticationFailure {
    AuthenticationFailure { code, message: message.into() }
}
