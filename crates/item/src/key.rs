//! Keys as ordered bytes.
