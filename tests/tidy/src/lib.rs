//! What holds for the tree as a whole, tested: which crate may know which, how files begin, how long functions are, that
//! documents point at what is there. A rule is a function from the tree to complaints, so each has a test on the tree
//! as it is and one on a tree with a planted fault, which it must find.
//!
//! Where a document states a rule, such as the arrows of ARCHITECTURE.md, the document is what is read.
#![cfg(test)]

mod arrows;
mod defects;
mod documents;
mod lengths;
mod names;
mod others;
mod rust;
mod suites;
mod supply;
mod texts;
mod tree;
mod unsafety;
