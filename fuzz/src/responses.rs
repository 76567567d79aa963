//! Requests at function URLs, and what functions answer to them. A query on the first line, headers on the next ones, and
//! behind an empty line a body: as a request it becomes an event that holds all of it; as an answer it is a response that HTTP
//! can carry, or none.

use lambda::function_urls::{Asked, Reply, place};

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or(("", text));
    let mut lines = head.lines();
    let query = lines.next().unwrap_or_default();
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let host = headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.as_str());
    if let Some(place) = place(host, query) {
        assert!(place.id.len() == 32 && place.path.len() <= query.len());
    }
    let asked = Asked {
        id: "i",
        method: "POST",
        path: "/",
        query,
        headers: headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        body: body.as_bytes(),
        source_ip: "127.0.0.1".to_owned(),
        signed_by: None,
        request_id: "r",
        now_ms: 0,
    };
    let event = asked.event();
    assert_eq!(event["rawQueryString"].as_str(), Some(query));
    for (name, _) in headers.iter().filter(|(name, _)| name != "cookie") {
        assert!(event["headers"].get(name).is_some(), "{name}: {event}");
    }
    let replies = [Reply::read(body.as_bytes()), Reply::read_prelude(body.as_bytes())];
    for reply in replies.into_iter().flatten() {
        assert!((200..600).contains(&reply.status), "{}", reply.status);
        assert!(reply.headers.iter().all(|(name, _)| !name.bytes().any(|byte| byte.is_ascii_uppercase())));
    }
}
