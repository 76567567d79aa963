//! PartiQL: what statements read, write and are refused for.

mod reads;
mod same_as_expressions;
mod several;
mod writes;

use crate::world::World;
use serde_json::{Value, json};
use wire::Operation::ExecuteStatement;

/// Runs a statement that succeeds.
pub(crate) async fn run(world: &World, statement: &str) -> Value {
    world.ok(ExecuteStatement, json!({ "Statement": statement })).await
}

/// The items that a statement answers.
pub(crate) async fn items(world: &World, statement: &str) -> Value {
    run(world, statement).await["Items"].clone()
}

/// The code and the text of a statement's refusal.
pub(crate) async fn refusal(world: &World, request: Value) -> (String, String) {
    match world.call(ExecuteStatement, request.clone()).await {
        Err(error) => error,
        Ok(answer) => panic!("{request} answers {answer}"),
    }
}
