//! The parameters from before expressions: they do, answer and record what the expressions of the same intent do,
//! and what they refuse they refuse in AWS's words.

mod differential;
