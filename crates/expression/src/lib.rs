//! Placeholder description, replaced by the crate's first module.
