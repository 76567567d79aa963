//! Answers its event, fails or panics where the event says so.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    println!("called as {}", event.context.invoked_function_arn);
    if event.payload["fail"] == true {
        return Err("boom".into());
    }
    if event.payload["panic"] == true {
        panic!("out of it");
    }
    Ok(json!({ "event": event.payload, "name": event.context.env_config.function_name }))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handler)).await
}
