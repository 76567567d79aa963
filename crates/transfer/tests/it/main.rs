//! The formats from outside.

mod csv;
mod errors;
mod round_trip;
