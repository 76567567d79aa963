//! What the fuzz targets need of signatures. Only with the feature `fuzzing`.

use super::claim::Claim;
use super::presigned::Presigned;
use super::version2::Version2;
use super::{SKEW_S, time};

/// 2026-11-21T10:00:00Z.
const NOW_S: i64 = 1_795_255_200;

/// The first second that cannot be written.
const END_S: i64 = 253_402_300_800;

/// A week, as long as a link may be good for.
const WEEK_S: i64 = 7 * 86_400;

/// Takes an `Authorization` header apart: what it claims is in it, and the scope is what follows the access key.
pub(crate) fn claim(header: &str) {
    match Claim::parse(header) {
        Ok(claim) => {
            let credential = format!("{}/{}", claim.access_key, claim.scope);
            assert!(header.contains(&credential), "{credential} is not in {header}");
            let scope = format!("{}/{}/{}/", claim.day, claim.region, claim.service);
            assert!(claim.scope.starts_with(&scope), "{header}");
        }
        Err(failure) => assert!(!failure.message.is_empty()),
    }
}

/// Reads the signature in a query: no link is good for more than a week, or long before it was made.
pub(crate) fn link(query: &str) {
    if let Some(presigned) = Presigned::of(query)
        && let Ok(claim) = presigned.claim()
        && presigned.check_time(&claim, NOW_S).is_ok()
    {
        let made_s = time::parse(&presigned.time).unwrap_or(i64::MIN);
        assert!((NOW_S - WEEK_S..=NOW_S + SKEW_S).contains(&made_s), "{query}");
    }
    if let Some(link) = Version2::of(query) {
        let _ = link.check_time(NOW_S);
    }
    if let Some(seconds) = time::parse(query).filter(|seconds| *seconds < END_S) {
        assert_eq!(time::parse(&time::format(seconds)), Some(seconds), "{query}");
    }
}
