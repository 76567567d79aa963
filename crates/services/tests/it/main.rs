//! The services around a table, through their front doors.
#![cfg(test)]

mod kinesis;
