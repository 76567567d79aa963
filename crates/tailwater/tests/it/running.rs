//! A server that runs as a process of its own.

use crate::client::{Answer, Client};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct Running {
    pub(crate) child: Child,
    output: BufReader<ChildStdout>,
    /// What it said when it started.
    pub(crate) greeting: Vec<String>,
    /// Where it listens.
    pub(crate) addresses: Vec<String>,
    /// Where it was started, where that is a directory of its own. Goes after the server.
    directory: Option<TempDir>,
}

impl Running {
    /// Starts a server at a free port, in a directory of its own, and reads what it says. Of one that is killed, what it had
    /// for its functions goes with that directory, too.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = serve_in(directory.path(), arguments);
        let mut running = Self::wait_for(command.env("TMPDIR", directory.path()).spawn().unwrap());
        running.directory = Some(directory);
        running
    }

    /// The same, in this directory.
    pub(crate) fn start_in(directory: &Path, arguments: &[&str]) -> Self {
        Self::wait_for(serve_in(directory, arguments).spawn().unwrap())
    }

    /// A server just started, once it is ready.
    pub(crate) fn wait_for(mut child: Child) -> Self {
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = Vec::new();
        while !greeting.last().is_some_and(|line: &String| line.contains("list-tables")) {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "ended after {greeting:?}");
            greeting.push(line.trim_end().to_owned());
        }
        let listening = greeting.iter().find_map(|line| line.trim().strip_prefix("listening")).unwrap();
        let addresses = listening.split(',').map(|address| address.trim().to_owned()).collect();
        Self { child, output, greeting, addresses, directory: None }
    }

    /// What it said after this word when it started.
    pub(crate) fn said(&self, word: &str) -> &str {
        self.greeting.iter().find_map(|line| line.trim().strip_prefix(word)).unwrap().trim()
    }

    pub(crate) fn port(&self) -> &str {
        self.addresses[0].rsplit(':').next().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.addresses[0])
    }

    /// The command line, with this server as the one that it asks.
    pub(crate) fn tailwater(&self, arguments: &[&str]) -> Command {
        let mut command = tailwater_command();
        command.args(arguments).env("AWS_ENDPOINT_URL", format!("http://localhost:{}", self.port()));
        command
    }

    /// One operation on a connection of its own.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Answer {
        self.client().call(operation, request.to_string())
    }

    /// One operation that succeeds.
    pub(crate) fn ok(&self, operation: &str, request: &Value) -> Value {
        let answer = self.call(operation, request);
        assert_eq!(answer.status, 200, "{operation} of {request}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Stops it and sees that it says nothing more, and that nothing went wrong.
    pub(crate) fn stop(self, signal: &str) {
        self.signal(signal);
        self.wait();
    }

    /// Waits for its good end.
    pub(crate) fn wait(mut self) {
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server at a free port, in this directory.
fn serve_in(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = tailwater_command();
    command.args(["serve", "--port", "0"]).args(arguments).current_dir(directory).stdout(Stdio::piped());
    command
}

/// The binary, without what the environment of the tests would tell it.
pub(crate) fn tailwater_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tailwater"));
    for name in
        ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end.
pub(crate) fn tailwater(arguments: &[&str]) -> Output {
    tailwater_command().args(arguments).output().unwrap()
}

/// Runs it with arguments that it refuses; answers what it complains of.
pub(crate) fn refused(arguments: &[&str]) -> String {
    let output = tailwater(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?}: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}
