//! Requests to services of AWS's kind, signed with the keys of the environment; without those, with a signature that nobody
//! verifies.

use super::place::Place;
use bytes::Bytes;
use environment::Clock;
use http_body_util::Full;
use hyper::Request;
use hyper::header::HOST;
use server::Signer;

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
        let target = match self.query {
            "" => self.path.to_owned(),
            query => format!("{}?{query}", self.path),
        };
        let host = place.authority()?.as_str();
        let mut request = Request::builder().method(self.method).uri(target).header(HOST, host);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = place.keys.as_ref().and_then(|keys| keys.session_token.as_deref()) {
            request = request.header("x-amz-security-token", token);
        }
        let (mut parts, ()) = request.body(())?.into_parts();
        let signer = Signer {
            access_key: place.keys.as_ref().map_or(&place.account, |keys| &keys.access_key),
            secret: place.keys.as_ref().map(|keys| keys.secret.as_str()),
            region: &place.region,
            service: self.service,
        };
        signer.sign(&mut parts, &self.body, clock.wall_ms() / 1_000)?;
        Ok(Request::from_parts(parts, Full::new(self.body.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::keys::Keys;
    use hyper::header::AUTHORIZATION;

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
        assert_eq!(request.headers()["x-amz-security-token"], "for a while");
        let authorization = request.headers()[AUTHORIZATION].to_str().unwrap();
        let scope = "Credential=AKIDEXAMPLE/20200913/eu-west-1/dynamodb/aws4_request";
        let names = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target";
        assert!(authorization.contains(scope) && authorization.contains(names), "{authorization}");
        let (_, signature) = authorization.split_once("Signature=").unwrap();
        assert_eq!(signature.len(), 64, "{authorization}");
        let nobody = question().signed(&place(None), &clock).unwrap();
        let authorization = nobody.headers()[AUTHORIZATION].to_str().unwrap();
        let scope = "Credential=123456789012/20200913/eu-west-1/dynamodb/aws4_request";
        assert!(authorization.contains(scope), "{authorization}");
    }
}
