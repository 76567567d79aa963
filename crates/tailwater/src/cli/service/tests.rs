//! Units and agents as they are written, with all that has to be escaped, and what is refused beforehand.

use super::home::Home;
use super::plan::Plan;
use super::{launchd, systemd};
use std::path::PathBuf;

fn home(variables: &[(&str, &str)]) -> anyhow::Result<Home> {
    Home::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

fn usual() -> Home {
    home(&[("HOME", "/ann"), ("PATH", "/opt/node/bin:/usr/bin"), ("XDG_DATA_HOME", "/ann/data")]).unwrap()
}

fn plan(flags: &[&str]) -> anyhow::Result<Plan> {
    let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
    Plan::new(PathBuf::from("/opt/tailwater"), &flags, &usual())
}

const UNIT: &str = r#"# Made by `tailwater service install`; `tailwater service remove` takes it away.
[Unit]
Description=Tailwater, a DynamoDB-compatible database

[Service]
ExecStart="/opt/tailwater" "serve" "--data-dir" "/ann/data/tailwater" "--port" "8000"
Environment="PATH=/opt/node/bin:/usr/bin"
Restart=on-failure
RestartSec=2
# It ends functions itself, once requests under way are answered.
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=32768

[Install]
WantedBy=default.target
"#;

const AGENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by `tailwater service install`; `tailwater service remove` takes it away. -->
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>dev.tailwater.server</string>
    <key>ProgramArguments</key>
    <array>
        <string>/opt/tailwater</string>
        <string>serve</string>
        <string>--data-dir</string>
        <string>/a &amp; b/&lt;x&gt;</string>
    </array>
    <key>EnvironmentVariables</key>
    <dict>
        <key>PATH</key>
        <string>/opt/node/bin:/usr/bin</string>
    </dict>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ExitTimeOut</key>
    <integer>30</integer>
    <key>SoftResourceLimits</key>
    <dict>
        <key>NumberOfFiles</key>
        <integer>32768</integer>
    </dict>
    <key>StandardOutPath</key>
    <string>/ann/Library/Logs/Tailwater.log</string>
    <key>StandardErrorPath</key>
    <string>/ann/Library/Logs/Tailwater.log</string>
</dict>
</plist>
"#;

#[test]
fn a_unit_and_an_agent_are_written_like_this() {
    assert_eq!(systemd::unit(&plan(&["--port", "8000"]).unwrap()), UNIT);
    let agent = launchd::agent(&plan(&["--data-dir", "/a & b/<x>"]).unwrap(), &usual());
    assert_eq!(agent, AGENT);
}

#[test]
fn what_systemd_would_read_otherwise_is_escaped() {
    let unit = systemd::unit(&plan(&["--data-dir", r#"/100%/$HOME/a "b"\c"#]).unwrap());
    assert!(unit.contains(r#""--data-dir" "/100%%/$$HOME/a \"b\"\\c""#), "{unit}");
}

#[test]
fn data_are_where_they_are_said_to_be_or_nowhere() {
    for flags in [&["--data-dir", "/d"][..], &["--in-memory"]] {
        let command = plan(flags).unwrap().command;
        assert_eq!(command[2..], *flags);
    }
    let plain = home(&[("HOME", "/h"), ("XDG_DATA_HOME", "relative"), ("XDG_CONFIG_HOME", "")]).unwrap();
    let apple = cfg!(target_os = "macos");
    let data = if apple { "/h/Library/Application Support/tailwater" } else { "/h/.local/share/tailwater" };
    assert_eq!(plain.data_dir(), PathBuf::from(data));
    assert_eq!(systemd::file(&plain), PathBuf::from("/h/.config/systemd/user/tailwater.service"));
    assert_eq!(launchd::file(&plain), PathBuf::from("/h/Library/LaunchAgents/dev.tailwater.server.plist"));
    assert!(home(&[]).is_err());
    assert!(home(&[("HOME", "relative")]).is_err());
}

#[test]
fn wrong_flags_are_refused_before_anything_is_written() {
    for (flags, says) in [
        (&["--prot", "1"][..], "--prot"),
        (&["--help"], "tailwater serve --help"),
        (&["--data-dir", "here"], "here is not a whole path"),
        (&["--node", "node"], "node is not a whole path"),
        (&["--auth", "/no/such/file"], "/no/such/file"),
        (&["--host", "0.0.0.0"], "--auth"),
        (&["--in-memory", "--data-dir", "/x"], "--data-dir"),
        (&["--data-dir", "/a\nExecStart=/bin/evil"], "cannot be told"),
    ] {
        let error = format!("{:#}", plan(flags).unwrap_err());
        assert!(error.contains(says), "{flags:?}: {error}");
    }
}
