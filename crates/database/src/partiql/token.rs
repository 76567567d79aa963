//! NextToken: where a page ended, bound to the statement and its parameters.
//!
//! Base64 of: a version (1 byte), the fingerprint of statement and parameters (16), the number of the part that
//! was being read (4), the last item's key in its stored form, and a keyed hash of all of this (16). All integers
//! are big-endian.

use crate::keys::Hasher;
use item::{Map, Stored, Value};
use wire::ApiError;
use wire::dynamodb::statement::Statement;
use wire::value::{decode_base64, write_base64};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 21;
const HASH_BYTES: usize = 16;

/// What makes two statements the same: the text, and the values of the parameters.
pub(crate) fn fingerprint(statement: &Statement, hasher: Hasher) -> u128 {
    let mut bytes = Vec::with_capacity(statement.text.len() + 64);
    bytes.extend_from_slice(&(statement.text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(statement.text.as_bytes());
    for parameter in &statement.parameters {
        let one: Map = [("v".into(), parameter.clone())].into_iter().collect();
        let one = Stored::encode(&one);
        bytes.extend_from_slice(&(one.len() as u64).to_be_bytes());
        bytes.extend_from_slice(one.as_bytes());
    }
    hasher.hash(&bytes)
}

/// The token of a page that ended in this part, with this key.
pub(crate) fn token_of(statement: &Statement, hasher: Hasher, (part, key): (usize, &Stored)) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&fingerprint(statement, hasher).to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(part).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(&hasher.hash(&bytes).to_be_bytes());
    let mut text = Vec::new();
    write_base64(&mut text, &bytes);
    text.into_iter().map(char::from).collect()
}

/// The part and the key at which a token says that the page before ended.
///
/// # Errors
/// When it is no token, or one of another statement.
pub(crate) fn position(token: &str, statement: &Statement, hasher: Hasher) -> Result<(usize, Map), ApiError> {
    let invalid = || ApiError::validation("Invalid NextToken");
    let bytes = decode_base64(token).map_err(|_| invalid())?;
    let (signed, hash) = bytes.split_last_chunk::<HASH_BYTES>().ok_or_else(invalid)?;
    if hasher.hash(signed) != u128::from_be_bytes(*hash) || signed.first() != Some(&VERSION) {
        return Err(invalid());
    }
    let (header, key) = signed.split_at_checked(HEADER_BYTES).ok_or_else(invalid)?;
    let (print, part) = header[1..].split_first_chunk::<HASH_BYTES>().ok_or_else(invalid)?;
    // AWS resumes no statement with a list or a map among its parameters.
    let resumes = |parameter: &Value| !matches!(parameter, Value::L(_) | Value::M(_));
    if u128::from_be_bytes(*print) != fingerprint(statement, hasher)
        || !statement.parameters.iter().all(resumes)
    {
        return Err(ApiError::validation("NextToken does not match request"));
    }
    let part = part.first_chunk().map_or(0, |part| u32::from_be_bytes(*part));
    let key = Stored::from_bytes(bytes::Bytes::copy_from_slice(key)).decode().map_err(|_| invalid())?;
    Ok((part as usize, key))
}
