//! One worker of a group:
//! `cargo run --manifest-path tests/consumer/Cargo.toml --example group -- http://localhost:4566 STREAM_ARN NAME`.
//! Start several, write to the table, roll or split its shards (`tailwater shards`), kill one. Ctrl-C hands over.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod clients;

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use tailwater_consumer::{Batch, Consumer, Counters};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, stream_arn, name] = arguments.as_slice() else {
        return Err("group ENDPOINT STREAM_ARN NAME".into());
    };
    let counters = Arc::new(Counters::default());
    let outcome = Consumer::new(clients::sdk(endpoint), stream_arn, "example-leases")
        .worker_id(name)
        .metrics(counters.clone())
        .run_until(
            |batch: Batch| async move {
                for change in batch.changes.iter() {
                    println!("{} {:?} {:?}", batch.shard_id, change.kind, change.keys);
                }
                Ok::<(), Infallible>(())
            },
            async {
                // Without a signal to wait for there is nothing to stop at.
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            },
        )
        .await?;
    println!("{outcome:?}: {:?}", counters.snapshot());
    Ok(())
}
