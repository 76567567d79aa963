//! `tailwater serve`: what it says, where it listens, how it stops, and what it refuses.

use crate::client::{Client, authorization};
use crate::running::{Running, refused, tailwater, tailwater_command};
use environment::Clock;
use serde_json::json;
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_server_says_where_it_is_answers_and_stops_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let running = Running::start(&["--in-memory"]);
        let url = format!("http://localhost:{}", running.port());
        assert!(running.greeting[0].ends_with(&format!("is ready at {url}")), "{:?}", running.greeting);
        assert_eq!(running.said("data"), "in memory; gone when the server stops");
        assert_eq!(running.said("try"), format!("export AWS_ENDPOINT_URL={url}"));
        // One of them is not read by boto3 and old CLIs, the other by nobody else.
        assert_eq!(running.said("export AWS_REGION="), "us-east-1 AWS_DEFAULT_REGION=us-east-1");
        let mut client = running.client();
        let health = client.get("/_tailwater/health");
        assert_eq!((health.status, health.json()["status"].as_str()), (200, Some("ready")));
        assert_eq!(client.get("/").text(), "healthy: dynamodb.us-east-1.amazonaws.com ");
        // The client stays connected, as clients do, and keeps nobody from stopping.
        running.stop(signal);
        assert!(client.is_closed());
    }
}

#[test]
fn a_server_whose_greeting_nobody_can_read_serves_all_the_same() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = tailwater_command();
    command.args(["serve", "--in-memory", "--port", &port.to_string()]).stdout(full);
    let mut child = command.spawn().unwrap();
    let clock = Clock::system();
    let deadline = clock.machine() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        assert!(clock.machine() < deadline, "it does not listen");
        std::thread::yield_now();
    }
    assert_eq!(Client::connect(&format!("127.0.0.1:{port}")).get("/_tailwater/health").status, 200);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_in_memory_that_is_killed_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = tailwater_command();
    command.args(["serve", "--in-memory", "--port", "0"]).env("TMPDIR", temporary.path());
    let mut running = Running::wait_for(command.stdout(Stdio::piped()).spawn().unwrap());
    running.make("dogs");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn every_port_is_listened_at_in_both_families() {
    let running = Running::start(&["--in-memory", "--port", "0"]);
    let ipv6 = running.addresses.iter().filter(|address| address.starts_with("[::1]:")).count();
    let ipv4 = running.addresses.iter().filter(|address| address.starts_with("127.0.0.1:")).count();
    assert_eq!(ipv4, 2);
    // A machine may have no IPv6, or another's program at the very port.
    assert!(ipv6 <= 2);
    for address in &running.addresses {
        assert_eq!(Client::connect(address).get("/_tailwater/health").status, 200, "{address}");
    }
    let other = Running::start(&["--in-memory", "--host", "127.0.0.2"]);
    assert!(other.greeting[0].contains("http://127.0.0.2:"), "{:?}", other.greeting);
    assert_eq!(other.client().get("/_tailwater/health").status, 200);
}

#[test]
fn other_machines_are_served_only_with_keys_and_consent() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    fs::write(&keys, "[default]\naws_access_key_id = local\naws_secret_access_key = secret\n").unwrap();
    let keys = keys.to_str().unwrap();
    let everywhere = ["serve", "--in-memory", "--port", "0", "--host", "0.0.0.0"];
    assert!(refused(&everywhere).contains("so keys must be configured: --auth FILE"));
    let with_keys = [&everywhere[..], &["--auth", keys]].concat();
    assert!(refused(&with_keys).contains("or say --plain-http"));
    let running = Running::start(&["--in-memory", "--host", "0.0.0.0", "--auth", keys, "--plain-http"]);
    assert!(running.greeting[0].contains("http://localhost:"), "{:?}", running.greeting);
    let address = format!("127.0.0.1:{}", running.port());
    let answer = Client::connect(&address).call("ListTables", "{}");
    assert_eq!(answer.error().0, "com.amazon.coral.service#IncompleteSignatureException");
}

#[test]
fn tables_are_apart_by_account_and_region_unless_they_are_shared() {
    let others = [authorization!("local", "eu-west-1"), authorization!("123456789012", "us-east-1")];
    for (arguments, names) in
        [(&["--in-memory"][..], "[]"), (&["--in-memory", "--shared-tables"], r#"["dogs"]"#)]
    {
        let running = Running::start(arguments);
        assert_eq!(running.make("dogs"), "arn:aws:dynamodb:us-east-1:000000000000:table/dogs");
        for other in others {
            let answer = running.client().exchange("ListTables", other, "{}");
            assert_eq!(answer.text(), format!("{{\"TableNames\":{names}}}"));
        }
    }
}

#[test]
fn a_table_that_exists_elsewhere_is_told_in_the_log() {
    let mut child = tailwater_command();
    child.args(["serve", "--in-memory", "--port", "0", "--log-format", "json"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = child.stderr.take().unwrap();
    let running = Running::wait_for(child);
    running.make("dogs");
    let elsewhere = authorization!("local", "eu-west-1");
    let answer = running.client().exchange("DescribeTable", elsewhere, r#"{"TableName":"dogs"}"#);
    assert_eq!(answer.error().1, "Requested resource not found: Table: dogs not found");
    // Told once to each who may wonder.
    let account = authorization!("123456789012", "us-east-1");
    for lines in [elsewhere, account, account] {
        running.client().exchange("DescribeTable", lines, r#"{"TableName":"dogs"}"#);
    }
    running.stop("-TERM");
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        lines.iter().filter(|line| line["level"] == "WARN").map(|line| &line["fields"]).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["region"], &told[1]["account"]), (&json!("eu-west-1"), &json!("123456789012")));
    assert_eq!(told[0]["exists"], "arn:aws:dynamodb:us-east-1:000000000000:table/dogs");
}

#[test]
fn help_of_every_command_says_what_to_do() {
    for (arguments, words) in [
        (&["--help"][..], &["Examples:", "tailwater serve", "aws dynamodb list-tables"][..]),
        (&["serve", "--help"], &["Examples:", "--data-dir", "--in-memory", "4566", "--durability"]),
        (&["shards", "--help"], &["list", "roll", "split", "--endpoint", "http://localhost:4566"]),
        (&["shards", "list", "--help"], &["<TABLE>", "--shard"]),
        (&["shards", "roll", "--help"], &["<TABLE>", "child of each"]),
        (&["shards", "split", "--help"], &["<TABLE>", "two children"]),
    ] {
        let output = tailwater(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}");
        for word in words {
            assert!(text.contains(word), "{arguments:?} without {word}: {text}");
        }
    }
    assert!(tailwater(&["--version"]).status.success());
}

#[test]
fn what_cannot_be_served_is_refused_in_words() {
    let cases = [
        (&["--port", "x"][..], "invalid value 'x' for '--port <N>'"),
        (&["--durability", "os"], "cannot be used with"),
        (&["--data-dir", "x"], "cannot be used with"),
        (&["--auth", "/no/such/file"], "cannot read /no/such/file"),
        (&["--log", "loud"], "'loud' is not a list of levels"),
        (&["--log-format", "xml"], "[possible values: text, json]"),
        (&["--memory-limit", "12x"], "'12x' is not a size"),
        (&["--shard-lifetime", "4"], "'4' is not a duration"),
        (&["--host", "somewhere"], "invalid IP address"),
        (&["--nonsense"], "unexpected argument"),
    ];
    for (arguments, words) in cases {
        let text = refused(&[&["serve", "--in-memory"], arguments].concat());
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}

#[test]
fn a_port_in_use_is_named_once_and_another_suggested() {
    let running = Running::start(&["--in-memory"]);
    let port = running.port();
    let text = refused(&["serve", "--in-memory", "--port", port]);
    let expected =
        format!("tailwater: cannot listen at 127.0.0.1:{port}: the port is in use (--port names another)\n");
    assert_eq!(text, expected);
}

#[test]
fn the_documentation_has_every_flag_and_no_other() {
    let documented = include_str!("../../../../docs/configuration.md");
    let mut sections = documented.split("## `tailwater ").skip(1);
    for arguments in [
        &["serve", "--help"][..],
        &["shards", "trim", "--help"],
        &["export", "--help"],
        &["import", "--help"],
    ] {
        let text = sections.next().unwrap();
        let help = String::from_utf8(tailwater(arguments).stdout).unwrap();
        let flag = |line: &str| {
            let line = line.trim_start().trim_start_matches("-h, ").trim_start_matches("-o, ");
            line.starts_with("--").then(|| line.split([' ', ',']).next().unwrap().to_owned())
        };
        let known: Vec<String> = help.lines().filter_map(flag).filter(|flag| flag != "--help").collect();
        let told = text.lines().filter_map(|line| flag(line.strip_prefix("| `")?));
        let told: Vec<String> = told.map(|flag| flag.trim_end_matches('`').to_owned()).collect();
        assert!(known.len() > 2);
        for flag in &known {
            assert!(told.contains(flag), "{flag} is not documented");
        }
        for flag in &told {
            assert!(known.contains(flag), "{flag} is documented and does not exist");
        }
    }
}
