//! How AWS describes that a function failed, where the function did not do it itself.

use bytes::Bytes;
use serde_json::json;

/// Bytes of an answer at most.
pub(crate) const ANSWER_BYTES_MAX: usize = 6_291_556;

/// Bytes of an answer at most that is streamed to whoever called.
pub(crate) const STREAMED_BYTES_MAX: usize = 200 << 20;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself, with this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// What AWS says of it.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Status(0) => "Runtime exited without providing a reason".to_owned(),
            Self::Status(status) => format!("Runtime exited with error: exit status {status}"),
            Self::Signal(signal) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
        }
    }
}

/// The names that Go gives to signals, since AWS's texts are made by it.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

/// `Task timed out after 3.00 seconds`
pub(crate) fn timeout_text(timeout_ms: u64) -> String {
    format!("Task timed out after {}.{:02} seconds", timeout_ms / 1_000, timeout_ms % 1_000 / 10)
}

/// It took longer than it may.
pub(crate) fn timed_out(request_id: &str, timeout_ms: u64) -> Bytes {
    let message = format!("RequestId: {request_id} Error: {}", timeout_text(timeout_ms));
    body("Sandbox.Timedout", &message)
}

/// Its process ended.
pub(crate) fn exited(request_id: &str, exit: Exit) -> Bytes {
    body("Runtime.ExitError", &format!("RequestId: {request_id} Error: {}", exit.reason()))
}

/// There is nothing to execute.
pub(crate) fn no_entry(request_id: &str, reason: &str) -> Bytes {
    body("Runtime.InvalidEntrypoint", &format!("RequestId: {request_id} Error: {reason}"))
}

/// Its answer is longer than it may be. Here AWS names the message first.
pub(crate) fn answer_too_large(bytes_max: usize) -> Bytes {
    let message = format!("Response payload size exceeded maximum allowed payload size ({bytes_max} bytes).");
    Bytes::from(format!(r#"{{"errorMessage":"{message}","errorType":"Function.ResponseSizeTooLarge"}}"#))
}

/// It broke off an answer that it streamed, and said no more than the type of the error.
pub(crate) fn broken_off(error_type: &str) -> Bytes {
    body(error_type, "The function broke off its answer")
}

fn body(error_type: &str, message: &str) -> Bytes {
    let message = json!(message);
    Bytes::from(format!(r#"{{"errorType":{},"errorMessage":{message}}}"#, json!(error_type)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_as_aws_writes_them() {
        let table = [
            (
                timed_out("r", 1_000),
                r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 1.00 seconds"}"#,
            ),
            (
                exited("r", Exit::Status(0)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited without providing a reason"}"#,
            ),
            (
                exited("r", Exit::Status(127)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: exit status 127"}"#,
            ),
            (
                exited("r", Exit::Signal(9)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: signal: killed"}"#,
            ),
            (
                answer_too_large(ANSWER_BYTES_MAX),
                r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#,
            ),
        ];
        for (body, text) in table {
            assert_eq!(body, text);
        }
        assert_eq!(timeout_text(900_550), "Task timed out after 900.55 seconds");
        assert!(Exit::Signal(40).reason().ends_with("signal: signal 40"));
    }
}
