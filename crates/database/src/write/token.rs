//! ClientRequestToken: a key like any other, which makes the repetition of a transaction harmless.
//!
//! Its value: the fingerprint of the request (16 bytes), the service time of the commit in milliseconds (8),
//! then for each table of the transaction the length of its ARN (2), the ARN, and what reading its items
//! again would cost, in half units (8). All integers are big-endian.

use super::{Action, Done, Failure, Verdict};
use crate::capacity::Units;
use bytes::Bytes;
use item::Stored;
use store::{Key, Versioned};

/// How long a token is remembered, in service time.
pub(crate) const TOKEN_LIFETIME_MS: u64 = 10 * 60 * 1000;

const HEADER_BYTES: usize = 24;

/// A token, as one request uses it.
#[derive(Clone, Debug)]
pub(crate) struct ClientToken {
    /// Its key.
    pub(crate) key: Key,
    /// What the request does, as a number: another request under the same token is refused.
    pub(crate) fingerprint: u128,
}

impl ClientToken {
    /// Whether the transaction is still to be done, given what is stored under the token.
    pub(super) fn verdict(&self, stored: Option<&Versioned>, now_ms: u64) -> Verdict {
        let Some(stored) = stored else { return Verdict::Planned };
        let Some((fingerprint, time_ms)) = header(&stored.value) else { return Verdict::Planned };
        if now_ms.saturating_sub(time_ms) >= TOKEN_LIFETIME_MS {
            return Verdict::Planned;
        }
        if fingerprint != self.fingerprint {
            return Verdict::Mismatch;
        }
        Verdict::Replayed(stored.value.slice(HEADER_BYTES..))
    }

    /// What is kept of the transaction.
    pub(super) fn kept(&self, actions: &[Action], outcomes: &[Result<Done, Failure>], now_ms: u64) -> Bytes {
        let mut tables: Vec<(&str, Units)> = Vec::new();
        for (action, done) in actions.iter().zip(outcomes.iter().flatten()) {
            let size = |item: &Option<Stored>| item.as_ref().map_or(0, |item| action.table.size_of(item));
            let units = Units::read(size(&done.old).max(size(&done.new)), true).doubled();
            match tables.iter_mut().find(|(arn, _)| *arn == action.table.arn) {
                Some((_, sum)) => *sum += units,
                None => tables.push((&action.table.arn, units)),
            }
        }
        let mut kept = Vec::with_capacity(HEADER_BYTES + 80 * tables.len());
        kept.extend_from_slice(&self.fingerprint.to_be_bytes());
        kept.extend_from_slice(&now_ms.to_be_bytes());
        for (arn, units) in tables {
            kept.extend_from_slice(&u16::try_from(arn.len()).unwrap_or(u16::MAX).to_be_bytes());
            kept.extend_from_slice(arn.as_bytes());
            kept.extend_from_slice(&units.0.to_be_bytes());
        }
        kept.into()
    }
}

/// Whether what is stored under a token has outlived it.
pub(crate) fn is_outdated(stored: &[u8], now_ms: u64) -> bool {
    header(stored).is_none_or(|(_, time_ms)| now_ms.saturating_sub(time_ms) >= TOKEN_LIFETIME_MS)
}

fn header(stored: &[u8]) -> Option<(u128, u64)> {
    let (fingerprint, rest) = stored.split_first_chunk()?;
    let (time_ms, _) = rest.split_first_chunk()?;
    Some((u128::from_be_bytes(*fingerprint), u64::from_be_bytes(*time_ms)))
}

/// The tables of a repeated transaction, by ARN, with what the repetition costs.
pub(crate) fn replayed_tables(mut kept: &[u8]) -> Vec<(String, Units)> {
    let mut tables = Vec::new();
    while let Some((table, rest)) = replayed_table(kept) {
        tables.push(table);
        kept = rest;
    }
    tables
}

fn replayed_table(kept: &[u8]) -> Option<((String, Units), &[u8])> {
    let (length, rest) = kept.split_first_chunk()?;
    let (arn, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (units, rest) = rest.split_first_chunk()?;
    let arn = String::from_utf8_lossy(arn).into_owned();
    Some(((arn, Units(u64::from_be_bytes(*units))), rest))
}
