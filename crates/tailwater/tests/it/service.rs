//! `tailwater service` in a home of its own, with a manager of services that only writes down what it is told.
#![cfg(target_os = "linux")]

use crate::running::tailwater_command;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// Writes down what it is told; says what the file `says` says, and fails where there is a file `fails`.
const MANAGER: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$HOME/told\"\ncat \"$HOME/says\" 2>/dev/null\n\
                       [ ! -e \"$HOME/fails\" ] || { echo 'Failed to connect to bus' >&2; exit 1; }\n";

struct Home(TempDir);

impl Home {
    fn new(programs: &[&str]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path().join("bin")).unwrap();
        for program in programs {
            let path = home.path().join("bin").join(program);
            fs::write(&path, MANAGER).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        // The rest of what the script needs, and no manager of services of this machine.
        for tool in ["sh", "basename", "cat"] {
            let found = ["/bin", "/usr/bin"]
                .iter()
                .map(|place| Path::new(place).join(tool))
                .find(|path| path.exists());
            std::os::unix::fs::symlink(found.unwrap(), home.path().join("bin").join(tool)).unwrap();
        }
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = tailwater_command();
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        command.env("HOME", self.path()).env("PATH", self.path().join("bin"));
        command.arg("service").args(arguments).output().unwrap()
    }

    /// Exit code, standard output and standard error.
    fn said(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn told(&self) -> Vec<String> {
        let told = fs::read_to_string(self.path().join("told")).unwrap_or_default();
        let _ = fs::remove_file(self.path().join("told"));
        told.lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_service_is_installed_told_of_and_removed() {
    let home = Home::new(&["systemctl", "journalctl"]);
    let unit = home.path().join(".config/systemd/user/tailwater.service");
    let flags = ["--", "--port", "8000"];
    let (code, printed, _) = home.said(&[&["install", "--print"], &flags[..]].concat());
    assert_eq!((code, unit.exists(), home.told().len()), (Some(0), false, 0));
    let data = home.path().join(".local/share/tailwater");
    assert!(
        printed.contains(&format!("\"serve\" \"--data-dir\" \"{}\" \"--port\" \"8000\"", data.display())),
        "{printed}"
    );

    let (code, out, _) = home.said(&["status"]);
    assert!(code == Some(1) && out.contains("not installed"), "{out}");
    assert_eq!(home.said(&["logs"]).0, Some(1));

    let (code, out, error) = home.said(&[&["install"], &flags[..]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("tailwater.service") && error.contains("enable-linger"), "{out}{error}");
    assert_eq!(fs::read_to_string(&unit).unwrap(), printed);
    let expected =
        ["show --property=Version", "daemon-reload", "enable tailwater.service", "restart tailwater.service"];
    assert_eq!(home.told(), expected.map(|told| format!("systemctl --user {told}")));

    fs::write(home.path().join("says"), "active\n").unwrap();
    let (code, out, _) = home.said(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &status["installed"], &status["state"]), (Some(0), &true.into(), &"active".into()));
    fs::write(home.path().join("says"), "failed\n").unwrap();
    let (code, out, _) = home.said(&["status"]);
    assert!(code == Some(1) && out.contains("state  failed"), "{out}");

    home.told();
    assert_eq!(home.said(&["logs", "-n", "5", "-f"]).0, Some(0));
    let expected = "journalctl --user --unit tailwater.service --output cat --lines 5 --follow";
    assert_eq!(home.told(), [expected]);

    assert_eq!(home.said(&["remove"]).0, Some(0));
    assert!(!unit.exists());
    let expected = ["disable --now tailwater.service", "daemon-reload"];
    assert_eq!(home.told(), expected.map(|told| format!("systemctl --user {told}")));
    assert_eq!(home.said(&["remove"]).0, Some(0));
    assert_eq!(home.told().len(), 0);
}

#[test]
fn what_cannot_be_installed_says_why() {
    let home = Home::new(&[]);
    let (code, out, error) = home.said(&["install"]);
    assert!(code == Some(1) && error.contains("there is no systemctl here"), "{error}");
    assert!(out.is_empty() && !home.path().join(".config").exists());
    let home = Home::new(&["systemctl"]);
    fs::write(home.path().join("fails"), "").unwrap();
    let (code, _, error) = home.said(&["install"]);
    assert!(code == Some(1) && error.contains("nothing is installed"), "{error}");
    assert!(error.contains("Failed to connect to bus") && !home.path().join(".config").exists(), "{error}");
    let (code, _, error) = home.said(&["install", "--", "--data-dir", "here"]);
    assert!(code == Some(1) && error.contains("not a whole path"), "{error}");
}

#[test]
fn a_service_is_removed_also_where_its_manager_does_not_answer() {
    let home = Home::new(&["systemctl"]);
    assert_eq!(home.said(&["install"]).0, Some(0));
    fs::write(home.path().join("fails"), "").unwrap();
    let (code, _, error) = home.said(&["remove"]);
    assert!(code == Some(1) && error.contains("is removed, but the server may still run"), "{error}");
    let unit = home.path().join(".config/systemd/user/tailwater.service");
    assert!(error.contains("Failed to connect to bus") && !unit.exists(), "{error}");
}
