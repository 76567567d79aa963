//! DescribeLimits.

use crate::error::ApiError;
use crate::member::request;

/// Tells the account's limits.
#[derive(Clone, Copy, Debug)]
pub struct DescribeLimits;

impl DescribeLimits {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeLimits, ApiError> {
        request(body, |reader, _| reader.skip().map(drop))?;
        Ok(DescribeLimits)
    }
}
