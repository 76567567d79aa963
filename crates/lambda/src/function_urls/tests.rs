//! Events, answers and hosts of function URLs, as the developer guide shows them.

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn where_a_request_goes() {
    let at = |path| Some(Place { id: ID, path });
    let host = format!("{ID}.lambda-url.us-east-1.localhost:4566");
    let by_path = format!("/lambda-url/{ID}");
    let table = [
        (Some(host.as_str()), "/a/b", at("/a/b")),
        (Some("localhost:4566"), by_path.as_str(), at("/")),
        (None, &format!("{by_path}/x"), at("/x")),
        (None, &format!("{by_path}x"), None),
        (None, "/lambda-url/short/x", None),
        (Some("0123456789abcdef0123456789abcdeF.lambda-url.r.localhost"), "/", None),
        (Some("0123456789abcdef0123456789abcdef.s3.localhost"), "/", None),
        (Some("ää.lambda-url.r.localhost"), "/lambda-url/ääääääääääääääääääääää", None),
    ];
    for (host, path, expected) in table {
        assert_eq!(place(host, path), expected, "{host:?} {path}");
    }
}

#[test]
fn the_url_that_is_told_leads_here() {
    for (host, expected) in [
        ("localhost:4566", "http://i.lambda-url.eu-west-1.localhost:4566/"),
        ("127.0.0.1:80", "http://i.lambda-url.eu-west-1.localhost:80/"),
        ("[::1]:4566", "http://i.lambda-url.eu-west-1.localhost:4566/"),
        ("localhost", "http://i.lambda-url.eu-west-1.localhost/"),
        ("localhost.localstack.cloud:4566", "http://i.lambda-url.eu-west-1.localhost.localstack.cloud:4566/"),
        ("tailwater:4566", "http://tailwater:4566/lambda-url/i/"),
        ("10.0.0.7:4566", "http://10.0.0.7:4566/lambda-url/i/"),
    ] {
        assert_eq!(url("i", "eu-west-1", host), expected);
    }
}

fn asked<'a>(headers: &[(&'a str, &str)], body: &'a [u8]) -> Asked<'a> {
    Asked {
        id: ID,
        method: "POST",
        path: "/a%20b",
        query: "a=1&a=2&b=%C3%A4+%zz&c",
        headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        body,
        source_ip: "127.0.0.1".to_owned(),
        signed_by: None,
        request_id: "r-1",
        now_ms: 1_583_348_638_390,
    }
}

#[test]
fn the_host_and_the_port_that_were_asked() {
    for (host, domain, port) in [
        ("localhost:4566", "localhost", "4566"),
        ("localhost", "localhost", "80"),
        ("[::1]:4566", "[::1]", "4566"),
        ("[::1]", "[::1]", "80"),
    ] {
        let event = asked(&[("host", host)], b"").event();
        assert_eq!(event["requestContext"]["domainName"], domain);
        assert_eq!(event["headers"]["x-forwarded-port"], port);
    }
}

#[test]
fn the_event_as_the_guide_shows_it() {
    let host = format!("{ID}.lambda-url.us-west-2.localhost:4566");
    let headers = [
        ("host", host.as_str()),
        ("content-type", "application/json; charset=utf-8"),
        ("x-a", "1"),
        ("cookie", "c1=1; c2=2"),
        ("x-a", "2"),
        ("user-agent", "agent"),
    ];
    assert_eq!(
        asked(&headers, br#"{"x":1}"#).event(),
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/a%20b", "rawQueryString": "a=1&a=2&b=%C3%A4+%zz&c",
            "cookies": ["c1=1", "c2=2"],
            "headers": {
                "host": host, "content-type": "application/json; charset=utf-8", "x-a": "1,2", "user-agent": "agent",
                "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http", "x-forwarded-port": "4566",
            },
            "queryStringParameters": { "a": "1,2", "b": "ä %zz", "c": "" },
            "requestContext": {
                "accountId": "anonymous", "apiId": ID, "domainName": host.split(':').next(), "domainPrefix": ID,
                "http": { "method": "POST", "path": "/a%20b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "agent" },
                "requestId": "r-1", "routeKey": "$default", "stage": "$default",
                "time": "04/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_u64,
            },
            "body": "{\"x\":1}", "isBase64Encoded": false,
        })
    );
    let signed = Asked { signed_by: Some(("KEY", "000000000000")), query: "", ..asked(&[], b"") };
    let event = signed.event();
    assert_eq!(event["requestContext"]["authorizer"]["iam"]["accessKey"], "KEY");
    assert_eq!(event["requestContext"]["accountId"], "000000000000");
    for absent in ["body", "cookies", "queryStringParameters"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
}

#[test]
fn a_body_is_text_where_its_type_says_so() {
    for (content_type, body, encoded) in [
        (Some("text/html"), &b"x"[..], false),
        (Some("application/problem+JSON"), b"x", false),
        (Some("application/xml"), b"x", false),
        (Some("application/x-www-form-urlencoded"), b"a=b", true),
        (Some("image/png"), b"x", true),
        (Some("text/plain"), b"\xff", true),
        (None, b"x", true),
    ] {
        let headers: Vec<_> = content_type.iter().map(|value| ("content-type", *value)).collect();
        let event = asked(&headers, body).event();
        let text = if encoded { STANDARD.encode(body) } else { String::from_utf8(body.to_vec()).unwrap() };
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!(text), &json!(encoded)),
            "{content_type:?}"
        );
    }
}

#[test]
fn answers() {
    let json_type = ("content-type".to_owned(), "application/json".to_owned());
    let plain =
        |body: &'static str| Some(Reply { status: 200, headers: vec![json_type.clone()], body: body.into() });
    let table = [
        (r#""Hello""#, plain("Hello")),
        (r#"{"message":"x"}"#, plain(r#"{"message":"x"}"#)),
        ("null", plain("null")),
        ("[1]", plain("[1]")),
        (r#"{"statusCode":200,"body":null}"#, plain("")),
        (
            r#"{"statusCode":"201","headers":{"Content-Type":"text/html","X-N":7},"cookies":["a=1","b=2"],"body":"PGI+","isBase64Encoded":true}"#,
            Some(Reply {
                status: 201,
                headers: [
                    ("content-type", "text/html"),
                    ("x-n", "7"),
                    ("set-cookie", "a=1"),
                    ("set-cookie", "b=2"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
                body: "<b>".into(),
            }),
        ),
        (r#"{"statusCode":99999}"#, None),
        (r#"{"statusCode":101}"#, None),
        (r#"{"statusCode":"ok"}"#, None),
        (r#"{"statusCode":200,"body":{}}"#, None),
        (r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#, None),
        (r#"{"statusCode":200,"headers":[]}"#, None),
        ("not json", None),
    ];
    for (payload, expected) in table {
        assert_eq!(Reply::read(payload.as_bytes()), expected, "{payload}");
    }
}

#[test]
fn the_head_of_a_streamed_answer() {
    let answer = b"{\"statusCode\":404}\0\0\0\0\0\0\0\0body";
    let (end, begin) = prelude_end(answer).unwrap();
    assert_eq!((Reply::read_prelude(&answer[..end]).unwrap().status, &answer[begin..]), (404, &b"body"[..]));
    assert_eq!(prelude_end(&answer[..begin - 1]), None);
    assert_eq!(Reply::read_prelude(b"{}").unwrap().status, 200);
    assert_eq!(Reply::read_prelude(b"[]"), None);
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_without_harm(
        path in ".{0,80}", query in ".{0,80}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)
    ) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(found) = place(Some(&text), &format!("/lambda-url/{path}")) {
            proptest::prop_assert_eq!(found.id.len(), 32);
        }
        let headers = [("host", text.as_str()), ("cookie", &text), ("content-type", &text)];
        let event = Asked { path: &path, query: &query, ..asked(&headers, &bytes) }.event();
        proptest::prop_assert_eq!(&event["rawQueryString"], &json!(query));
        let (_, _) = (Reply::read(&bytes), Reply::read_prelude(&bytes));
        if let Some((end, begin)) = prelude_end(&bytes) {
            proptest::prop_assert!(end + 8 == begin && begin <= bytes.len());
        }
    }

    #[test]
    fn parameters_come_back_as_they_were_encoded(value in ".{0,40}") {
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = parameters(&format!("a={encoded}"));
        proptest::prop_assert_eq!(found.get("a"), Some(&value));
    }
}
