//! What the processes of functions say to the Runtime API: requests as [`crate::http`] says them, one after the other, with
//! a line `==` between them. By the first byte's bits, answers to the calls that they ask for may go out in pieces. A naive reader of
//! paths and headers knows which ones are taken, and what was said; `{id}` stands for the id of the call that was given last.

use crate::http::{Answer, Asked, exchange, value};
use environment::Clock;
use runtime::Piece;
use runtime::fuzzing::{Api, Heard};
use serde_json::Value;
use tokio::io::duplex;
use tokio::sync::mpsc::{Receiver, channel};

/// Where the API begins.
const VERSION: &str = "/2018-06-01/runtime/";

/// Where it says that it is there.
const PING: &str = "/ping";

/// Bytes that are on their way.
const PIPE_BYTES: usize = 1 << 20;

/// Pieces that are on their way: no more than a request has.
const PIECES: usize = 64;

/// The most requests.
const REQUESTS_MAX: usize = 16;

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap_or_else(|error| panic!("there is no runtime: {error}"));
}

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let api = Api::new(Clock::simulated(5));
    let said = async {
        let (mut client, end) = duplex(PIPE_BYTES);
        let serving = api.serve(end);
        let asking = async {
            let mut process = Process { api: &api, phase: Phase::Starting, calls: 0, pieces: None };
            for text in split(text).into_iter().take(REQUESTS_MAX) {
                process.ready(choice);
                let text = process.with_id(text);
                let Some(asked) = Asked::of(&text) else { continue };
                // What HTTP itself refuses ends the connection.
                let Ok(answer) = exchange(&mut client, &asked).await else { return };
                if answer.status >= 400 && answer.body.is_empty() {
                    return;
                }
                process.check(&asked, &answer);
            }
        };
        tokio::select! {
            biased;
            () = asking => {}
            () = serving => {}
        }
    };
    RUNTIME.with(|runtime| runtime.block_on(said));
}

/// What stands between lines `==`.
fn split(text: &[u8]) -> Vec<&[u8]> {
    const MARK: &[u8] = b"\n==\n";
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = memchr::memmem::find(rest, MARK) {
        parts.push(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    parts.push(rest);
    parts
}

/// What the naive reader knows of a process.
struct Process<'a> {
    api: &'a Api,
    phase: Phase,
    calls: u8,
    pieces: Option<Receiver<Piece>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    /// It runs a call.
    Running,
    Answered,
    Failed,
}

impl Process<'_> {
    fn id(&self) -> String {
        format!("call-{}", self.calls)
    }

    fn payload(&self) -> String {
        format!("{{\"call\":{}}}", self.calls)
    }

    /// A call is there before it is asked for.
    fn ready(&mut self, choice: &u8) {
        if matches!(self.phase, Phase::Running | Phase::Failed) {
            return;
        }
        let is_streamed = choice >> (self.calls % 8) & 1 == 1;
        self.calls = self.calls.wrapping_add(1);
        let (sender, receiver) = channel(PIECES);
        self.pieces = is_streamed.then_some(receiver);
        self.api.give(&self.id(), self.payload().into(), is_streamed.then_some(sender));
    }

    fn with_id(&self, text: &[u8]) -> Vec<u8> {
        const MARK: &[u8] = b"{id}";
        let Some(at) = memchr::memmem::find(text, MARK) else { return text.to_vec() };
        [&text[..at], self.id().as_bytes(), &text[at + MARK.len()..]].concat()
    }

    /// Whether a request was answered as the naive reader would have, and what was said is what was heard.
    fn check(&mut self, asked: &Asked<'_>, answer: &Answer) {
        let (status, heard, phase) = self.expected(asked);
        assert_eq!(answer.status, status, "{:?}: {asked:?}: {answer:?}", self.phase);
        if status == 200 && path(asked) == PING {
            assert_eq!(answer.body, b"pong");
        } else if status == 200 {
            assert_eq!(answer.body, self.payload().as_bytes());
            assert_eq!(answer.header("lambda-runtime-aws-request-id"), Some(self.id().as_str()));
        } else {
            assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{asked:?}: {answer:?}");
        }
        self.phase = phase;
        match (heard, self.api.heard()) {
            (Expected::Nothing, None) => {}
            (Expected::Answer, Some(Heard::Answer(body))) => assert_eq!(body, asked.body),
            (Expected::Error, Some(Heard::Error(body))) => assert_eq!(body, asked.body),
            (Expected::BrokenOff, Some(Heard::Error(body))) => {
                assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{asked:?}: {}", body.escape_ascii());
                if mode(asked) == Some(true) {
                    self.check_pieces(asked);
                }
            }
            (Expected::Streamed, Some(Heard::Streamed)) => self.check_pieces(asked),
            (expected, heard) => panic!("{asked:?}: {heard:?} instead of {expected:?}"),
        }
    }

    /// The pieces that went out, if any did, are the body.
    fn check_pieces(&mut self, asked: &Asked<'_>) {
        let Some(mut pieces) = self.pieces.take() else { return };
        let content_type = asked.header("content-type").filter(|value| value.is_ascii());
        let began = Piece::Began { content_type: content_type.map(str::to_owned) };
        assert_eq!(pieces.try_recv(), Ok(began));
        let mut body = Vec::new();
        while let Ok(Piece::Bytes(bytes)) = pieces.try_recv() {
            body.extend_from_slice(&bytes);
        }
        assert_eq!(body, asked.body);
    }

    /// What is to be answered, what said, and what the process is after it.
    fn expected(&self, asked: &Asked<'_>) -> (u16, Expected, Phase) {
        let refused = |status| (status, Expected::Nothing, self.phase);
        let is_own =
            asked.header("host").is_none_or(|host| host.is_ascii() && host.starts_with("127.0.0.1:"));
        if !is_own || asked.header("origin").is_some() || asked.header("sec-fetch-site").is_some() {
            return refused(403);
        }
        let path = path(asked);
        let parts: Vec<&str> =
            path.strip_prefix(VERSION).map_or(Vec::new(), |rest| rest.split('/').collect());
        let is_running = |id: &str| self.phase == Phase::Running && id == self.id();
        match (asked.method, &parts[..]) {
            ("GET", ["invocation", "next"]) => match self.phase {
                Phase::Starting | Phase::Answered => (200, Expected::Nothing, Phase::Running),
                Phase::Running | Phase::Failed => refused(403),
            },
            ("GET", []) if path == PING => refused(200),
            ("POST", ["init", "error"]) => match self.phase {
                Phase::Starting => (202, Expected::Error, Phase::Failed),
                _ => refused(403),
            },
            ("POST", ["invocation", id, "error"]) if is_running(id) => {
                (202, Expected::Error, Phase::Answered)
            }
            ("POST", ["invocation", id, "response"]) => match mode(asked) {
                Some(is_streamed) if is_running(id) => {
                    (202, self.answered(asked, is_streamed), Phase::Answered)
                }
                _ => refused(400),
            },
            ("POST", ["invocation", _, "error"]) => refused(400),
            _ => refused(404),
        }
    }

    fn answered(&self, asked: &Asked<'_>, is_streamed: bool) -> Expected {
        let is_broken = value(&asked.trailers, "lambda-runtime-function-error-type").is_some();
        match (is_broken, is_streamed && self.pieces.is_some()) {
            (true, _) => Expected::BrokenOff,
            (false, true) => Expected::Streamed,
            (false, false) => Expected::Answer,
        }
    }
}

/// What is to be heard.
#[derive(Debug)]
enum Expected {
    Nothing,
    /// The body, as an answer or as an error.
    Answer,
    Error,
    /// An error that trailers tell of.
    BrokenOff,
    Streamed,
}

fn path<'a>(asked: &Asked<'a>) -> &'a str {
    asked.target.split(['?', '#']).next().unwrap_or_default()
}

/// Whether an answer says that it is streamed; none where it says something else.
fn mode(asked: &Asked<'_>) -> Option<bool> {
    match asked.header("lambda-runtime-function-response-mode") {
        None => Some(false),
        Some(mode) => mode.eq_ignore_ascii_case("streaming").then_some(true),
    }
}
