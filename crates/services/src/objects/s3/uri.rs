//! What a request is about: bucket and key, from its host and path, and the parameters of its query.

use server::Head;

/// Bucket and key as a request names them, decoded, and not yet looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
}

/// A path or query that is not percent-encoded UTF-8, or has a character NUL, which no document of XML can name in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

/// Hosts that mean this machine, and so no bucket.
const LOCAL_NAMES: [&str; 2] = ["localhost.localstack.cloud", "localhost"];

impl Target {
    pub(super) fn of(head: &Head<'_>) -> Result<Self, Undecodable> {
        Self::parse(head.host().unwrap_or_default(), head.path())
    }

    fn parse(host: &str, path: &str) -> Result<Self, Undecodable> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = match bucket_of_host(host) {
            Some(bucket) => (bucket, path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (decode(bucket)?, key)
            }
        };
        let some = |text: String| (!text.is_empty()).then_some(text);
        Ok(Self { bucket: some(bucket), key: some(decode(key)?) })
    }
}

/// The path, behind the bucket where the host names that.
pub(super) fn resource(head: &Head<'_>) -> String {
    let bucket = bucket_of_host(head.host().unwrap_or_default());
    bucket.map_or_else(|| head.path().to_owned(), |bucket| format!("/{bucket}{}", head.path()))
}

/// The bucket that a host names: what stands before `.s3.`, `.s3.REGION.`, or right before a name of this machine.
fn bucket_of_host(host: &str) -> Option<String> {
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(host, _)| host);
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if host.starts_with("s3.") || host.starts_with("s3-") {
        return None;
    }
    if let Some(at) = host.rfind(".s3.") {
        return Some(host[..at].to_owned());
    }
    let name = LOCAL_NAMES.iter().find_map(|name| host.strip_suffix(name)?.strip_suffix('.'))?;
    Some(name.to_owned()).filter(|name| name != "s3" && !name.is_empty())
}

/// Percent-encoding undone.
pub(super) fn decode(text: &str) -> Result<String, Undecodable> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let pair = after.get(..2).ok_or(Undecodable)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(Undecodable);
        let byte = digit(pair[0])? << 4 | digit(pair[1])?;
        bytes.push(u8::try_from(byte).map_err(|_| Undecodable)?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(Undecodable)
}

/// Percent-encoded, as `encoding-type=url` has it: slashes stay, and so does what needs no encoding.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a string does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// The parameters of a query, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Result<Self, Undecodable> {
        let parts = query.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bucket_and_key_are_found_in_path_or_host() {
        let cases = [
            ("localhost:4566", "/", None, None),
            ("localhost:4566", "/b", Some("b"), None),
            ("127.0.0.1:4566", "/b/", Some("b"), None),
            ("[::1]:4566", "/b/k/l", Some("b"), Some("k/l")),
            ("localhost", "/b//k%20%C3%A4", Some("b"), Some("/k ä")),
            ("s3.localhost.localstack.cloud:4566", "/b/k", Some("b"), Some("k")),
            ("s3.eu-west-1.localhost", "/b/k", Some("b"), Some("k")),
            ("b.s3.localhost:4566", "/k", Some("b"), Some("k")),
            ("my.b.s3.localhost.localstack.cloud", "/k/l", Some("my.b"), Some("k/l")),
            ("b.s3.eu-west-1.localhost.localstack.cloud", "/", Some("b"), None),
            ("b.localhost:4566", "/k", Some("b"), Some("k")),
            ("B.localhost.", "/k", Some("b"), Some("k")),
            ("b.s3.tailwater.internal", "/k", Some("b"), Some("k")),
            ("tailwater.internal", "/b/k", Some("b"), Some("k")),
            ("", "/b/../c", Some("b"), Some("../c")),
        ];
        for (host, path, bucket, key) in cases {
            let expected = Target { bucket: bucket.map(str::to_owned), key: key.map(str::to_owned) };
            assert_eq!(Target::parse(host, path), Ok(expected), "{host} {path}");
        }
        for path in ["/b/%", "/b/%2", "/b/%zz", "/b/%ff", "/%c3/k", "/b%00/k", "/b/a%00"] {
            assert_eq!(Target::parse("localhost", path), Err(Undecodable), "{path}");
        }
    }

    #[test]
    fn parameters_may_have_no_value() {
        let query = Query::parse("uploads&prefix=a%2Fb+c&&x=").unwrap();
        assert!(query.has("uploads") && !query.has("upload"));
        assert_eq!((query.get("prefix"), query.get("x")), (Some("a/b c"), Some("")));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "\\PC{0,40}") {
            prop_assert_eq!(decode(&encode(&text).replace('+', "%20")), Ok(text));
        }
    }
}
