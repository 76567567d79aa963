//! DescribeLimits.

/// Tells the account's limits.
#[derive(Clone, Copy, Debug)]
pub struct DescribeLimits;
