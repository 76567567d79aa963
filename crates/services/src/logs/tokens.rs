//! Where an event is among others, and the tokens that say so to clients: two letters, `f/` or `b/`, and 56 digits.

/// The place of an event: by time, then by block, then in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) time_ms: u64,
    pub(super) block: u64,
    pub(super) index: u32,
}

const DIGITS: usize = 56;

impl Place {
    /// Before all others.
    pub(super) const FIRST: Self = Self { time_ms: 0, block: 0, index: 0 };

    /// As digits: 20 for the time, 20 for the block, 16 for the place in it.
    pub(super) fn digits(self) -> String {
        format!("{:020}{:020}{:016}", self.time_ms, self.block, self.index)
    }

    fn parse(digits: &str) -> Option<Self> {
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (time, rest) = digits.split_at(20);
        let (block, index) = rest.split_at(20);
        Some(Self { time_ms: time.parse().ok()?, block: block.parse().ok()?, index: index.parse().ok()? })
    }
}

/// A token of GetLogEvents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// On from behind this event.
    Forward(Place),
    /// On from before this event.
    Backward(Place),
}

impl Token {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('/')? {
            ("f", digits) => Place::parse(digits).map(Self::Forward),
            ("b", digits) => Place::parse(digits).map(Self::Backward),
            _ => None,
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Forward(place) => format!("f/{}", place.digits()),
            Self::Backward(place) => format!("b/{}", place.digits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_come_back(time_ms: u64, block: u64, index: u32, forward: bool) {
            let place = Place { time_ms, block, index };
            let token = if forward { Token::Forward(place) } else { Token::Backward(place) };
            prop_assert_eq!(token.text().len(), 58);
            prop_assert_eq!(Token::parse(&token.text()), Some(token));
        }

        #[test]
        fn other_texts_are_none(text in "([fbx]/)?[0-9ä]{0,60}") {
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(token.text(), text);
            }
        }
    }
}
