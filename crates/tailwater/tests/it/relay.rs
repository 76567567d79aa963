//! Someone between a client and a server, who sees each request and may answer it otherwise, or do something just then.

use crate::running::Running;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// An exchange under way: the head of the request, and what passes it on and gives the server's answer.
type Relay = dyn Fn(&str, &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> + Send + Sync;

/// Stands before a server until the test ends; answers the endpoint.
pub(crate) fn before(
    running: &Running,
    relay: impl Fn(&str, &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (server, relay) = (running.addresses[0].clone(), Arc::new(relay));
    environment::spawn_thread("relay", move || {
        for client in listener.incoming() {
            let (server, relay) = (server.clone(), Arc::clone(&relay));
            let serve = move || serve(client.unwrap(), &server, &*relay);
            environment::spawn_thread("relay of one", serve).unwrap();
        }
    })
    .unwrap();
    endpoint
}

/// One connection, until either end has enough.
fn serve(mut client: TcpStream, server: &str, relay: &Relay) {
    let mut requests = BufReader::new(client.try_clone().unwrap());
    let mut server = TcpStream::connect(server).unwrap();
    let mut answers = BufReader::new(server.try_clone().unwrap());
    while let Some((head, request)) = message(&mut requests) {
        let mut pass = || {
            server.write_all(&request).unwrap();
            message(&mut answers).map(|(_, answer)| answer).unwrap_or_default()
        };
        if client.write_all(&relay(&head, &mut pass)).is_err() {
            return;
        }
    }
}

/// The next message: its head in lower case, and all of it.
fn message(from: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    from.read_exact(&mut body).ok()?;
    Some((lower, [head.into_bytes(), body].concat()))
}
