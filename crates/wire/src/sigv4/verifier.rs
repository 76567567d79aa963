//! Checking a signature.

use super::authorization::ALGORITHM;
use super::canonical::{canonical_request, hex, sha256_hex};
use super::{Authorization, Credential, Form, Refusal, Signed, date};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// How far a signature's time may be from ours.
const SKEW_S: i64 = 5 * 60;

/// How many signing keys are kept: more than a day's regions and services.
const CACHE_SIZE: usize = 32;

type SigningKey = [u8; 32];

/// Checks signatures and keeps the signing keys that it needed.
#[derive(Default)]
pub struct Verifier {
    cache: Mutex<Vec<Cached>>,
}

struct Cached {
    secret: String,
    date: String,
    region: String,
    service: String,
    key: SigningKey,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier that has seen no signature.
    pub fn new() -> Verifier {
        Verifier::default()
    }

    /// Checks a request's signature. `secret` gives the secret of an access key; `now_ms` is the time of the
    /// machine, since the epoch.
    pub fn verify<'s>(
        &self,
        request: &Signed<'_>,
        secret: impl FnOnce(&str) -> Option<&'s str>,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        let authorization = Authorization::of(request)?;
        let secret = secret(&authorization.credential.access_key).ok_or(Refusal::UnknownKey)?;
        check_time(&authorization, (now_ms / 1000) as i64)?;
        let canonical = canonical_request(request, &authorization).ok_or(Refusal::Mismatch)?;
        let key = self.signing_key(secret, &authorization.credential);
        let expected = signature(&key, &authorization, &canonical);
        let same: bool = expected.as_bytes().ct_eq(authorization.signature.as_bytes()).into();
        if same { Ok(()) } else { Err(Refusal::Mismatch) }
    }

    fn signing_key(&self, secret: &str, credential: &Credential<'_>) -> SigningKey {
        // A panic while the lock was held cannot have left a wrong key.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cache.iter().find(|cached| {
            cached.date == credential.date
                && cached.region == credential.region
                && cached.service == credential.service
                && bool::from(cached.secret.as_bytes().ct_eq(secret.as_bytes()))
        });
        if let Some(cached) = found {
            return cached.key;
        }
        let key = derive_key(secret, credential);
        if cache.len() == CACHE_SIZE {
            cache.remove(0);
        }
        cache.push(Cached {
            secret: secret.to_owned(),
            date: credential.date.clone().into_owned(),
            region: credential.region.clone().into_owned(),
            service: credential.service.clone().into_owned(),
            key,
        });
        key
    }
}

#[cfg(test)]
impl Verifier {
    pub(super) fn signing_key_for_test(&self, credential: &Credential<'_>) -> SigningKey {
        self.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", credential)
    }

    pub(super) fn cached_for_test(&self) -> usize {
        self.cache.lock().unwrap().len()
    }
}

/// The signature that a request with this authorization should carry; `None` if a signed header is missing.
/// What clients do; here for tests and for tools that send requests.
pub fn sign(request: &Signed<'_>, authorization: &Authorization<'_>, secret: &str) -> Option<String> {
    let canonical = canonical_request(request, authorization)?;
    Some(signature(&derive_key(secret, &authorization.credential), authorization, &canonical))
}

fn check_time(authorization: &Authorization<'_>, now_s: i64) -> Result<(), Refusal> {
    let (time, scope) = (&authorization.time, &authorization.credential.date);
    let Some(signed_s) = date::parse(time) else {
        return Err(Refusal::Incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{time}'.")));
    };
    if time.get(..8) != Some(scope) {
        let day = time.get(..8).unwrap_or_default();
        return Err(Refusal::Time(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != \
             '{day}', from '{time}'."
        )));
    }
    let (lifetime_s, now) = match authorization.form {
        Form::Header => (SKEW_S, date::format(now_s)),
        Form::Query { expires_s } => (expires_s.min(604_800) as i64, date::format(now_s)),
    };
    if signed_s + lifetime_s < now_s {
        let (earliest, minutes) = (date::format(now_s - lifetime_s), lifetime_s / 60);
        return Err(Refusal::Time(format!(
            "Signature expired: {time} is now earlier than {earliest} ({now} - {minutes} min.)"
        )));
    }
    if signed_s > now_s + SKEW_S {
        let latest = date::format(now_s + SKEW_S);
        return Err(Refusal::Time(format!(
            "Signature not yet current: {time} is still later than {latest} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

fn signature(key: &SigningKey, authorization: &Authorization<'_>, canonical: &str) -> String {
    let Credential { date, region, service, .. } = &authorization.credential;
    let hash = sha256_hex(canonical.as_bytes());
    let time = &authorization.time;
    let text = format!("{ALGORITHM}\n{time}\n{date}/{region}/{service}/aws4_request\n{hash}");
    hex(&hmac(key, text.as_bytes()))
}

pub(super) fn derive_key(secret: &str, credential: &Credential<'_>) -> SigningKey {
    let date_key = hmac(format!("AWS4{secret}").as_bytes(), credential.date.as_bytes());
    let region_key = hmac(&date_key, credential.region.as_bytes());
    let service_key = hmac(&region_key, credential.service.as_bytes());
    hmac(&service_key, b"aws4_request")
}

fn hmac(key: &[u8], message: &[u8]) -> SigningKey {
    // HMAC takes a key of any length, so there is no failure to answer.
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => [0; 32],
    }
}
