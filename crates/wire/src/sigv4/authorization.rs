//! The signature that a request carries, in its header or in its query.

use super::canonical::percent_decode;
use super::{Refusal, Signed};
use std::borrow::Cow;

/// The only algorithm there is.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Where a signature was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query of a presigned URL, good for so many seconds.
    Query {
        /// `X-Amz-Expires`.
        expires_s: u64,
    },
}

/// The scope of a credential: `keyid/date/region/service/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    /// The access key.
    pub access_key: Cow<'a, str>,
    /// The day, `YYYYMMDD`.
    pub date: Cow<'a, str>,
    /// The region.
    pub region: Cow<'a, str>,
    /// The service's signing name.
    pub service: Cow<'a, str>,
}

/// A whole signature, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Who signed, and for what.
    pub credential: Credential<'a>,
    /// The names of the signed headers, `;` between them.
    pub signed_headers: Cow<'a, str>,
    /// The signature, in hexadecimal.
    pub signature: Cow<'a, str>,
    /// The time of signing, `YYYYMMDDTHHMMSSZ`.
    pub time: Cow<'a, str>,
    /// Where it was found.
    pub form: Form,
}

impl<'a> Authorization<'a> {
    /// Finds the signature of a request.
    pub fn of(request: &Signed<'a>) -> Result<Authorization<'a>, Refusal> {
        let header = request.header_text("authorization");
        let in_query = request.query.split('&').any(|pair| pair.starts_with("X-Amz-Algorithm"));
        match (header, in_query) {
            (Some(_), true) => Err(Refusal::Twice),
            (Some(text), false) if text.starts_with("AWS4-") => Self::of_header(request, text),
            (None, true) => Self::of_query(request.query),
            _ => Err(Refusal::Missing),
        }
    }

    fn of_header(request: &Signed<'a>, text: &'a str) -> Result<Authorization<'a>, Refusal> {
        let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (mut credential, mut signature, mut signed_headers) = (None, None, None);
        for part in rest.split(',') {
            let Some((name, value)) = part.trim().split_once('=') else { continue };
            match name {
                "Credential" => credential = Some(value),
                "Signature" => signature = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                _ => {}
            }
        }
        let time = request.header_text("x-amz-date").or_else(|| request.header_text("date"));
        let mut missing = String::new();
        for (name, value) in
            [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
        {
            if value.is_none_or(str::is_empty) {
                missing.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if time.is_none() {
            missing.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        let (Some(credential), Some(signature), Some(signed_headers), Some(time), "") =
            (credential, signature, signed_headers, time, missing.as_str())
        else {
            return Err(Refusal::Incomplete(format!("{missing}Authorization={algorithm}")));
        };
        if algorithm != ALGORITHM {
            return Err(Refusal::Missing);
        }
        Ok(Authorization {
            credential: Credential::parse(Cow::Borrowed(credential))?,
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(signature),
            time: Cow::Borrowed(time),
            form: Form::Header,
        })
    }

    fn of_query(query: &'a str) -> Result<Authorization<'a>, Refusal> {
        const NAMES: [&str; 5] =
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
        let find = |wanted: &str| {
            query.split('&').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                (name == wanted && !value.is_empty()).then(|| percent_decode(value))
            })
        };
        let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(time)] =
            NAMES.map(find)
        else {
            let missing = NAMES.into_iter().filter(|name| find(name).is_none());
            let sentences =
                missing.map(|name| format!("AWS query-string parameters must include '{name}'. "));
            let text = sentences.collect::<String>() + "Re-examine the query-string parameters.";
            return Err(Refusal::Incomplete(text));
        };
        if algorithm != ALGORITHM {
            return Err(Refusal::Missing);
        }
        let expires_s = find("X-Amz-Expires").and_then(|text| text.parse().ok()).unwrap_or(900);
        let credential = Credential::parse(credential)?;
        Ok(Authorization { credential, signed_headers, signature, time, form: Form::Query { expires_s } })
    }
}

impl<'a> Credential<'a> {
    /// Reads a scope.
    pub fn parse(text: Cow<'a, str>) -> Result<Credential<'a>, Refusal> {
        let own = |part: &str| Cow::Owned(part.to_owned());
        let parsed = match &text {
            Cow::Borrowed(text) => Self::split(text, Cow::Borrowed),
            Cow::Owned(text) => Self::split(text, own),
        };
        parsed.ok_or_else(|| {
            Refusal::Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{text}'"
            ))
        })
    }

    fn split<'t>(text: &'t str, keep: impl Fn(&'t str) -> Cow<'a, str>) -> Option<Credential<'a>> {
        let mut parts = text.split('/');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (access_key, date, region, service, _term) = (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Credential {
            access_key: keep(access_key),
            date: keep(date),
            region: keep(region),
            service: keep(service),
        })
    }
}
