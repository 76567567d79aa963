//! What goes over the wire: errors, headers, codings, limits, and requests that are not what they seem.

use crate::client::{Answer, Client, LOCAL, head};
use crate::running::Running;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::process::Command;

const SERVICE: &str = "com.amazon.coral.service#";
const SERIALIZATION: &str = "com.amazon.coral.service#SerializationException";

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A table `dogs` with one item of some size.
fn with_dog(running: &Running) {
    running.make("dogs");
    let item = json!({ "name": { "S": "Rex" }, "story": { "S": "once upon a time ".repeat(1000) } });
    running.ok("PutItem", &json!({ "TableName": "dogs", "Item": item }));
}

fn check_headers(answer: &Answer) {
    let crc = crc32fast::hash(&answer.body).to_string();
    assert_eq!(answer.header("x-amz-crc32"), Some(crc.as_str()), "{}", answer.text());
    let id = answer.header("x-amzn-requestid").unwrap();
    assert!(
        id.len() == 52 && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
        "{id}"
    );
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
}

#[test]
fn errors_carry_their_type_their_text_and_what_every_answer_carries() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let limit = "STRING_VALUE cannot be converted to Integer";
    let missing = "Requested resource not found: Table: dogs not found";
    let cases = [
        (
            "DescribeTable",
            r#"{"TableName":"dogs"}"#,
            "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
            missing,
        ),
        (
            "GetRecords",
            r#"{"ShardIterator":"x"}"#,
            "com.amazon.coral.validate#ValidationException",
            "Invalid ShardIterator",
        ),
        ("ListTables", r#"{"Limit":"1"}"#, SERIALIZATION, limit),
        ("ListTables", "{", SERIALIZATION, ""),
        ("Nonsense", "{}", "com.amazon.coral.service#UnknownOperationException", ""),
        ("DynamoDB_20120810.", "{}", "com.amazon.coral.service#UnknownOperationException", ""),
        ("DynamoDB_20120810.ListStreams", "{}", "com.amazon.coral.service#UnknownOperationException", ""),
        (
            "DynamoDBStreams_20120810.ListTables",
            "{}",
            "com.amazon.coral.service#UnknownOperationException",
            "",
        ),
        ("AmazonSES.SendEmail", "{}", "com.amazon.coral.service#UnknownOperationException", ""),
    ];
    for (operation, body, kind, text) in cases {
        let answer = client.call(operation, body);
        assert_eq!(answer.status, 400, "{operation}");
        assert_eq!(answer.error(), (kind.to_owned(), text.to_owned()), "{operation}");
        check_headers(&answer);
    }
    // AWS writes this one's message with a capital, and none where it has nothing to say.
    assert_eq!(client.call("ListTables", r#"{"Limit":"1"}"#).json()["Message"], limit);
    assert_eq!(client.call("ListTables", "{").text(), format!("{{\"__type\":\"{SERIALIZATION}\"}}"));
}

#[test]
fn whoever_does_not_say_who_it_is_is_told_what_is_missing() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let header = "AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/dynamodb/aws4_request";
    let cases = [
        (
            String::new(),
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token".to_owned(),
        ),
        (
            format!("authorization: {header}\r\n"),
            "IncompleteSignatureException",
            format!(
                "Authorization header requires 'Signature' parameter. Authorization header requires \
                 'SignedHeaders' parameter. Authorization={header}"
            ),
        ),
    ];
    for (lines, kind, text) in cases {
        let answer = client.exchange("ListTables", &lines, "{}");
        assert_eq!((answer.status, answer.error()), (400, (format!("{SERVICE}{kind}"), text)));
        check_headers(&answer);
    }
}

#[test]
fn what_is_not_json_or_not_of_its_type_is_refused_and_costs_nobody_else_anything() {
    let running = Running::start(&["--in-memory"]);
    with_dog(&running);
    let mut client = running.client();
    let bodies: [&[u8]; 16] = [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"\"{}\"",
        b"{} x",
        b"{\"TableName\"}",
        b"{\"TableName\":\"dogs\",}",
        b"{\"TableName\":\"do\xffgs\"}",
        b"{\"TableName\":\"\\ud800\"}",
        b"{\"TableName\":1}",
        b"{\"TableName\":[\"dogs\"]}",
        b"{\"TableName\":{}}",
        b"{\"TableName\":\"dogs\",\"Key\":[]}",
        b"{\"TableName\":\"dogs\",\"Key\":{\"name\":\"Rex\"}}",
    ];
    for body in bodies {
        let answer = client.call("GetItem", body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!((answer.status, answer.error().0.as_str()), (400, SERIALIZATION), "{shown}");
        check_headers(&answer);
    }
    assert_eq!(client.call("DescribeLimits", "nonsense").error().0, SERIALIZATION);
    assert_eq!(client.call("DescribeEndpoints", "[").error().0, SERIALIZATION);
    // Of a member that is there twice the last counts; an attribute may not be there twice.
    let twice = r#"{"TableName":"cats","TableName":"dogs","Key":{"name":{"S":"Rex"}}}"#;
    assert_eq!(client.call("GetItem", twice).json()["Item"]["name"]["S"], "Rex");
    for (operation, body) in [
        ("GetItem", r#"{"TableName":"dogs","Key":{"name":{"S":"Rex"},"name":{"S":"Rex"}}}"#),
        ("PutItem", r#"{"TableName":"dogs","Item":{"name":{"S":"a"},"x":{"S":"1"},"x":{"S":"2"}}}"#),
        (
            "PutItem",
            r#"{"TableName":"dogs","Item":{"name":{"S":"a"},"x":{"M":{"y":{"S":"1"},"y":{"S":"2"}}}}}"#,
        ),
    ] {
        assert_eq!(client.call(operation, body).error().0, SERIALIZATION, "{body}");
    }
}

#[test]
fn bodies_are_compressed_both_ways() {
    let running = Running::start(&["--in-memory"]);
    with_dog(&running);
    let mut client = running.client();
    let request = r#"{"TableName":"dogs","Key":{"name":{"S":"Rex"}}}"#;
    let plain = client.call("GetItem", request);
    assert_eq!(plain.header("content-encoding"), None);
    let gzipped =
        client.exchange("GetItem", &format!("{LOCAL}content-encoding: gzip\r\n"), packed(request.as_bytes()));
    assert_eq!(gzipped.json(), plain.json());
    for coding in ["gzip", "deflate"] {
        let answer = client.exchange("GetItem", &format!("{LOCAL}accept-encoding: {coding}\r\n"), request);
        assert_eq!(answer.header("content-encoding"), Some(coding));
        // The checksum is of the bytes that are sent.
        let crc = crc32fast::hash(&answer.body).to_string();
        assert_eq!(answer.header("x-amz-crc32"), Some(crc.as_str()));
        let mut unpacked = Vec::new();
        match coding {
            "gzip" => GzDecoder::new(&answer.body[..]).read_to_end(&mut unpacked).unwrap(),
            _ => ZlibDecoder::new(&answer.body[..]).read_to_end(&mut unpacked).unwrap(),
        };
        assert_eq!(serde_json::from_slice::<Value>(&unpacked).unwrap(), plain.json());
    }
    let broken = client.exchange("GetItem", &format!("{LOCAL}content-encoding: gzip\r\n"), request);
    assert_eq!(broken.error().0, SERIALIZATION);
}

#[test]
fn sixteen_mebibytes_are_taken_and_not_a_byte_more() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let limit = 16 << 20;
    let mut body = vec![b' '; limit];
    body[limit - 2..].copy_from_slice(b"{}");
    assert_eq!(client.call("ListTables", &body).status, 200);
    body.insert(0, b' ');
    assert_eq!(client.call("ListTables", &body).status, 413);
    assert_eq!(client.call("ListTables", "{}").status, 200);
    // However it comes: packed, in chunks, or only announced.
    let lines = format!("{LOCAL}content-encoding: gzip\r\n");
    assert_eq!(client.exchange("ListTables", &lines, packed(&body)).status, 413);
    client.send(head("ListTables", &format!("{LOCAL}transfer-encoding: chunked\r\n")));
    client.send(format!("{:x}\r\n", body.len()));
    client.send(&body);
    client.send("\r\n0\r\n\r\n");
    assert_eq!(client.answer().status, 413);
    client.send(head("ListTables", &format!("{LOCAL}content-length: 99999999999\r\n")));
    assert_eq!(client.answer().status, 413);
}

#[test]
fn lengths_that_lie_do_not_confuse_what_follows() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    // Shorter than it says: the sender breaks off.
    client.send(head("ListTables", &format!("{LOCAL}content-length: 20\r\n")) + "{}");
    client.end();
    assert_eq!(client.answer().error().0, SERIALIZATION);
    // Longer than it says: what is left over is no request.
    let mut client = running.client();
    client.send(head("ListTables", &format!("{LOCAL}content-length: 2\r\n")) + "{} {}\r\n\r\n");
    assert_eq!(client.answer().text(), r#"{"TableNames":[]}"#);
    assert_eq!(client.answer().status, 400);
    assert!(client.is_closed());
    let mut client = running.client();
    let chunked = head("ListTables", &format!("{LOCAL}transfer-encoding: chunked\r\n"));
    client.send(chunked + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
    assert_eq!(client.answer().text(), r#"{"TableNames":[]}"#);
    assert_eq!(client.call("ListTables", "{}").status, 200);
}

#[test]
fn http_2_is_spoken_with_prior_knowledge() {
    let running = Running::start(&["--in-memory"]);
    with_dog(&running);
    let url = format!("http://{}/", running.addresses[0]);
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--http2-prior-knowledge", "--compressed", "--max-time", "20"])
        .args(["--write-out", "\n%{http_version} %{http_code}", "--header"])
        .args([LOCAL.trim_end(), "--header", "x-amz-target: DynamoDB_20120810.GetItem"])
        .args(["--data-binary", r#"{"TableName":"dogs","Key":{"name":{"S":"Rex"}}}"#, &url])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, told) = text.rsplit_once('\n').unwrap();
    assert_eq!(told, "2 200");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["Item"]["name"]["S"], "Rex");
}

#[test]
fn hundreds_of_connections_are_served_at_once() {
    let running = Running::start(&["--in-memory"]);
    let mut clients: Vec<Client> = (0..400).map(|_| running.client()).collect();
    for _ in 0..2 {
        for client in &mut clients {
            client.send(head("ListTables", &format!("{LOCAL}content-length: 2\r\n")) + "{}");
        }
        for client in &mut clients {
            assert_eq!(client.answer().text(), r#"{"TableNames":[]}"#);
        }
    }
    running.stop("-TERM");
}

#[test]
fn with_keys_only_what_a_client_signed_with_one_of_them_is_let_in() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    std::fs::write(&keys, "[default]\naws_access_key_id = mine\naws_secret_access_key = secret\n").unwrap();
    let running = Running::start(&["--in-memory", "--auth", keys.to_str().unwrap()]);
    let url = format!("http://{}/", running.addresses[0]);
    let signed = |version: &str, user: &str| {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", version, "--max-time", "20", "--user", user])
            .args(["--aws-sigv4", "aws:amz:eu-west-1:dynamodb", "--header", "content-type: application/json"])
            .args(["--header", "x-amz-target: DynamoDB_20120810.ListTables", "--data-binary", "{}", &url])
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        assert_eq!(signed(version, "mine:secret"), json!({ "TableNames": [] }), "{version}");
        let wrong = signed(version, "mine:guess");
        assert_eq!(wrong["__type"], "com.amazon.coral.service#InvalidSignatureException", "{version}");
        let unknown = signed(version, "yours:secret");
        assert_eq!(unknown["__type"], "com.amazon.coral.service#UnrecognizedClientException", "{version}");
    }
}
