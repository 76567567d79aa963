//! Receipt handles: which message of which queue, and which of its receives.

use super::QueuesError;
use super::error::ErrorCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

/// The form of a handle.
const VERSION: u8 = 1;

/// Queue id, number, receives, and what tells a handle from chance.
const LENGTH: usize = 1 + 8 + 8 + 4 + 4;

/// What a handle says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The queue.
    pub(super) queue: u64,
    /// The number of the message.
    pub(super) number: u64,
    /// How often it had been received.
    pub(super) receives: u32,
}

impl Receipt {
    /// The handle.
    pub(super) fn handle(self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.queue.to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.receives.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        URL_SAFE.encode(bytes)
    }

    /// Reads a handle of a queue.
    pub(super) fn of(handle: &str, queue: u64) -> Result<Self, QueuesError> {
        Self::parse(handle).filter(|receipt| receipt.queue == queue).ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            QueuesError::new(ErrorCode::ReceiptHandleIsInvalid, message)
        })
    }

    fn parse(handle: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = URL_SAFE.decode(handle).ok()?.try_into().ok()?;
        let (said, check) = bytes.split_at(LENGTH - 4);
        let is_ours = said[0] == VERSION && crc32fast::hash(said).to_be_bytes() == check;
        Some(Self {
            queue: u64::from_be_bytes(said[1..9].try_into().ok()?),
            number: u64::from_be_bytes(said[9..17].try_into().ok()?),
            receives: u32::from_be_bytes(said[17..].try_into().ok()?),
        })
        .filter(|_| is_ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_handle_says_what_was_said(queue: u64, number: u64, receives: u32, other: u64) {
            let receipt = Receipt { queue, number, receives };
            prop_assert_eq!(Receipt::of(&receipt.handle(), queue), Ok(receipt));
            prop_assert_eq!(Receipt::of(&receipt.handle(), other).is_ok(), other == queue);
        }

        #[test]
        fn what_is_no_handle_is_invalid(handle in "\\PC{0,60}") {
            prop_assert!(Receipt::of(&handle, 0).is_err());
        }
    }
}
