//! The lines that the platform writes around each call; pure.

use environment::calendar::iso;
use serde_json::{Value, json};

/// What the platform writes of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    /// Whether as JSON.
    pub(crate) json: bool,
    /// The call.
    pub(crate) request_id: &'a str,
    /// The version that runs.
    pub(crate) version: &'a str,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// With an answer.
    Success,
    /// With an error of this type.
    Error(&'static str),
    /// Not in time.
    Timeout,
}

/// What a call took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) duration_us: u64,
    pub(crate) memory_mib: u32,
    pub(crate) memory_max_mib: u64,
    /// Where the call was the first of its process.
    pub(crate) init_us: Option<u64>,
    pub(crate) status: Status,
}

impl Lines<'_> {
    /// The call begins.
    pub(crate) fn start(&self, now_ms: u64) -> String {
        if self.json {
            let record = json!({ "requestId": self.request_id, "version": self.version });
            return event(now_ms, "platform.start", &record);
        }
        format!("START RequestId: {} Version: {}", self.request_id, self.version)
    }

    /// The call did not end in time.
    pub(crate) fn timed_out(&self, now_ms: u64, text: &str) -> String {
        if self.json {
            return json!({ "timestamp": iso(now_ms), "level": "ERROR", "requestId": self.request_id, "message": text })
                .to_string();
        }
        format!("{} {} {text}", iso(now_ms), self.request_id)
    }

    /// The call has ended.
    pub(crate) fn end(&self, now_ms: u64, costs: &Costs) -> Vec<String> {
        if self.json {
            return vec![self.report_json(now_ms, costs)];
        }
        let Costs { duration_us, memory_mib, memory_max_mib, init_us, status } = *costs;
        let mut report = format!(
            "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {memory_mib} MB\tMax Memory Used: {memory_max_mib} MB\t",
            self.request_id,
            ms(duration_us),
            duration_us.div_ceil(1_000),
        );
        if let Some(init_us) = init_us {
            report.push_str(&format!("Init Duration: {} ms\t", ms(init_us)));
        }
        match status {
            Status::Success => {}
            Status::Timeout => report.push_str("Status: timeout"),
            Status::Error(error) => report.push_str(&format!("Status: error\tError Type: {error}")),
        }
        vec![format!("END RequestId: {}", self.request_id), report]
    }

    fn report_json(&self, now_ms: u64, costs: &Costs) -> String {
        let mut metrics = json!({
            "durationMs": costs.duration_us as f64 / 1_000.0,
            "billedDurationMs": costs.duration_us.div_ceil(1_000),
            "memorySizeMB": costs.memory_mib,
            "maxMemoryUsedMB": costs.memory_max_mib,
        });
        if let Some(init_us) = costs.init_us {
            metrics["initDurationMs"] = json!(init_us as f64 / 1_000.0);
        }
        let mut record = json!({ "requestId": self.request_id, "metrics": metrics });
        record["status"] = json!(match costs.status {
            Status::Success => "success",
            Status::Error(_) => "error",
            Status::Timeout => "timeout",
        });
        if let Status::Error(error) = costs.status {
            record["errorType"] = json!(error);
        }
        event(now_ms, "platform.report", &record)
    }
}

/// A process could not be made ready.
pub(crate) fn init_report(json: bool, now_ms: u64, init_us: u64, status: Status) -> String {
    let (word, error) = match status {
        Status::Success => ("success", None),
        Status::Error(error) => ("error", Some(error)),
        Status::Timeout => ("timeout", None),
    };
    if json {
        let mut record = json!({
            "initializationType": "on-demand", "phase": "init", "status": word,
            "metrics": { "durationMs": init_us as f64 / 1_000.0 },
        });
        if let Some(error) = error {
            record["errorType"] = json!(error);
        }
        return event(now_ms, "platform.initReport", &record);
    }
    let error = error.map_or(String::new(), |error| format!("\tError Type: {error}"));
    format!("INIT_REPORT Init Duration: {} ms\tPhase: init\tStatus: {word}{error}", ms(init_us))
}

fn event(now_ms: u64, kind: &str, record: &Value) -> String {
    json!({ "time": iso(now_ms), "type": kind, "record": record }).to_string()
}

/// Milliseconds with two digits behind the point.
fn ms(us: u64) -> String {
    let hundredths = (us + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: Lines<'_> = Lines { json: false, request_id: "r-1", version: "$LATEST" };

    fn costs(init_us: Option<u64>, status: Status) -> Costs {
        Costs { duration_us: 1_234, memory_mib: 128, memory_max_mib: 30, init_us, status }
    }

    #[test]
    fn text_with_exact_tabs() {
        assert_eq!(LINES.start(0), "START RequestId: r-1 Version: $LATEST");
        let report = "REPORT RequestId: r-1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\t";
        let table = [
            (costs(None, Status::Success), String::new()),
            (costs(Some(90_004), Status::Success), "Init Duration: 90.00 ms\t".to_owned()),
            (costs(None, Status::Timeout), "Status: timeout".to_owned()),
            (
                costs(None, Status::Error("Runtime.ExitError")),
                "Status: error\tError Type: Runtime.ExitError".to_owned(),
            ),
        ];
        for (costs, end) in table {
            assert_eq!(LINES.end(0, &costs), ["END RequestId: r-1".to_owned(), format!("{report}{end}")]);
        }
        let text = "Task timed out after 3.00 seconds";
        assert_eq!(LINES.timed_out(0, text), format!("1970-01-01T00:00:00.000Z r-1 {text}"));
        assert_eq!(
            init_report(false, 0, 12_345, Status::Error("Runtime.ExitError")),
            "INIT_REPORT Init Duration: 12.35 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
        );
    }

    #[test]
    fn json_of_the_same() {
        let lines = Lines { json: true, ..LINES };
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let time = "1970-01-01T00:00:00.000Z";
        assert_eq!(
            read(&lines.start(0)),
            json!({ "time": time, "type": "platform.start", "record": { "requestId": "r-1", "version": "$LATEST" } })
        );
        let end = lines.end(0, &costs(Some(90_004), Status::Error("X")));
        assert_eq!(
            read(&end[0]),
            json!({ "time": time, "type": "platform.report", "record": {
                "requestId": "r-1", "status": "error", "errorType": "X", "metrics": {
                    "durationMs": 1.234, "billedDurationMs": 2, "memorySizeMB": 128, "maxMemoryUsedMB": 30,
                    "initDurationMs": 90.004 } } })
        );
    }
}
