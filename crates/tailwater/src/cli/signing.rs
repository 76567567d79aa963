//! Requests to services of AWS's kind, signed with the keys of the environment; without those, with a signature that nobody
//! verifies.

use super::place::Place;
use bytes::Bytes;
use environment::Clock;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST};
use std::borrow::Cow;
use streams::label;
use wire::sigv4::{self, Authorization, Credential, Form, Signed};

/// What is asked, before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// The service, as credential scopes name it.
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Without the question mark.
    pub(crate) query: &'a str,
    /// Names in lower case; they are signed, too.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Bytes,
}

impl Question<'_> {
    /// The request.
    pub(crate) fn signed(&self, place: &Place, clock: &Clock) -> anyhow::Result<Request<Full<Bytes>>> {
        let host = place.authority()?.as_str();
        let (date, time) = moment(clock.wall_ms());
        let mut headers = vec![("host", host), ("x-amz-date", &time)];
        headers.extend(self.headers);
        let token = place.keys.as_ref().and_then(|keys| keys.session_token.as_deref());
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.sort_unstable();
        let authorization = self.authorization(place, &headers, (&date, &time));
        let target = match self.query {
            "" => self.path.to_owned(),
            query => format!("{}?{query}", self.path),
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(target)
            .header(HOST, host)
            .header(AUTHORIZATION, authorization);
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(*name, *value);
        }
        Ok(request.body(Full::new(self.body.clone()))?)
    }

    /// The header of that name.
    fn authorization(&self, place: &Place, headers: &[(&str, &str)], (date, time): (&str, &str)) -> String {
        let access_key = place.keys.as_ref().map_or(&place.account, |keys| &keys.access_key);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let mut authorization = Authorization {
            credential: Credential {
                access_key: Cow::Borrowed(access_key),
                date: Cow::Borrowed(date),
                region: Cow::Borrowed(&place.region),
                service: Cow::Borrowed(self.service),
            },
            signed_headers: Cow::Owned(names.join(";")),
            signature: Cow::Borrowed("00"),
            time: Cow::Borrowed(time),
            form: Form::Header,
        };
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let (method, path, query) = (self.method, self.path, self.query);
        let signed = Signed { method, path, query, headers: &headers, body: &self.body };
        let secret = place.keys.as_ref().map(|keys| keys.secret.as_str());
        if let Some(signature) = secret.and_then(|secret| sigv4::sign(&signed, &authorization, secret)) {
            authorization.signature = Cow::Owned(signature);
        }
        let Authorization { credential, signed_headers, signature, .. } = &authorization;
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{date}/{}/{}/aws4_request, SignedHeaders={signed_headers}, \
             Signature={signature}",
            credential.access_key, credential.region, credential.service
        )
    }
}

/// A time as signatures write it: `YYYYMMDD` and `YYYYMMDDTHHMMSSZ`.
fn moment(ms: u64) -> (String, String) {
    let text = label::format(ms);
    let whole = text.split('.').next().unwrap_or_default();
    let compact: String = whole.chars().filter(|character| !matches!(character, '-' | ':')).collect();
    let date = compact.split('T').next().unwrap_or_default().to_owned();
    (date, compact + "Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::keys::Keys;

    fn place(keys: Option<Keys>) -> Place {
        let (endpoint, account) = ("http://localhost:4566".parse().unwrap(), "123456789012".to_owned());
        Place { endpoint, region: "eu-west-1".to_owned(), account, keys, authorities: None }
    }

    fn question() -> Question<'static> {
        let headers = &[("x-amz-target", "DynamoDBStreams_20120810.GetRecords")];
        let body = Bytes::from_static(b"{}");
        Question { service: "dynamodb", method: "POST", path: "/", query: "a=b%20c", headers, body }
    }

    #[test]
    fn times_are_written_as_signatures_write_them() {
        assert_eq!(moment(1_600_000_000_123), ("20200913".to_owned(), "20200913T122640Z".to_owned()));
    }

    #[test]
    fn requests_are_signed_with_the_keys_that_there_are() {
        let clock = Clock::simulated(1_600_000_000_000);
        let keys = Keys {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret: "hush".to_owned(),
            session_token: Some("for a while".to_owned()),
        };
        let request = question().signed(&place(Some(keys)), &clock).unwrap();
        assert_eq!(request.headers()["x-amz-target"], "DynamoDBStreams_20120810.GetRecords");
        assert_eq!(request.uri().to_string(), "/?a=b%20c");
        let headers: Vec<(&str, &[u8])> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let signed = Signed { method: "POST", path: "/", query: "a=b%20c", headers: &headers, body: b"{}" };
        let authorization = Authorization::of(&signed).unwrap();
        assert_eq!(authorization.credential.access_key, "AKIDEXAMPLE");
        assert_eq!(sigv4::sign(&signed, &authorization, "hush").as_deref(), Some(&*authorization.signature));
        assert!(authorization.signed_headers.contains("x-amz-security-token"));
        let nobody = question().signed(&place(None), &clock).unwrap();
        let authorization = nobody.headers()[AUTHORIZATION].to_str().unwrap();
        let scope = "Credential=123456789012/20200913/eu-west-1/dynamodb/aws4_request";
        assert!(authorization.contains(scope), "{authorization}");
    }
}
