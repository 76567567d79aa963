//! What a `TableName` member may hold: a name or a table ARN.

/// A table as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableRef<'a> {
    /// The account, if an ARN said so.
    pub account: Option<&'a str>,
    /// The region, if an ARN said so.
    pub region: Option<&'a str>,
    /// The name.
    pub name: &'a str,
}

impl<'a> TableRef<'a> {
    /// Reads a table name or `arn:<partition>:dynamodb:<region>:<account>:table/<name>`. What is not such an
    /// ARN is taken for a name as it stands.
    pub fn parse(text: &'a str) -> TableRef<'a> {
        Self::parse_arn(text).unwrap_or(TableRef { account: None, region: None, name: text })
    }

    /// The account, region and name of a table ARN, `None` for anything else.
    pub fn parse_arn(text: &'a str) -> Option<TableRef<'a>> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix("table/")?;
        if arn != "arn"
            || partition.is_empty()
            || service != "dynamodb"
            || name.is_empty()
            || name.contains('/')
        {
            return None;
        }
        Some(TableRef { account: Some(account), region: Some(region), name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_s_arn_is_taken_apart() {
        let table = TableRef::parse("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/abc");
        let expected = TableRef { account: Some("123456789012"), region: Some("cn-north-1"), name: "abc" };
        assert_eq!(table, expected);
    }

    #[test]
    fn anything_else_is_a_name() {
        for text in [
            "abc",
            "arn:aws:dynamodb:us-east-1:123456789012:table/abc/stream/x",
            "arn:aws:sqs:us-east-1:123456789012:table/abc",
            "arn:aws:dynamodb:us-east-1:123456789012:table/",
            "arn:aws:dynamodb",
        ] {
            assert_eq!(TableRef::parse(text), TableRef { account: None, region: None, name: text });
        }
    }
}
