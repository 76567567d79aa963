//! DescribeEndpoints.

/// Tells where the service is.
#[derive(Clone, Copy, Debug)]
pub struct DescribeEndpoints;
