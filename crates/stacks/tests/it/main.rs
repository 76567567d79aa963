//! Stacks and resources over the services of a server in memory.
#![cfg(test)]

mod resources;
mod services;
