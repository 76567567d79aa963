//! The texts of a message: one for all protocols, or one for each (`MessageStructure` json).

use super::failure::Failure;
use serde::{Deserialize, Serialize};
use wire::json::{Reader, Token};

/// What each protocol is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Texts {
    default: String,
    /// Of protocols that have a text of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    own: Vec<(String, String)>,
}

/// The protocols that a text may be for. Members of other names are passed over.
const PROTOCOLS: [&str; 5] = ["http", "sqs", "lambda", "email", "email-json"];

fn unparsable() -> Failure {
    Failure::parameter("Message Structure - JSON message body failed to parse")
}

impl Texts {
    /// The text, or the texts that it is an object of.
    pub(super) fn of(text: &str, by_protocol: bool) -> Result<Self, Failure> {
        if !by_protocol {
            return Ok(Self { default: text.to_owned(), own: Vec::new() });
        }
        let (mut default, mut own, mut names) = (None, Vec::new(), Vec::<String>::new());
        let mut reader = Reader::new(text.as_bytes()).map_err(|_| unparsable())?;
        let mut members = reader.object().map_err(|_| unparsable())?;
        while let Some(name) = reader.next_member(&mut members).map_err(|_| unparsable())? {
            let name = name.into_owned();
            let known = name == "default" || PROTOCOLS.contains(&name.as_str());
            if reader.peek().map_err(|_| unparsable())? != Token::String || !known {
                reader.skip().map_err(|_| unparsable())?;
                continue;
            }
            let text = reader.string().map_err(|_| unparsable())?.into_owned();
            if names.contains(&name) {
                return Err(Failure::parameter("Message Structure - Duplicate keys are not allowed"));
            }
            names.push(name.clone());
            if name == "default" {
                default = Some(text);
            } else {
                own.push((name, text));
            }
        }
        reader.finish().map_err(|_| unparsable())?;
        let default = default
            .ok_or_else(|| Failure::parameter("Message Structure - No default entry in JSON message body"))?;
        Ok(Self { default, own })
    }

    /// What subscribers of this protocol are sent.
    pub(super) fn for_protocol(&self, protocol: &str) -> &str {
        let own = self.own.iter().find(|(name, _)| name == protocol);
        own.map_or(&self.default, |(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_gets_its_own_text_or_the_default() {
        let text = r#"{"default":"d","sqs":"q","lambda":7,"fax":{"a":[1]},"http":""}"#;
        let texts = Texts::of(text, true).unwrap();
        let sent: Vec<&str> =
            ["sqs", "lambda", "http", "fax"].map(|protocol| texts.for_protocol(protocol)).into();
        assert_eq!(sent, ["q", "d", "", "d"]);
        assert_eq!(Texts::of(text, false).unwrap().for_protocol("sqs"), text);
    }

    #[test]
    fn what_is_no_object_with_a_default_is_refused() {
        let message = |text| Texts::of(text, true).unwrap_err().message().to_owned();
        let parse = "Invalid parameter: Message Structure - JSON message body failed to parse";
        for text in ["", "x", "[]", "{\"default\":\"a\"", "{\"default\":\"a\"}x"] {
            assert_eq!(message(text), parse, "{text}");
        }
        let none = "Invalid parameter: Message Structure - No default entry in JSON message body";
        for text in ["{}", "{\"default\":1}", "{\"sqs\":\"a\"}"] {
            assert_eq!(message(text), none, "{text}");
        }
        assert!(Texts::of(r#"{"default":"a","default":"b"}"#, true).is_err());
    }
}
