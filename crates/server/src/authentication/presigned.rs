//! A signature in the query: a link that lets whoever has it make one request, for a while.

use super::claim::Claim;
use super::{signature, time};
use crate::AuthenticationFailure;

/// The longest that such a link may last: seven days.
const EXPIRES_MAX_S: i64 = 7 * 86_400;

/// The parameters of a query that hold its signature.
#[derive(Debug, Default)]
pub(super) struct Presigned {
    algorithm: Option<String>,
    credential: Option<String>,
    expires: Option<String>,
    signed_headers: Option<String>,
    signature: Option<String>,
    pub(super) time: String,
    pub(super) payload: Option<String>,
}

impl Presigned {
    /// Those of this query; `None` where it holds no signature.
    pub(super) fn of(query: &str) -> Option<Self> {
        let mut found = Self::default();
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            let place = match name {
                "X-Amz-Algorithm" => &mut found.algorithm,
                "X-Amz-Credential" => &mut found.credential,
                "X-Amz-Expires" => &mut found.expires,
                "X-Amz-SignedHeaders" => &mut found.signed_headers,
                "X-Amz-Signature" => &mut found.signature,
                "X-Amz-Content-Sha256" => &mut found.payload,
                "X-Amz-Date" => {
                    found.time = text(value);
                    continue;
                }
                _ => continue,
            };
            *place = Some(text(value));
        }
        (found.signature.is_some() || found.algorithm.is_some()).then_some(found)
    }

    /// What it claims.
    pub(super) fn claim(&self) -> Result<Claim<'_>, AuthenticationFailure> {
        let (Some(algorithm), Some(credential), Some(_), Some(signed_headers), Some(signature)) =
            (&self.algorithm, &self.credential, &self.expires, &self.signed_headers, &self.signature)
        else {
            return Err(wrong(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                 X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            ));
        };
        if algorithm != "AWS4-HMAC-SHA256" {
            return Err(wrong(
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
            ));
        }
        Claim::scoped(credential, signed_headers, signature).ok_or_else(|| {
            wrong(
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \
                 \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
            )
        })
    }

    /// Whether it may be used now.
    pub(super) fn check_time(&self, claim: &Claim<'_>, now_s: i64) -> Result<(), AuthenticationFailure> {
        let Some(from_s) = time::parse(&self.time) else {
            return Err(wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""));
        };
        if !self.time.starts_with(claim.day) {
            return Err(wrong(
                "Invalid credential date in X-Amz-Credential: it is not the day of X-Amz-Date.",
            ));
        }
        let expires = self.expires.as_deref().unwrap_or_default().parse::<i64>();
        let expires_s = match expires {
            Err(_) => return Err(wrong("X-Amz-Expires should be a number")),
            Ok(seconds) if seconds < 0 => return Err(wrong("X-Amz-Expires must be non-negative")),
            Ok(seconds) if seconds > EXPIRES_MAX_S => {
                return Err(wrong(
                    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
                     less than 604800 seconds",
                ));
            }
            Ok(seconds) => seconds,
        };
        if now_s > from_s + expires_s {
            return Err(denied("Request has expired"));
        }
        if from_s > now_s + super::SKEW_S {
            return Err(denied("Request is not yet valid"));
        }
        Ok(())
    }
}

fn text(value: &str) -> String {
    String::from_utf8_lossy(&signature::decode(value)).into_owned()
}

fn wrong(message: &'static str) -> AuthenticationFailure {
    AuthenticationFailure { code: "AuthorizationQueryParametersError", message: message.into() }
}

fn denied(message: &'static str) -> AuthenticationFailure {
    AuthenticationFailure { code: "AccessDenied", message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=key%2F20130524%2Fus-east-1%2Fs3%2F\
                        aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
                        &X-Amz-Signature=00";

    fn check(link: &str, later_s: i64) -> Result<(), &'static str> {
        let presigned = Presigned::of(link).unwrap();
        let claim = presigned.claim().map_err(|failure| failure.code)?;
        let signed_s = time::parse("20130524T000000Z").unwrap();
        presigned.check_time(&claim, signed_s + later_s).map_err(|failure| failure.code)
    }

    #[test]
    fn a_link_is_good_for_as_long_as_it_says() {
        assert_eq!(check(LINK, 0), Ok(()));
        assert_eq!(check(LINK, 60), Ok(()));
        assert_eq!(check(LINK, 61), Err("AccessDenied"));
        assert_eq!(check(LINK, -1_000), Err("AccessDenied"));
        assert!(Presigned::of("a=b&list-type=2").is_none());
    }

    #[test]
    fn what_is_missing_or_malformed_is_refused() {
        let changes = [
            ("X-Amz-Expires=60", ""),
            ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
            ("X-Amz-Expires=60", "X-Amz-Expires=-1"),
            ("X-Amz-Expires=60", "X-Amz-Expires=x"),
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            ("20130524T000000Z", "2013"),
            ("key%2F20130524", "key%2F20130525"),
            ("key%2F20130524%2F", ""),
        ];
        for (from, to) in changes {
            assert_eq!(check(&LINK.replace(from, to), 0), Err("AuthorizationQueryParametersError"), "{to}");
        }
    }
}
