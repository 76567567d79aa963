//! A map that follows a table:
//! `cargo run --manifest-path tests/consumer/Cargo.toml --example local_map -- http://localhost:4566 STREAM_ARN`.
//!
//! With a server that runs (`tailwater serve --in-memory`) and a table with a stream:
//!
//! ```text
//! aws dynamodb create-table --table-name dogs --billing-mode PAY_PER_REQUEST \
//!   --attribute-definitions AttributeName=pk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH \
//!   --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES \
//!   --query TableDescription.LatestStreamArn --output text
//! aws dynamodb put-item --table-name dogs --item '{"pk": {"S": "rex"}, "age": {"N": "7"}}'
//! tailwater shards roll dogs
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod clients;

use std::error::Error;
use tailwater_consumer::{LocalCopy, Replica, ReplicaEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, stream_arn] = arguments.as_slice() else {
        return Err("local_map ENDPOINT STREAM_ARN".into());
    };
    let mut replica = Replica::new(clients::sdk(endpoint), stream_arn);
    let mut copy = LocalCopy::default();
    while let Some(event) = replica.next().await? {
        copy.apply(&event)?;
        match event {
            ReplicaEvent::Copied => println!("copied {} items", copy.items().len()),
            ReplicaEvent::Change { change, .. } => {
                println!("{:?} {:?}: {} items", change.kind, change.keys, copy.items().len());
            }
            ReplicaEvent::Gap(gap) => {
                println!("{gap}; copying again");
                replica.copy_again();
            }
            ReplicaEvent::CopyBegins | ReplicaEvent::Item { .. } => {}
        }
    }
    println!("the stream is disabled, and all of it was read");
    Ok(())
}
