//! Function URLs: a request as the event that a function gets (payload format 2.0), and its answer as a response; pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What says of a streamed answer that its head stands before it.
pub const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";

/// What stands between the head of a streamed answer and its body.
const PRELUDE_END: [u8; 8] = [0; 8];

/// The longest head of a streamed answer.
pub const PRELUDE_BYTES_MAX: usize = 256 << 10;

/// The characters of an id.
const ID_LENGTH: usize = 32;

/// Where a request at a function URL is for: the id, and the path at the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The URL's id.
    pub id: &'a str,
    /// The path, as sent.
    pub path: &'a str,
}

/// Where a request goes, if to a function URL: `ID.lambda-url.REGION.localhost` as the host, or `/lambda-url/ID/` before the
/// path.
#[must_use]
pub fn place<'a>(host: Option<&'a str>, path: &'a str) -> Option<Place<'a>> {
    if let Some((id, rest)) = host.and_then(|host| host.split_at_checked(ID_LENGTH))
        && rest.starts_with(".lambda-url.")
        && is_id(id)
    {
        return Some(Place { id, path });
    }
    let (id, rest) = path.strip_prefix("/lambda-url/")?.split_at_checked(ID_LENGTH)?;
    let path = if rest.is_empty() { "/" } else { rest };
    (is_id(id) && path.starts_with('/')).then_some(Place { id, path })
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// The URL, as the client that asks for it can reach it: by a host where that leads to this machine, else by a path.
#[must_use]
pub fn url(id: &str, region: &str, host: &str) -> String {
    let (name, port) = name_and_port(host);
    let colon = if port.is_empty() { "" } else { ":" };
    let domain = match name {
        "127.0.0.1" | "[::1]" | "::1" => Some("localhost"),
        "localhost" | "localhost.localstack.cloud" => Some(name),
        _ => None,
    };
    match domain {
        Some(domain) => format!("http://{id}.lambda-url.{region}.{domain}{colon}{port}/"),
        None => format!("http://{host}/lambda-url/{id}/"),
    }
}

/// The name and the port of a host, which is empty where there is none.
fn name_and_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

/// A request at a function URL.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The id of the URL.
    pub id: &'a str,
    /// `GET` and so on.
    pub method: &'a str,
    /// The path at the function, as sent.
    pub path: &'a str,
    /// The query, as sent.
    pub query: &'a str,
    /// The headers, their names in lower case, in their order.
    pub headers: Vec<(&'a str, String)>,
    /// The body.
    pub body: &'a [u8],
    /// Where it came from.
    pub source_ip: String,
    /// Who asks, where that had to be said: the access key and the account.
    pub signed_by: Option<(&'a str, &'a str)>,
    /// The id of the request.
    pub request_id: &'a str,
    /// When it came.
    pub now_ms: u64,
}

impl Asked<'_> {
    /// The event.
    #[must_use]
    pub fn event(&self) -> Value {
        let header = |name: &str| self.headers.iter().find(|(known, _)| *known == name);
        let host = header("host").map_or("", |(_, value)| value.as_str());
        let (domain, port) = name_and_port(host);
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.joined_headers(port),
            "requestContext": {
                "accountId": self.signed_by.map_or("anonymous", |(_, account)| account),
                "apiId": self.id,
                "domainName": domain,
                "domainPrefix": domain.split('.').next().unwrap_or_default(),
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip,
                    "userAgent": header("user-agent").map(|(_, value)| value),
                },
                "requestId": self.request_id,
                "routeKey": "$default",
                "stage": "$default",
                "time": time(self.now_ms),
                "timeEpoch": self.now_ms,
            },
            "isBase64Encoded": false,
        });
        let cookies = self.headers.iter().filter(|(name, _)| *name == "cookie");
        let cookies: Vec<&str> = cookies.flat_map(|(_, value)| value.split("; ")).collect();
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        let parameters = parameters(self.query);
        if !parameters.is_empty() {
            event["queryStringParameters"] = json!(parameters);
        }
        if let Some((access_key, account)) = self.signed_by {
            event["requestContext"]["authorizer"] = json!({ "iam": {
                "accessKey": access_key,
                "accountId": account,
                "callerId": access_key,
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": format!("arn:aws:iam::{account}:root"),
                "userId": access_key,
            }});
        }
        self.add_body(&mut event, header("content-type").map(|(_, value)| value.as_str()));
        event
    }

    fn joined_headers(&self, port: &str) -> BTreeMap<&str, String> {
        let mut joined: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != "cookie") {
            let all = joined.entry(name).or_default();
            if !all.is_empty() {
                all.push(',');
            }
            all.push_str(value);
        }
        joined.entry("x-forwarded-for").or_insert_with(|| self.source_ip.clone());
        joined.entry("x-forwarded-proto").or_insert_with(|| "http".to_owned());
        let port = if port.is_empty() { "80" } else { port };
        joined.entry("x-forwarded-port").or_insert_with(|| port.to_owned());
        joined
    }

    fn add_body(&self, event: &mut Value, content_type: Option<&str>) {
        if self.body.is_empty() {
            return;
        }
        match std::str::from_utf8(self.body) {
            Ok(text) if content_type.is_some_and(is_text) => event["body"] = text.into(),
            _ => {
                event["body"] = STANDARD.encode(self.body).into();
                event["isBase64Encoded"] = true.into();
            }
        }
    }
}

/// Whether a body of this type comes as it is, and not in base64.
fn is_text(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.starts_with("text/")
        || media.ends_with("+json")
        || media.ends_with("+xml")
        || ["application/json", "application/javascript", "application/xml"].contains(&media.as_str())
}

/// The parameters of a query, decoded; the values of one that comes more often are joined.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = decoded(value);
        let joined = match found.get(&decoded(name)) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        found.insert(decoded(name), joined);
    }
    found
}

/// Percent-decoded text; what is not percent-encoded stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let encoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = after;
        bytes.push(match (first, encoded) {
            (b'%', Some(byte)) => {
                rest = &after[2..];
                byte
            }
            (b'+', _) => b' ',
            (other, _) => *other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `21/Nov/2026:19:03:58 +0000`
fn time(ms: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let iso = crate::event::seconds(ms);
    let (date, clock) = iso.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let mut parts = date.split('-');
    let mut part = || parts.next().unwrap_or_default();
    let (year, month, day) = (part(), part(), part());
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{day}/{}/{year}:{clock} +0000", month.unwrap_or(&""))
}

/// What a function answers to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, cookies among them; names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// Reads an answer that came whole: one with a `statusCode` says what is answered, any other is what is answered.
    /// `None` where it is malformed.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(payload).ok()?;
        match &answer {
            Value::Object(members) if members.contains_key("statusCode") => {
                let mut reply = Self::head(members)?;
                reply.body = body(members)?;
                Some(reply)
            }
            Value::String(text) => Some(Self::json(text.clone().into())),
            _ => Some(Self::json(Bytes::copy_from_slice(payload))),
        }
    }

    /// Reads the head that stands before a streamed answer; `None` where it is malformed.
    #[must_use]
    pub fn read_prelude(prelude: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(prelude).ok()?;
        Self::head(answer.as_object()?)
    }

    fn json(body: Bytes) -> Self {
        Self { status: 200, headers: vec![("content-type".to_owned(), "application/json".to_owned())], body }
    }

    /// Status, headers and cookies.
    fn head(members: &Map<String, Value>) -> Option<Self> {
        let status = match members.get("statusCode") {
            None | Some(Value::Null) => 200,
            Some(Value::String(text)) => text.parse().ok()?,
            Some(number) => u16::try_from(number.as_u64()?).ok()?,
        };
        let mut headers = Vec::new();
        if let Some(given) = members.get("headers").filter(|given| !given.is_null()) {
            for (name, value) in given.as_object()? {
                headers.push((name.to_ascii_lowercase(), text(value)?));
            }
        }
        if let Some(given) = members.get("cookies").filter(|given| !given.is_null()) {
            for cookie in given.as_array()? {
                headers.push(("set-cookie".to_owned(), text(cookie)?));
            }
        }
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        (200..600).contains(&status).then_some(Self { status, headers, body: Bytes::new() })
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn body(members: &Map<String, Value>) -> Option<Bytes> {
    let text = match members.get("body") {
        None | Some(Value::Null) => return Some(Bytes::new()),
        Some(Value::String(text)) => text,
        Some(_) => return None,
    };
    match members.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false) {
        true => STANDARD.decode(text).ok().map(Bytes::from),
        false => Some(text.clone().into()),
    }
}

/// Where the head ends, and where the body begins, of a streamed answer, as far as it has come.
#[must_use]
pub fn prelude_end(answer: &[u8]) -> Option<(usize, usize)> {
    let end = answer.windows(PRELUDE_END.len()).position(|eight| eight == PRELUDE_END)?;
    Some((end, end + PRELUDE_END.len()))
}

#[cfg(test)]
mod tests;
