//! Temporary credentials.

use super::Identity;
use crate::query::{Failure, time};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::query::Answer;

/// How many random numbers of 16 bytes a secret and a token are made of.
const SECRET_NUMBERS: usize = 2;
const TOKEN_NUMBERS: usize = 12;

/// How long a secret is.
const SECRET_LENGTH: usize = 40;

impl Identity {
    /// Writes credentials of an account.
    pub(super) fn write_credentials(&self, answer: &mut Answer, account: &str, duration_seconds: u64) {
        let random = |numbers: usize| {
            let bytes: Vec<u8> =
                (0..numbers).flat_map(|_| self.environment.random.next_u128().to_be_bytes()).collect();
            STANDARD.encode(bytes)
        };
        let ends_ms = self.environment.clock.now_ms().saturating_add(duration_seconds * 1_000);
        let secret: String = random(SECRET_NUMBERS).chars().take(SECRET_LENGTH).collect();
        answer.open("Credentials").element("AccessKeyId", account).element("SecretAccessKey", secret);
        answer.element("SessionToken", random(TOKEN_NUMBERS)).element("Expiration", time(ends_ms)).close();
    }

    /// Refuses, where the server would not know the credentials that it gives.
    pub(super) fn may_give_credentials(&self) -> Result<(), Failure> {
        if !self.has_keys {
            return Ok(());
        }
        let message =
            "This server takes only the keys that it was given, and gives no temporary credentials.";
        Err(Failure::new("AccessDenied", message).with_status(403))
    }
}
