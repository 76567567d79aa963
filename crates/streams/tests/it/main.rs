//! Streams over the store in memory, with a clock that the tests move.
#![cfg(test)]

mod concurrent;
mod errors;
mod faults;
mod following;
mod iterators;
mod lifecycle;
mod lists;
mod pages;
mod records;
mod retention;
mod world;
