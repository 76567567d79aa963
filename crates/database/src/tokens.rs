//! Forgetting the client tokens whose time is over.

use crate::Database;
use crate::control::store_error;
use crate::meta::MetaKey;
use crate::write::is_outdated;
use bytes::Bytes;
use std::ops::Bound;
use store::{Direction, Effect, Key, Range, RunError, Snapshot, Store, Transaction, Versioned};
use wire::ApiError;

const PAGE_TOKENS: usize = 1000;

/// Deletes those of these tokens that are outdated when it comes to it: a token may be used anew meanwhile.
struct Forget {
    tokens: Vec<Key>,
}

impl Transaction for Forget {
    fn keys(&self) -> &[Key] {
        &self.tokens
    }

    fn plan(&mut self, old: &[Option<Versioned>], now_ms: u64) -> Effect {
        let outdated = |stored: &Option<Versioned>| {
            stored.as_ref().is_some_and(|stored| is_outdated(&stored.value, now_ms))
        };
        let gone = self.tokens.iter().zip(old).filter(|(_, old)| outdated(old));
        Effect { writes: gone.map(|(key, _)| (key.clone(), None)).collect(), ..Effect::default() }
    }
}

impl Database {
    /// Deletes the client tokens whose time is over.
    pub(crate) async fn forget_tokens(&self, now_ms: u64) -> Result<(), ApiError> {
        let (first, end) = MetaKey::client_tokens();
        let mut from = Bound::Included(first);
        loop {
            let (tokens, last) = self.outdated(from, end.clone(), now_ms)?;
            if !tokens.is_empty()
                && let Err(RunError::Store(error)) = self.runner.run(Forget { tokens }).await
            {
                return Err(store_error(&error));
            }
            match last {
                Some(last) => from = Bound::Excluded(last),
                None => return Ok(()),
            }
        }
    }

    /// The outdated ones among a page of tokens, and the last of the page where it was full.
    fn outdated(
        &self,
        from: Bound<Bytes>,
        end: Bytes,
        now_ms: u64,
    ) -> Result<(Vec<Key>, Option<Bytes>), ApiError> {
        let range = Range { space: self.meta, from, to: Bound::Excluded(end), direction: Direction::Forward };
        let (mut outdated, mut seen, mut last) = (Vec::new(), 0, None);
        let walked = self.store.snapshot().range(&range, &mut |key, stored| {
            seen += 1;
            let bytes = Bytes::copy_from_slice(key);
            if is_outdated(&stored.value, now_ms) {
                outdated.push(Key { space: self.meta, bytes: bytes.clone() });
            }
            last = Some(bytes);
            seen < PAGE_TOKENS
        });
        walked.map_err(|error| store_error(&error))?;
        Ok((outdated, last.filter(|_| seen == PAGE_TOKENS)))
    }
}
