//! Agents of launchd.

use super::home::Home;
use super::plan::Plan;
use super::steps::Step;
use std::path::PathBuf;

const LABEL: &str = "dev.tailwater.server";

/// Where the agent is.
pub(super) fn file(home: &Home) -> PathBuf {
    home.path.join("Library/LaunchAgents").join(format!("{LABEL}.plist"))
}

/// The agent.
pub(super) fn agent(plan: &Plan, home: &Home) -> String {
    let words: String =
        plan.command.iter().map(|word| format!("        <string>{}</string>\n", escaped(word))).collect();
    let search_path = plan.search_path.iter().map(|path| {
        format!(
            "    <key>EnvironmentVariables</key>\n    <dict>\n        <key>PATH</key>\n        <string>{}</string>\n    </dict>\n",
            escaped(path)
        )
    });
    let log = escaped(&home.log_file().display().to_string());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by `tailwater service install`; `tailwater service remove` takes it away. -->
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>{LABEL}</string>
    <key>ProgramArguments</key>
    <array>
{words}    </array>
{}    <key>RunAtLoad</key>
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
    <string>{log}</string>
    <key>StandardErrorPath</key>
    <string>{log}</string>
</dict>
</plist>
"#,
        search_path.collect::<String>(),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The session of this user.
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

fn target() -> String {
    format!("{}/{LABEL}", domain())
}

pub(super) fn start(home: &Home) -> Vec<Step> {
    let file = file(home).display().to_string();
    // What runs already is ended first: its flags may be others.
    vec![
        Step::new("launchctl", &["bootout", &target()]).trying(),
        Step::new("launchctl", &["enable", &target()]),
        Step::new("launchctl", &["bootstrap", &domain(), &file]),
    ]
}

pub(super) fn stop() -> Vec<Step> {
    vec![Step::new("launchctl", &["bootout", &target()]).trying()]
}

/// `active`, or why not.
pub(super) fn state() -> anyhow::Result<String> {
    let (said, known) = Step::new("launchctl", &["print", &target()]).ask()?;
    let state = said.lines().find_map(|line| line.trim().strip_prefix("state = "));
    Ok(match (known, state) {
        (true, Some("running")) => "active".to_owned(),
        (true, Some(other)) => other.to_owned(),
        _ => "inactive".to_owned(),
    })
}

pub(super) fn logs(home: &Home, lines: u32, follow: bool) -> Step {
    let (lines, file) = (lines.to_string(), home.log_file().display().to_string());
    let mut arguments = vec!["-n", &lines];
    arguments.extend(follow.then_some("-F"));
    arguments.push(&file);
    Step::new("tail", &arguments)
}
