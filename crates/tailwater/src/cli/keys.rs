//! The keys that requests are signed with: those of the environment, as AWS's own tools read it.

use std::fmt;

/// An access key and its secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    /// Of keys that were given for a while.
    pub(crate) session_token: Option<String>,
}

impl fmt::Debug for Keys {
    /// Never shows the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl Keys {
    /// Those of the environment, if there are both of them.
    pub(crate) fn of(set: impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            access_key: set("AWS_ACCESS_KEY_ID")?,
            secret: set("AWS_SECRET_ACCESS_KEY")?,
            session_token: set("AWS_SESSION_TOKEN"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_its_secret_is_none_and_the_secret_is_not_shown() {
        assert_eq!(Keys::of(|name| (name == "AWS_ACCESS_KEY_ID").then(|| "k".to_owned())), None);
        let keys = Keys::of(|name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(keys.session_token.as_deref(), Some("<AWS_SESSION_TOKEN>"));
        assert!(!format!("{keys:?}").contains("SECRET"), "{keys:?}");
    }
}
