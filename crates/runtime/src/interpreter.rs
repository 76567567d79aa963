//! Where Node and Python are.
//!
//! What stands in the search path may be a shim (pyenv, nvm, asdf) that takes a tenth of a second to find the real program.
//! So the program is asked once where it is, and is started from there as long as it is there: an upgrade may remove it.

use crate::Settings;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

/// How long a program may take to say where it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// What Node is asked: where it is, and how many KiB of data it has when it starts, which in newer versions are half a
/// gigabyte that is only reserved.
const NODE: &str = "let kib = 0; try { kib = /VmData:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1] } catch {} \
    process.execPath + '\\n' + kib";

/// The same of Python, which reserves nothing.
const PYTHON: &str = "import sys; assert sys.version_info >= (3, 8); print(sys.executable); print(0)";

/// An interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How much data it has when it starts.
    pub(crate) data_bytes: u64,
}

/// The interpreters that were found, by runtime.
#[derive(Debug, Default)]
pub(crate) struct Interpreters {
    found: Mutex<HashMap<String, Interpreter>>,
}

impl Interpreters {
    /// The interpreter for a runtime such as `nodejs22.x` or `python3.13`.
    pub(crate) async fn find(&self, settings: &Settings, runtime: &str) -> Result<Interpreter, String> {
        let mut found = self.found.lock().await;
        if let Some(interpreter) = found.get(runtime).filter(|known| known.path.is_file()) {
            return Ok(interpreter.clone());
        }
        let (candidates, question) = candidates(settings, runtime);
        for candidate in &candidates {
            if let Some(interpreter) = ask(candidate, question).await {
                tracing::debug!(runtime, path = %interpreter.path.display(), "functions run with this interpreter");
                found.insert(runtime.to_owned(), interpreter.clone());
                return Ok(interpreter);
            }
        }
        let names: Vec<_> = candidates.iter().map(|name| name.to_string_lossy()).collect();
        let what = if runtime.starts_with("nodejs") { "Node" } else { "Python" };
        Err(format!(
            "functions with the runtime {runtime} need {what}, and none of these can be run: {}",
            names.join(", ")
        ))
    }
}

/// Programs to try, and how they are asked where they are.
fn candidates(settings: &Settings, runtime: &str) -> (Vec<OsString>, &'static [&'static str]) {
    let (set, names, question): (_, Vec<String>, &[&str]) = if runtime.starts_with("nodejs") {
        (&settings.node, vec!["node".to_owned(), "nodejs".to_owned()], &["-p", NODE])
    } else {
        let names = vec![runtime.to_owned(), "python3".to_owned(), "python".to_owned()];
        (&settings.python, names, &["-I", "-c", PYTHON])
    };
    match set {
        Some(path) => (vec![path.clone().into_os_string()], question),
        None => (names.into_iter().map(OsString::from).collect(), question),
    }
}

/// What a program says of itself.
async fn ask(program: &OsStr, question: &[&str]) -> Option<Interpreter> {
    let mut command = Command::new(program);
    command.args(question).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = environment::spawn_child(command).ok()?;
    let mut output = Vec::new();
    let answer = async {
        child.stdout.take()?.take(8_192).read_to_end(&mut output).await.ok()?;
        child.wait().await.ok().filter(std::process::ExitStatus::success)
    };
    let answered = tokio::time::timeout(PATIENCE, answer).await.ok().flatten();
    if answered.is_none() {
        // It may have ended by itself.
        let _ = child.start_kill();
        return None;
    }
    let text = String::from_utf8(output).ok()?;
    // A shim may have its own to say before.
    let mut lines = text.lines().rev();
    let data_kib: u64 = lines.next()?.trim().parse().ok()?;
    let path = Path::new(lines.next()?.trim()).to_path_buf();
    (path.is_absolute() && path.is_file())
        .then_some(Interpreter { path, data_bytes: data_kib.saturating_mul(1024) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_that_was_removed_is_looked_for_anew() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let installs = |version: &str| {
            std::fs::write(at(version), "").unwrap();
            let shim = format!("#!/bin/sh\nprintf '{}\\n0\\n'\n", at(version).display());
            // Under another name first: a file that is being written cannot be executed.
            std::fs::write(at("new"), shim).unwrap();
            std::fs::set_permissions(at("new"), std::fs::Permissions::from_mode(0o755)).unwrap();
            std::fs::rename(at("new"), at("node")).unwrap();
        };
        let mut settings = Settings::new(None, String::new());
        settings.node = Some(at("node"));
        let interpreters = Interpreters::default();
        installs("22.1");
        assert_eq!(interpreters.find(&settings, "nodejs22.x").await.unwrap().path, at("22.1"));
        installs("22.2");
        assert_eq!(interpreters.find(&settings, "nodejs22.x").await.unwrap().path, at("22.1"));
        std::fs::remove_file(at("22.1")).unwrap();
        assert_eq!(interpreters.find(&settings, "nodejs22.x").await.unwrap().path, at("22.2"));
    }

    #[tokio::test]
    async fn what_is_found_is_the_program_itself_and_what_is_not_is_told() {
        let mut settings = Settings::new(None, String::new());
        let interpreters = Interpreters::default();
        let python = interpreters.find(&settings, "python3.98").await.unwrap().path;
        let node = interpreters.find(&settings, "nodejs22.x").await.unwrap();
        assert!(
            node.path.is_absolute() && (node.data_bytes > 1 << 20 || cfg!(not(target_os = "linux"))),
            "{node:?}"
        );
        assert!(python.is_absolute() && !python.to_string_lossy().contains("shims"), "{python:?}");
        settings.node = Some("/nowhere/node".into());
        let error = Interpreters::default().find(&settings, "nodejs22.x").await.unwrap_err();
        assert!(error.contains("nodejs22.x") && error.contains("/nowhere/node"), "{error}");
    }
}
