//! Tests of the public face of the crate.
#![cfg(test)]

mod bindings;
mod conditions;
mod deep;
mod errors;
mod key_conditions;
mod legacy;
mod notation;
mod projections;
mod properties;
mod updates;
