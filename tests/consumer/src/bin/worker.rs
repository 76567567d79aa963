//! One worker of a group, to be killed: `worker PORT STREAM TABLE NAME`. Prints each change that it handles.

use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;
use tailwater_consumer::{Batch, Consumer};
use tailwater_test_consumer::sdk;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, stream, table, name] = arguments.as_slice() else { panic!("worker PORT STREAM TABLE NAME") };
    let outcome = Consumer::new(sdk(port.parse().unwrap()), stream, table)
        .worker_id(name)
        .lease_time(Duration::from_millis(1_500))
        .poll_interval(Duration::from_millis(20))
        .discovery_interval(Duration::from_secs(1))
        .max_batch(5)
        .run(|batch: Batch| async move {
            for change in batch.changes.iter() {
                let value = change.new.as_ref().and_then(|item| item["value"].as_n()).unwrap_or("-");
                println!("{} {value} {}", change.keys["pk"].as_s().unwrap(), change.sequence_number);
            }
            std::io::stdout().flush().unwrap();
            // Long enough that a kill meets it at work.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<(), Infallible>(())
        })
        .await;
    println!("ended {outcome:?}");
}
