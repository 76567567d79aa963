//! A map that follows a table and goes on after a restart where it was, without a copy of all of it:
//! `cargo run --manifest-path tests/consumer/Cargo.toml --example saved_state -- http://localhost:4566 STREAM_ARN dogs.json`.
//!
//! Map and state are one file, and are written together: what the state has behind it is what the map shows. Stop it (Ctrl-C,
//! or `kill -9`), write to the table, let shards roll over (`tailwater shards roll dogs`), and start it again: it
//! says how many items it has at once, and then what happened meanwhile.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod clients;

use std::error::Error;
use std::path::Path;
use std::{fs, io};
use tailwater_consumer::{LocalCopy, Replica, ReplicaEvent, State};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, stream_arn, file] = arguments.as_slice() else {
        return Err("saved_state ENDPOINT STREAM_ARN FILE".into());
    };
    let (file, transport) = (Path::new(file), clients::sdk(endpoint));
    let (mut replica, mut copy) = match load(file)? {
        Some((state, copy)) if state.stream_arn() == stream_arn => {
            println!("going on with {} items", copy.items().len());
            (Replica::resume(transport, state), copy)
        }
        // There is nothing yet, or it is of another stream.
        _ => (Replica::new(transport, stream_arn), LocalCopy::default()),
    };
    while let Some(event) = replica.next().await? {
        copy.apply(&event)?;
        match &event {
            ReplicaEvent::Copied => println!("copied {} items", copy.items().len()),
            ReplicaEvent::Change { change, .. } => {
                println!("{:?} {:?}: {} items", change.kind, change.keys, copy.items().len());
            }
            ReplicaEvent::Gap(gap) => {
                println!("{gap}; copying again");
                replica.copy_again();
            }
            // A file for each item of a table would be a slow start.
            ReplicaEvent::CopyBegins | ReplicaEvent::Item { .. } => continue,
        }
        save(file, &replica.state(), &copy)?;
    }
    println!("the stream is disabled, and all of it was read");
    Ok(())
}

/// What was saved last, if anything was.
fn load(file: &Path) -> Result<Option<(State, LocalCopy)>, Box<dyn Error>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Puts the new file in place of the old one at once, so that a crash leaves one of them, whole.
fn save(file: &Path, state: &State, copy: &LocalCopy) -> Result<(), Box<dyn Error>> {
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_vec(&(state, copy))?)?;
    fs::rename(&new, file)?;
    Ok(())
}
