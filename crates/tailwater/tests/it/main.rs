//! The binary, run as a user runs it.
#![cfg(test)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    address: String,
    greeting: Vec<String>,
}

impl Running {
    /// Starts a server at a free port and reads its start-up lines.
    fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tailwater"))
            .args(["serve", "--port", "0"])
            .args(arguments)
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = Vec::new();
        while !greeting.last().is_some_and(|line: &String| line.contains("list-tables")) {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "ended after {greeting:?}");
            greeting.push(line.trim_end().to_owned());
        }
        let listening = greeting.iter().find_map(|line| line.trim().strip_prefix("listening")).unwrap();
        let address = listening.split(',').next().unwrap().trim().to_owned();
        Self { child, output, address, greeting }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

fn tailwater(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tailwater")).args(arguments).output().unwrap()
}

#[test]
fn a_server_says_where_it_is_answers_and_stops_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let running = Running::start(&["--in-memory"]);
        assert!(running.greeting[0].contains("is ready at http://localhost:"));
        assert!(running.greeting.iter().any(|line| line.contains("in memory")));
        let health = running.get("/_tailwater/health");
        assert!(health.starts_with("HTTP/1.1 200") && health.contains("\"status\":\"ready\""), "{health}");
        assert!(running.get("/").ends_with("healthy: dynamodb.us-east-1.amazonaws.com "));
        running.stop(signal);
    }
}

#[test]
fn help_ends_with_examples() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = tailwater(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert!(text.contains("Examples:") && text.contains("tailwater serve"), "{text}");
    }
}

#[test]
fn what_cannot_be_served_is_refused_in_words() {
    let refused = |arguments: &[&str], words: &str| {
        let output = tailwater(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(words), "{arguments:?}: {text}");
    };
    refused(&["serve", "--in-memory", "--host", "0.0.0.0"], "--auth FILE");
    refused(&["serve", "--in-memory", "--port", "x"], "invalid value");
    refused(&["serve", "--in-memory", "--durability", "os"], "cannot be used with");
    refused(&["serve", "--in-memory", "--auth", "/no/such/file"], "cannot read /no/such/file");
    refused(&["shards", "list", "dogs", "--endpoint", "http://127.0.0.1:1"], "no server answers");
    let running = Running::start(&["--in-memory"]);
    let port = running.address.rsplit(':').next().unwrap().to_owned();
    refused(&["serve", "--in-memory", "--port", &port], "cannot listen at");
    running.stop("-TERM");
}
