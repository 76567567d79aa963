//! What exports and imports say of S3: buckets, their owners, prefixes; and client tokens.

use crate::layer::{Constraint, Constraints};

const BUCKET_PATTERN: &str = r"^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$";
const OWNER_PATTERN: &str = "[0-9]{12}";
const TOKEN_PATTERN: &str = r"^[^\$]+$";

/// Checks the name of a bucket.
pub(super) fn check_bucket(constraints: &mut Constraints, path: &'static str, bucket: Option<&str>) {
    let Some(bucket) = bucket else { return constraints.null(path) };
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let bytes = bucket.as_bytes();
    let fits = bytes.len() > 1
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| is_inner(*byte));
    if bucket.chars().count() > 255 {
        constraints.fail(path, bucket.to_owned(), Constraint::MaxLength(255));
    } else if !fits {
        constraints.fail(path, bucket.to_owned(), Constraint::Pattern(BUCKET_PATTERN));
    }
}

/// Checks the account that a bucket is said to belong to.
pub(super) fn check_owner(constraints: &mut Constraints, path: &'static str, owner: Option<&str>) {
    if let Some(owner) = owner
        && !(owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit()))
    {
        constraints.fail(path, owner.to_owned(), Constraint::Pattern(OWNER_PATTERN));
    }
}

/// Checks what keys begin with.
pub(super) fn check_prefix(constraints: &mut Constraints, path: &'static str, prefix: Option<&str>) {
    constraints.length(path, prefix, 0, 1024);
}

/// Checks a client token.
pub(super) fn check_token(constraints: &mut Constraints, token: Option<&str>) {
    if let Some(token) = token
        && (token.is_empty() || token.contains('$'))
    {
        constraints.fail("clientToken", token.to_owned(), Constraint::Pattern(TOKEN_PATTERN));
    }
}
