//! The parameters from before expressions: they do, answer and record what the expressions of the same intent do.
//! What they refuse, and in which words, stands with the rows that are asked of the binary.

mod differential;
mod effects;
