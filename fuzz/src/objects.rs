//! Parts of the heads of S3's requests: ranges, queries, times, tags.

/// See the module.
pub fn target(data: &[u8]) {
    services::objects::s3::fuzzing::read(data);
}
