//! The server as a client sees it: over sockets, byte by byte where that matters.
#![cfg(test)]

mod admission;
mod answers;
mod client;
mod connections;
mod doors;
mod failures;
mod hostile;
mod running;
mod signatures;
mod streams;
