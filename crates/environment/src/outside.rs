//! What a server starts in the world outside it: child processes, and sockets that only they are to reach.

use std::io;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// Starts a child process, which is reaped when it ends. Needs a runtime.
///
/// # Errors
/// When the operating system refuses.
pub fn spawn_child(command: std::process::Command) -> io::Result<Child> {
    Command::from(command).spawn()
}

/// Listens at a port of the loopback address that the operating system chooses.
///
/// # Errors
/// When the operating system refuses.
pub async fn listen_loopback() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_child_runs_and_is_reaped() {
        let mut child = spawn_child(std::process::Command::new("true")).unwrap();
        assert!(child.wait().await.unwrap().success());
    }

    #[tokio::test]
    async fn a_socket_of_its_own() {
        let (one, other) = (listen_loopback().await.unwrap(), listen_loopback().await.unwrap());
        assert!(one.local_addr().unwrap().ip().is_loopback());
        assert_ne!(one.local_addr().unwrap(), other.local_addr().unwrap());
    }
}
