//! Links signed by signature version 2, which some clients still make: an HMAC with SHA-1 over method, expiry, resource
//! and a few headers.

use super::signature;
use crate::AuthenticationFailure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts;
use sha1::Sha1;
use std::collections::BTreeMap;

/// Parameters that are signed with the resource.
const SIGNED: [&str; 38] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "x-amz-security-token",
];

/// What a link of this version says.
#[derive(Debug)]
pub(super) struct Version2 {
    pub(super) access_key: String,
    signature: String,
    expires: String,
}

impl Version2 {
    /// What the link of this query says; `None` where it is of another version, or not signed.
    pub(super) fn of(query: &str) -> Option<Self> {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|part| part.split_once('='));
            let value = pairs.into_iter().find(|(known, _)| *known == name)?.1;
            Some(String::from_utf8_lossy(&signature::decode(value)).into_owned())
        };
        Some(Self {
            access_key: value("AWSAccessKeyId")?,
            signature: value("Signature")?,
            expires: value("Expires")?,
        })
    }

    /// Whether it may be used now.
    pub(super) fn check_time(&self, now_s: i64) -> Result<(), AuthenticationFailure> {
        let expires: i64 =
            self.expires.parse().map_err(|_| denied("Invalid date (should be seconds since epoch)"))?;
        if now_s > expires { Err(denied("Request has expired")) } else { Ok(()) }
    }

    /// Whether it was signed with this secret, for this resource. Takes the same time whatever its signature.
    pub(super) fn is_right(&self, secret: &str, resource: &str, parts: &Parts) -> bool {
        let Ok(given) = BASE64.decode(&self.signature) else { return false };
        let header =
            |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut text = format!(
            "{}\n{}\n{}\n{}\n",
            parts.method,
            header("content-md5").trim(),
            header("content-type").trim(),
            self.expires
        );
        let amz = parts.headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-amz-"));
        let amz: BTreeMap<&str, Vec<&str>> = amz
            .map(|name| {
                let values = parts.headers.get_all(name).iter();
                (name, values.filter_map(|value| value.to_str().ok()).map(str::trim).collect())
            })
            .collect();
        for (name, values) in amz {
            text.extend([name, ":", &values.join(","), "\n"]);
        }
        text.push_str(resource);
        text.push_str(&signed_parameters(parts.uri.query().unwrap_or_default()));
        let keyed = Hmac::<Sha1>::new_from_slice(secret.as_bytes());
        keyed.is_ok_and(|keyed| keyed.chain_update(text).verify_slice(&given).is_ok())
    }
}

/// The parameters that are signed, sorted and decoded.
fn signed_parameters(query: &str) -> String {
    let mut signed: Vec<String> = query
        .split('&')
        .filter_map(|part| {
            let (name, value) =
                part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value)));
            SIGNED.contains(&name).then(|| match value.map(signature::decode) {
                Some(value) => format!("{name}={}", String::from_utf8_lossy(&value)),
                None => name.to_owned(),
            })
        })
        .collect();
    signed.sort_unstable();
    if signed.is_empty() { String::new() } else { format!("?{}", signed.join("&")) }
}

fn denied(message: &'static str) -> AuthenticationFailure {
    AuthenticationFailure { code: "AccessDenied", message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    /// The worked example of AWS's documentation of this version.
    #[test]
    fn the_documented_link_is_right_and_any_change_makes_it_wrong() {
        let query = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
        let link = Version2::of(query).unwrap();
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let resource = "/johnsmith/photos/puppy.jpg";
        let parts = |method: &str, more: &str| {
            let request = Request::builder().method(method).uri(format!("/photos/puppy.jpg?{query}{more}"));
            request.body(()).unwrap().into_parts().0
        };
        assert!(link.is_right(secret, resource, &parts("GET", "")));
        assert!(link.is_right(secret, resource, &parts("GET", "&x=y")));
        assert!(!link.is_right(secret, resource, &parts("GET", "&acl")));
        assert!(!link.is_right(secret, resource, &parts("PUT", "")));
        assert!(!link.is_right(secret, "/johnsmith/photos/kitten.jpg", &parts("GET", "")));
        assert!(!link.is_right("other", resource, &parts("GET", "")));
        assert!(link.check_time(1_175_139_620).is_ok() && link.check_time(1_175_139_621).is_err());
        assert!(Version2::of("AWSAccessKeyId=a&Signature=b").is_none());
    }

    #[test]
    fn parameters_that_matter_are_signed_in_order() {
        assert_eq!(
            signed_parameters("uploads&b=c&response-expires=a%20b&acl="),
            "?acl=&response-expires=a b&uploads"
        );
        assert_eq!(signed_parameters("prefix=a"), "");
    }
}
