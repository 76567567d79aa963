//! DescribeEndpoints.

use crate::error::ApiError;
use crate::member::request;

/// Tells where the service is.
#[derive(Clone, Copy, Debug)]
pub struct DescribeEndpoints;

impl DescribeEndpoints {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeEndpoints, ApiError> {
        request(body, |reader, _| reader.skip().map(drop))?;
        Ok(DescribeEndpoints)
    }
}
