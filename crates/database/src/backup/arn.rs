//! The name of a backup: `arn:<partition>:dynamodb:<region>:<account>:table/<table>/backup/<milliseconds>-<8 hex>`.

use crate::descriptor::TableDescriptor;
use environment::Random;
use wire::ApiError;

/// The parts of a backup's ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BackupArn<'a> {
    pub(crate) account: &'a str,
    pub(crate) table: &'a str,
    /// The time in 14 digits of milliseconds, and random digits: as text it is in order of time.
    pub(crate) id: &'a str,
}

impl<'a> BackupArn<'a> {
    /// Takes an ARN apart.
    ///
    /// # Errors
    /// When it is none, or one of something else.
    pub(crate) fn parse(arn: &'a str) -> Result<Self, ApiError> {
        let mut parts = arn.splitn(6, ':');
        let mut part = || parts.next().unwrap_or_default();
        let (head, partition, service) = (part(), part(), part());
        let (region, account, resource) = (part(), part(), part());
        let named = resource.strip_prefix("table/").and_then(|rest| rest.split_once("/backup/"));
        let Some((table, id)) = named.filter(|(table, id)| !table.is_empty() && !id.is_empty()) else {
            return Err(ApiError::validation(format!("Invalid Backup ARN: {arn}")));
        };
        if head != "arn" || !partition.starts_with("aws") || service != "dynamodb" || region.is_empty() {
            return Err(ApiError::validation(format!("BackupArn is not valid: {arn}")));
        }
        Ok(Self { account, table, id })
    }

    /// The ARN of a new backup of a table.
    pub(crate) fn make(table: &TableDescriptor, now_ms: u64, random: &Random) -> String {
        let suffix = random.next_u64() >> 32;
        format!("{}/backup/{now_ms:014}-{suffix:08x}", table.arn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_nothing_else_is() {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01489602797149-73d8d5bc";
        let expected = BackupArn { account: "123456789012", table: "Music", id: "01489602797149-73d8d5bc" };
        assert_eq!(BackupArn::parse(arn), Ok(expected));
        for (text, start) in [
            ("arn:aws:dynamodb:us-east-1:123456789012:table/Music", "Invalid Backup ARN"),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/", "Invalid Backup ARN"),
            ("no arn at all, but long enough to be taken for one", "Invalid Backup ARN"),
            ("arn:aws:sqs:us-east-1:123456789012:table/Music/backup/1-2", "BackupArn is not valid"),
            ("arn:gcp:dynamodb:us-east-1:123456789012:table/Music/backup/1-2", "BackupArn is not valid"),
        ] {
            let error = BackupArn::parse(text).unwrap_err();
            assert!(error.message().unwrap().starts_with(start), "{text}: {error}");
        }
    }
}
