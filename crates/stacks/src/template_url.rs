//! `TemplateURL`: which object of which bucket it means. Nothing is fetched from anywhere but the server's own buckets.

/// Bucket and key of a URL, be the bucket in its path or in front of its host. The host is AWS's for S3, this machine or the
/// host that the client itself has called; none for others.
pub(crate) fn bucket_and_key(url: &str, called: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
        return named(bucket, key);
    };
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    if host.eq_ignore_ascii_case(called) {
        let (bucket, key) = path.split_once('/')?;
        return named(bucket, key);
    }
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let called = called.rsplit_once(':').map_or(called, |(name, _)| name).to_ascii_lowercase();
    if let Some(bucket) = bucket_before(&host, &called) {
        return named(bucket, path);
    }
    if !is_ours(&host) && host != called {
        return None;
    }
    let (bucket, key) = path.split_once('/')?;
    named(bucket, key)
}

/// The bucket that stands before the name of a host.
fn bucket_before<'h>(host: &'h str, called: &str) -> Option<&'h str> {
    if let Some((bucket, _)) = host.split_once(".s3.").or_else(|| host.split_once(".s3-")) {
        return Some(bucket);
    }
    let bucket = host.strip_suffix(".localhost").or_else(|| host.strip_suffix(called)?.strip_suffix('.'));
    bucket.filter(|bucket| !bucket.is_empty() && *bucket != "s3")
}

/// Whether a host is AWS's for buckets, or this machine.
fn is_ours(host: &str) -> bool {
    let of_aws = (host.starts_with("s3.") || host.starts_with("s3-"))
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    let local = ["localhost", "[::1]", "s3.localhost", "host.docker.internal"];
    of_aws || local.contains(&host) || host.starts_with("127.") || host.starts_with("s3.localhost.")
}

/// Bucket and key, percent-decoded.
fn named(bucket: &str, key: &str) -> Option<(String, String)> {
    let key = decoded(key)?;
    (!bucket.is_empty() && !key.is_empty()).then(|| (bucket.to_owned(), key))
}

fn decoded(text: &str) -> Option<String> {
    let (bytes, mut at, mut out) = (text.as_bytes(), 0, Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let hex = text.get(at + 1..at + 3)?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::bucket_and_key;

    #[test]
    fn urls_name_buckets_and_keys() {
        for (url, expected) in [
            ("http://127.0.0.1:4566/assets/a/b.json", Some(("assets", "a/b.json"))),
            ("http://localhost:9/assets/b%20c?versionId=1", Some(("assets", "b c"))),
            ("http://tail.test:4566/assets/b", Some(("assets", "b"))),
            ("http://assets.tail.test:4566/b/c", Some(("assets", "b/c"))),
            ("http://assets.localhost:4566/b", Some(("assets", "b"))),
            ("https://s3.eu-west-1.amazonaws.com/assets/k", Some(("assets", "k"))),
            ("https://s3-eu-west-1.amazonaws.com/assets/k", Some(("assets", "k"))),
            ("https://s3.amazonaws.com/assets/k", Some(("assets", "k"))),
            ("https://assets.s3.eu-west-1.amazonaws.com/d/k", Some(("assets", "d/k"))),
            ("https://assets.s3.amazonaws.com/d/k", Some(("assets", "d/k"))),
            ("https://assets.s3-eu-west-1.amazonaws.com/k", Some(("assets", "k"))),
            ("http://assets.s3.localhost.localstack.cloud:4566/k", Some(("assets", "k"))),
            ("s3://assets/k", Some(("assets", "k"))),
            ("https://example.com/assets/k", None),
            ("https://s3.amazonaws.com/assets", None),
            ("http://127.0.0.1/assets/%zz", None),
            ("ftp://127.0.0.1/assets/k", None),
            ("", None),
        ] {
            let found = bucket_and_key(url, "tail.test:4566");
            let found = found.as_ref().map(|(bucket, key)| (bucket.as_str(), key.as_str()));
            assert_eq!(found, expected, "{url}");
        }
    }
}
