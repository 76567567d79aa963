//! The members of a request to Kinesis: how a body is read, and the patterns of names and numbers.

pub(super) use crate::request::Request;

use super::failure::Failure;
use super::{Format, Value};
use crate::request::Pattern;
use crate::value::cbor;

/// How many values a request may have: some times what 500 records are.
const VALUES_MAX: usize = 10_000;

/// Reads a body.
pub(super) fn read(format: Format, body: &[u8]) -> Result<Request, Failure> {
    let value = match format {
        Format::Json => Value::from_json_of(body, VALUES_MAX)?,
        Format::Cbor => cbor::decode_of(body, VALUES_MAX)?,
    };
    Ok(Request::new(value)?)
}

/// Names of streams and ids of shards.
pub(super) const NAME: Pattern = Pattern {
    text: "[a-zA-Z0-9_.-]+",
    satisfied: |text| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        !text.is_empty() && text.bytes().all(allowed)
    },
};

/// ARNs of streams.
pub(super) const STREAM_ARN: Pattern = Pattern {
    text: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
    satisfied: |text| {
        let Some((owner, name)) = text.split_once(":stream/") else { return false };
        let account = owner.rsplit(':').next().unwrap_or_default();
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let named = !name.is_empty() && !name.contains(char::is_whitespace);
        owner.starts_with("arn:aws") && owner.contains(":kinesis:") && digits && named
    },
};

/// Hash keys.
pub(super) const HASH_KEY: Pattern =
    Pattern { text: "0|([1-9]\\d{0,38})", satisfied: |text| is_number(text, 39) };

/// Sequence numbers.
pub(super) const SEQUENCE_NUMBER: Pattern =
    Pattern { text: "0|([1-9]\\d{0,128})", satisfied: |text| is_number(text, 129) };

/// A decimal number without a zero in front, of so many digits at most.
fn is_number(text: &str, digits_max: usize) -> bool {
    let plain = text == "0" || !text.starts_with('0');
    plain && (1..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
