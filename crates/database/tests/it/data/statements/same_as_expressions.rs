//! Statements and expressions of the same intent do the same.
