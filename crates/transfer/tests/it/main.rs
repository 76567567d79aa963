//! The formats from outside.
#![cfg(test)]

mod csv;
mod errors;
mod round_trip;
