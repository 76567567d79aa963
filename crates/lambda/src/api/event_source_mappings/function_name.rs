//! How a request names a function: by name, by a part of its ARN, or by all of it; with a qualifier, or without.

use crate::api::{Caller, Failure};
use crate::functions::name::is_word;

const PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?\
                       (\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

/// The ARN of a function that a caller names, with the qualifier that was given.
pub(super) fn arn(name: Option<&str>, caller: &Caller) -> Result<String, Failure> {
    let Some(name) = name else {
        return Err(Failure::validation(
            "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: Member must not be \
             null",
        ));
    };
    parse(name, caller).ok_or_else(|| {
        Failure::validation(format!(
            "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: {PATTERN}"
        ))
    })
}

fn parse(name: &str, caller: &Caller) -> Option<String> {
    let mut rest = name;
    let mut take = |fits: &dyn Fn(&str) -> bool| {
        let (part, behind) = rest.split_once(':')?;
        fits(part).then(|| rest = behind)?;
        Some(part)
    };
    if take(&|part| part == "arn").is_some() {
        take(&|part| part.starts_with("aws"))?;
        take(&|part| part == "lambda")?;
    }
    let region = take(&is_region).unwrap_or(&caller.region);
    let account = take(&is_account).unwrap_or(&caller.account);
    take(&|part| part == "function");
    let (function, qualifier) = match rest.split_once(':') {
        Some((function, qualifier)) => (function, Some(qualifier)),
        None => (rest, None),
    };
    let qualified = qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || is_word(qualifier));
    let named = is_word(function) && name.len() <= 256 && qualified;
    let tail = qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
    named.then(|| format!("arn:aws:lambda:{region}:{account}:function:{function}{tail}"))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    let (place, number) = text.rsplit_once('-').unwrap_or_default();
    place.contains('-') && number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_function() {
        let caller = Caller { account: "111111111111".into(), region: "eu-west-1".into() };
        let own = "arn:aws:lambda:eu-west-1:111111111111:function:f";
        let other = "arn:aws:lambda:us-east-1:222222222222:function:f";
        let rows = [
            ("f", Some(own.to_owned())),
            ("f:1", Some(format!("{own}:1"))),
            ("f:$LATEST", Some(format!("{own}:$LATEST"))),
            ("function:f", Some(own.to_owned())),
            ("111111111111:function:f:live", Some(format!("{own}:live"))),
            ("us-east-1:222222222222:function:f", Some(other.to_owned())),
            (other, Some(other.to_owned())),
            ("arn:aws:lambda:us-east-1:222222222222:function:f:2", Some(format!("{other}:2"))),
            ("", None),
            ("f:", None),
            ("f:1:2", None),
            ("f g", None),
            ("f:$X", None),
            ("arn:aws:sqs:us-east-1:222222222222:f", None),
        ];
        for (name, expected) in rows {
            assert_eq!(parse(name, &caller), expected, "{name}");
        }
    }
}
