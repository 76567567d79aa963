//! The database through its front door: operations as JSON in and JSON out, on every store.
#![cfg(test)]

mod acceptance;
mod clock;
mod control;
mod data;
mod dice;
mod format;
mod linearizable;
mod model_concurrent;
mod vectors;
mod world;
