//! What functions print: into their log streams, and to the server's own output, with the name of the function before
//! each line.
//!
//! The server's output is written by a thread of its own, so that a terminal or a pipe that nobody reads holds up nothing;
//! lines that find the thread too far behind are not shown, which is said. The log streams have them all the same. `--log
//! functions=off` shows none.

use crate::log::{Format, is_coloured};
use runtime::{LogEvent, LogSink, LogSource};
use serde_json::json;
use services::logs::{Event, Logs, Place};
use std::fmt::Write as _;
use std::future::Future;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tracing::Level;

/// How many pieces of output may wait to be shown.
const WAITING_MAX: usize = 256;

/// Takes what functions print.
pub(crate) struct FunctionOutput {
    logs: Logs,
    shown: SyncSender<String>,
    hidden: AtomicU64,
    form: Form,
}

/// How lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Coloured,
    Json,
}

impl FunctionOutput {
    /// Writes into these logs, and to standard error.
    ///
    /// # Errors
    /// When the operating system gives no more threads.
    pub(crate) fn new(logs: Logs, format: Format) -> io::Result<Self> {
        let (shown, waiting) = sync_channel(WAITING_MAX);
        environment::spawn_thread("function-output", move || show(&waiting))?;
        let form = match format {
            Format::Json => Form::Json,
            Format::Text if is_coloured(&io::stderr()) => Form::Coloured,
            Format::Text => Form::Plain,
        };
        Ok(Self { logs, shown, hidden: AtomicU64::new(0), form })
    }

    /// Hands lines to the thread that shows them, if it is not behind.
    fn show(&self, name: &str, events: &[LogEvent]) {
        let mut text = String::new();
        let hidden = self.hidden.swap(0, Ordering::Relaxed);
        if hidden > 0 {
            let _ = writeln!(text, "(output of functions is not shown here: {hidden} messages)");
        }
        for event in events.iter().filter(|event| !is_frame(&event.message)) {
            self.form.write(&mut text, name, event);
        }
        if !text.is_empty() && self.shown.try_send(text).is_err() {
            self.hidden.fetch_add(hidden + events.len() as u64, Ordering::Relaxed);
        }
    }
}

impl LogSink for FunctionOutput {
    fn write(&self, source: &LogSource, events: Vec<LogEvent>) {
        if tracing::enabled!(target: "functions", Level::INFO) {
            self.show(&source.function_name, &events);
        }
        let place = Place {
            account: &source.account,
            region: &source.region,
            group: &source.group,
            stream: &source.stream,
        };
        let event = |event: LogEvent| Event { time_ms: event.time_ms, message: event.message };
        let events: Vec<Event> = events.into_iter().map(event).collect();
        self.logs.write(&place, &events);
    }

    fn ready(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>> {
        self.logs.is_behind().then(|| Box::pin(self.logs.ready()) as Pin<Box<_>>)
    }
}

/// Whether a message only says where an invocation begins or ends, which is of use in a log but not to who watches.
fn is_frame(message: &str) -> bool {
    message.starts_with("START RequestId: ") || message.starts_with("END RequestId: ")
}

impl Form {
    /// Writes a message, each line of it behind the name.
    fn write(self, out: &mut String, name: &str, event: &LogEvent) {
        let message = event.message.trim_end_matches(['\n', '\r']);
        if self == Form::Json {
            let line = json!({ "function": name, "time_ms": event.time_ms, "message": message });
            let _ = writeln!(out, "{line}");
            return;
        }
        for line in message.split(['\n', '\r']) {
            let _ = match self {
                Form::Coloured => {
                    let (colour, dim) =
                        (colour(name), if line.starts_with("REPORT ") { "\x1b[2m" } else { "" });
                    writeln!(out, "\x1b[{colour}m{name} |\x1b[0m {dim}{}\x1b[0m", harmless(line))
                }
                _ => writeln!(out, "{name} | {}", harmless(line)),
            };
        }
    }
}

/// A line without what would move a terminal's cursor; colours stay.
pub(crate) fn harmless(line: &str) -> String {
    let stays = |(at, one): &(usize, char)| match one {
        '\t' => true,
        '\x1b' => begins_colour(&line[*at..]),
        other => !other.is_control(),
    };
    line.char_indices().filter(stays).map(|(_, one)| one).collect()
}

/// Whether a text begins with an escape sequence that only says how characters look.
fn begins_colour(text: &str) -> bool {
    let is_parameter = |one: char| one.is_ascii_digit() || matches!(one, ';' | ':');
    text.strip_prefix("\x1b[").is_some_and(|rest| rest.trim_start_matches(is_parameter).starts_with('m'))
}

/// The colour of a function: the same whenever it prints.
fn colour(name: &str) -> u8 {
    const COLOURS: [u8; 6] = [32, 33, 34, 35, 36, 94];
    let sum = name.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLOURS[sum % COLOURS.len()]
}

fn show(waiting: &Receiver<String>) {
    for text in waiting {
        // Nothing can be done where it cannot be shown; the log has it.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// The sink of a server.
///
/// # Errors
/// As [`FunctionOutput::new`].
pub(crate) fn sink(logs: &Logs, format: Format) -> io::Result<Arc<dyn LogSink>> {
    Ok(Arc::new(FunctionOutput::new(logs.clone(), format)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(form: Form, message: &str) -> String {
        let mut out = String::new();
        form.write(&mut out, "resize", &LogEvent { time_ms: 7, message: message.to_owned() });
        out
    }

    #[test]
    fn each_line_has_the_name_of_the_function() {
        assert_eq!(shown(Form::Plain, "one\ntwo\n"), "resize | one\nresize | two\n");
        assert_eq!(shown(Form::Plain, "a\x07b\tc"), "resize | ab\tc\n");
        let escapes = "\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;title\x1b[";
        assert_eq!(shown(Form::Plain, escapes), "resize | \x1b[1;31mred\x1b[0m[2J]0;title[\n");
        assert_eq!(
            shown(Form::Json, "one\ntwo"),
            "{\"function\":\"resize\",\"message\":\"one\\ntwo\",\"time_ms\":7}\n"
        );
        assert!(shown(Form::Coloured, "one").ends_with("mresize |\x1b[0m one\x1b[0m\n"));
        assert!(is_frame("START RequestId: 1 Version: $LATEST") && !is_frame("STARTED"));
    }
}
