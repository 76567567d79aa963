//! The watcher alone, for the tests of this crate; in a server it is a hidden command of the server's own binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    match runtime::watcher::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
