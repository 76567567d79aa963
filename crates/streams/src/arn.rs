//! The name of a stream: `arn:<partition>:dynamodb:<region>:<account>:table/<table>/stream/<label>`.

/// The parts of a well-formed stream ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamArn<'a> {
    /// The region.
    pub region: &'a str,
    /// The account, 12 digits.
    pub account: &'a str,
    /// The table's name.
    pub table: &'a str,
    /// The label.
    pub label: &'a str,
}

impl<'a> StreamArn<'a> {
    /// Takes a stream ARN apart; `None` where it is not one.
    #[must_use]
    pub fn parse(arn: &'a str) -> Option<StreamArn<'a>> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let (table, label) = resource.strip_prefix("table/")?.split_once("/stream/")?;
        let named = prefix == "arn" && partition.starts_with("aws") && service == "dynamodb";
        let owned = !region.is_empty() && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let whole = !label.is_empty() && !label.contains('/') && is_table_name(table);
        (named && owned && whole).then_some(StreamArn { region, account, table, label })
    }
}

fn is_table_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (3..=255).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_arn_apart() {
        let arn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/a.B-c_1/stream/2019-10-22T18:02:01.576";
        let parts = StreamArn::parse(arn).unwrap();
        assert_eq!((parts.region, parts.account), ("cn-north-1", "123456789012"));
        assert_eq!((parts.table, parts.label), ("a.B-c_1", "2019-10-22T18:02:01.576"));
    }

    #[test]
    fn refuses_what_is_none() {
        let arns = [
            "",
            "nonsense",
            "arn:aws:dynamodb:us-east-1:123456789012:table/abc",
            "arn:aws:dynamodb:us-east-1:123456789012:table/abc/stream/",
            "arn:aws:dynamodb:us-east-1:123456789012:table/abc/stream/a/b",
            "arn:aws:dynamodb:us-east-1:123456789012:table/ab/stream/x",
            "arn:aws:dynamodb:us-east-1:123456789012:table/a b c/stream/x",
            "arn:aws:dynamodb:us-east-1:12345678901:table/abc/stream/x",
            "arn:aws:dynamodb::123456789012:table/abc/stream/x",
            "arn:aws:kinesis:us-east-1:123456789012:table/abc/stream/x",
            "arn:gcp:dynamodb:us-east-1:123456789012:table/abc/stream/x",
        ];
        for arn in arns {
            assert_eq!(StreamArn::parse(arn), None, "{arn}");
        }
    }
}
