//! The `x-amz-crc32` header.

/// The CRC-32 (IEEE) of a body.
pub fn crc32(body: &[u8]) -> u32 {
    crc32fast::hash(body)
}

/// The value of the header for a body: the CRC as an unsigned decimal, in a buffer of the caller's.
pub fn crc32_header<'a>(body: &[u8], buffer: &'a mut itoa::Buffer) -> &'a str {
    buffer.format(crc32(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_the_ieee_one_in_decimal() {
        let mut buffer = itoa::Buffer::new();
        assert_eq!(crc32_header(b"123456789", &mut buffer), "3421780262");
        assert_eq!(crc32_header(b"<UnknownOperationException/>\n", &mut buffer), "3552371480");
        assert_eq!(crc32_header(b"", &mut buffer), "0");
    }
}
