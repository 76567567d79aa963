//! How functions are named: by a name, by a part of an ARN or by a whole one, each with a qualifier or without.

use std::fmt;

/// The latest state of a function, which is not published.
pub const LATEST: &str = "$LATEST";

/// A function as a request names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub name: String,
    /// A version or an alias.
    pub qualifier: Option<String>,
    /// The region, where it is named.
    pub region: Option<String>,
    /// The account, where it is named.
    pub account: Option<String>,
}

impl Reference {
    /// Reads `name`, `account:function:name`, `region:account:function:name` or an ARN; `None` where it is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<&str> = text.split(':').collect();
        let mut found = Self::default();
        if parts.first() == Some(&"arn") {
            if parts.len() < 7
                || !parts[1].starts_with("aws")
                || parts[2] != "lambda"
                || parts[5] != "function"
            {
                return None;
            }
            found.region = Some(parts[3].to_owned());
            found.account = Some(parts[4].to_owned());
            parts.drain(..6);
        } else if let Some(at) =
            parts.iter().position(|part| *part == "function").filter(|at| at + 1 < parts.len())
        {
            if at > 2 {
                return None;
            }
            found.account = at.checked_sub(1).map(|at| parts[at].to_owned());
            found.region = at.checked_sub(2).map(|at| parts[at].to_owned());
            parts.drain(..=at);
        }
        let mut parts = parts.into_iter();
        found.name = parts.next().filter(|name| is_word(name))?.to_owned();
        found.qualifier = parts.next().map(str::to_owned);
        let qualified = found.qualifier.as_deref().is_none_or(|text| text == LATEST || is_word(text));
        (qualified && parts.next().is_none()).then_some(found)
    }
}

/// `[a-zA-Z0-9-_]+`
#[must_use]
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Digits only: a version.
#[must_use]
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whose a function is, and its name. Where accounts and regions are shared, the first two are empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionKey {
    /// 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The name.
    pub name: String,
}

/// The ARN of a function, with a qualifier where it has one.
#[derive(Clone, Copy, Debug)]
pub struct Arn<'a> {
    /// The region.
    pub region: &'a str,
    /// 12 digits.
    pub account: &'a str,
    /// The name.
    pub name: &'a str,
    /// A version or an alias.
    pub qualifier: Option<&'a str>,
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, name, qualifier } = self;
        write!(formatter, "arn:aws:lambda:{region}:{account}:function:{name}")?;
        qualifier.map_or(Ok(()), |qualifier| write!(formatter, ":{qualifier}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name() {
        let own = |text: &str| Some(text.to_owned());
        let (f, r, a) = (|| "f".to_owned(), || own("us-east-1"), || own("000000000000"));
        let cases = [
            ("f", (f(), None, None, None)),
            ("f:1", (f(), own("1"), None, None)),
            ("f:$LATEST", (f(), own("$LATEST"), None, None)),
            ("function:f", (f(), None, None, None)),
            ("function", ("function".to_owned(), None, None, None)),
            ("000000000000:function:f:live", (f(), own("live"), None, a())),
            ("us-east-1:000000000000:function:f", (f(), None, r(), a())),
            ("arn:aws:lambda:us-east-1:000000000000:function:f", (f(), None, r(), a())),
            ("arn:aws-cn:lambda:us-east-1:000000000000:function:f:2", (f(), own("2"), r(), a())),
        ];
        for (text, expected) in cases {
            let (name, qualifier, region, account) = expected;
            let expected = Reference { name, qualifier, region, account };
            assert_eq!(Reference::parse(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "a b",
            "f:",
            "f:1:2",
            ":f",
            "arn:aws:s3:r:a:function:f",
            "arn:aws:lambda:r:a:layer:f",
            "a:b:c:function:f",
            "f:$X",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
