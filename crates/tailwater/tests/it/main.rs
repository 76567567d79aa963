//! The binary, run as a user runs it.
#![cfg(test)]

mod background;
mod client;
mod confidential;
mod control;
mod corners;
mod crash;
mod crash_disk;
mod data;
mod elsewhere;
mod errors;
mod faults;
mod function_doors;
mod nesting;
mod objects;
mod pages;
mod pipes;
mod relay;
mod rows;
mod running;
mod secure;
mod serve;
mod service;
mod shards;
mod subscriptions;
mod tables;
mod tailing;
mod transcripts;
mod transfers;
mod wire;
