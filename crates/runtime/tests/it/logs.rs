//! The lines of the platform, as text and as JSON.

use crate::harness::{World, invoke, tail};
use serde_json::Value;

#[tokio::test]
async fn lines_around_a_call_with_exact_tabs() {
    let world = World::new();
    let pool = world.node("exports.handler = async () => 1");
    let finished = invoke(&pool, "{}").await.unwrap();
    let text = tail(&finished);
    let lines: Vec<&str> = text.lines().collect();
    let id = lines[0].strip_prefix("START RequestId: ").unwrap().strip_suffix(" Version: $LATEST").unwrap();
    assert_eq!(lines[1], format!("END RequestId: {id}"));
    let parts: Vec<&str> = lines[2].split('\t').collect();
    assert_eq!(parts[0], format!("REPORT RequestId: {id}"));
    let names: Vec<&str> = parts[1..].iter().map(|part| part.split(':').next().unwrap()).collect();
    assert_eq!(names, ["Duration", "Billed Duration", "Memory Size", "Max Memory Used", "Init Duration", ""]);
    assert_eq!(parts[3], "Memory Size: 128 MB");
    let memory: u64 = parts[4].split(' ').nth(3).unwrap().parse().unwrap();
    assert!((10..1_000).contains(&memory), "{memory}");
    let text = tail(&invoke(&pool, "{}").await.unwrap());
    assert!(!text.contains("Init Duration"), "only of the first call of a process: {text}");
    let stream = &finished.log_stream;
    let (day, rest) = stream.split_once("/[$LATEST]").unwrap();
    assert!(
        day.len() == 10 && rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{stream}"
    );
}

#[tokio::test]
async fn json() {
    let world = World::new();
    let node = "exports.handler = async () => { console.debug('hidden'); console.log('a\\nb', 1); console.warn({ x: 1 }); console.error(new Error('boom')) }";
    let python = "import logging\nlog = logging.getLogger('own')\ndef handler(event, context):\n    log.debug('hidden')\n    log.info('a\\nb %d', 1, extra={'x': 1})\n    try:\n        1 / 0\n    except Exception:\n        log.exception('boom')";
    for (runtime, handler, file, code, count) in [
        ("nodejs20.x", "index.handler", "index.js", node, 3),
        ("python3.11", "app.handler", "app.py", python, 2),
    ] {
        let mut revision = world.revision(runtime, handler, &[(file, code)]);
        revision.logs_json = true;
        let text = tail(&invoke(&world.runtime.pool(revision), "{}").await.unwrap());
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), count + 2, "{text}");
        assert_eq!(lines[0]["type"], "platform.start");
        let id = lines[0]["record"]["requestId"].as_str().unwrap();
        assert_eq!(
            (lines[1]["level"].as_str(), lines[1]["message"].as_str()),
            (Some("INFO"), Some("a\nb 1"))
        );
        assert!(lines[1..=count].iter().all(|line| line["requestId"] == id && line["timestamp"].is_string()));
        let last = &lines[count];
        assert_eq!(last["level"], "ERROR");
        assert!(last["errorType"].is_string() && last["stackTrace"].is_array(), "{last}");
        let report = &lines[count + 1];
        assert_eq!(
            (report["type"].as_str(), report["record"]["status"].as_str()),
            (Some("platform.report"), Some("success"))
        );
        assert!(report["record"]["metrics"]["initDurationMs"].is_number());
    }
}
