//! User units of systemd.

use super::home::Home;
use super::plan::Plan;
use super::steps::Step;
use std::path::PathBuf;

const UNIT: &str = "tailwater.service";

/// Where the unit is.
pub(super) fn file(home: &Home) -> PathBuf {
    home.config.join("systemd/user").join(UNIT)
}

/// The unit.
pub(super) fn unit(plan: &Plan) -> String {
    let command: Vec<String> = plan.command.iter().map(|word| argument(word)).collect();
    let search_path =
        plan.search_path.iter().map(|path| format!("Environment={}\n", quoted(&format!("PATH={path}"))));
    format!(
        "# Made by `tailwater service install`; `tailwater service remove` takes it away.\n\
         [Unit]\n\
         Description=Tailwater, a DynamoDB-compatible database\n\
         \n\
         [Service]\n\
         ExecStart={}\n\
         {}\
         Restart=on-failure\n\
         RestartSec=2\n\
         # It ends functions itself, once requests under way are answered.\n\
         KillMode=mixed\n\
         TimeoutStopSec=30\n\
         LimitNOFILE=32768\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        command.join(" "),
        search_path.collect::<String>(),
    )
}

/// A word of a command, in which systemd would replace variables too.
fn argument(word: &str) -> String {
    quoted(word).replace('$', "$$")
}

/// A word, whatever is in it. A percent sign would begin a specifier.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

fn systemctl(arguments: &[&str]) -> Step {
    Step::new("systemctl", &[&["--user"], arguments].concat())
}

/// What fails without a manager of this user that runs.
pub(super) fn reach() -> Step {
    systemctl(&["show", "--property=Version"])
}

/// What makes it read units again.
pub(super) fn reload() -> Step {
    systemctl(&["daemon-reload"])
}

pub(super) fn start() -> Vec<Step> {
    // What runs already is started anew: its flags may be others.
    vec![reload(), systemctl(&["enable", UNIT]), systemctl(&["restart", UNIT])]
}

pub(super) fn stop() -> Vec<Step> {
    vec![systemctl(&["disable", "--now", UNIT])]
}

/// `active`, or why not, in its words.
pub(super) fn state() -> anyhow::Result<String> {
    Ok(systemctl(&["is-active", UNIT]).ask()?.0)
}

pub(super) fn logs(lines: u32, follow: bool) -> Step {
    let lines = lines.to_string();
    let mut arguments = vec!["--user", "--unit", UNIT, "--output", "cat", "--lines", &lines];
    arguments.extend(if follow { &["--follow"][..] } else { &["--no-pager"] });
    Step::new("journalctl", &arguments)
}
