//! Buckets: names that all accounts share, each of one account.

use super::object::{parsed, stored};
use super::{Change, Objects, ObjectsError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use store::{Snapshot, Store};

/// The name of a bucket: 3 to 63 small letters, digits, dots and hyphens, as S3 has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

/// This is no name for a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The specified bucket is not valid.")]
pub struct InvalidBucketName;

/// How no bucket's name may begin or end.
const RESERVED_STARTS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    /// This name.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(name: &str) -> Result<Self, InvalidBucketName> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = name.as_bytes();
        let well_formed = (3..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| is_letter(*byte) || matches!(byte, b'.' | b'-'))
            && bytes.first().is_some_and(|byte| is_letter(*byte))
            && bytes.last().is_some_and(|byte| is_letter(*byte))
            && !name.contains("..")
            && name.parse::<Ipv4Addr>().is_err()
            && !RESERVED_STARTS.iter().any(|start| name.starts_with(start))
            && !RESERVED_ENDS.iter().any(|end| name.ends_with(end));
        if well_formed { Ok(Self(name.to_owned())) } else { Err(InvalidBucketName) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What its records are kept under. A bucket that is deleted and made again has another one.
    pub(super) id: u64,
    /// Whose it is.
    pub account: String,
    /// Where it would be.
    pub region: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: u64,
    /// What was set of it, by the name of the subresource, as it was sent. Empty: deleted, where a new bucket has one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl Bucket {
    fn new(id: u64, name: &BucketName, account: &str, region: &str, created_ms: u64) -> Self {
        Self {
            name: name.to_string(),
            id,
            account: account.to_owned(),
            region: region.to_owned(),
            created_ms,
            settings: BTreeMap::new(),
        }
    }
}

impl Objects {
    /// Makes a bucket.
    ///
    /// # Errors
    /// [`ObjectsError::BucketAlreadyExists`], [`ObjectsError::BucketAlreadyOwnedByYou`].
    pub async fn create_bucket(
        &self,
        name: &BucketName,
        account: &str,
        region: &str,
    ) -> Result<Bucket, ObjectsError> {
        let key = self.inner.keys.bucket(name);
        let id = self.inner.environment.random.next_u64();
        let (name, account, region) = (name.clone(), account.to_owned(), region.to_owned());
        let change = Change::new(vec![key.clone()], move |old, now_ms| {
            if let Some(old) = &old[0] {
                let old: Bucket = parsed(&old.value)?;
                return Err(match old.account == account {
                    true => ObjectsError::BucketAlreadyOwnedByYou,
                    false => ObjectsError::BucketAlreadyExists,
                });
            }
            let bucket = Bucket::new(id, &name, &account, &region, now_ms);
            let writes = vec![(key.clone(), Some(stored(&bucket)?))];
            Ok((writes, bucket))
        });
        change.run(&self.inner.runner).await
    }

    /// The bucket of this name, for this account.
    ///
    /// # Errors
    /// [`ObjectsError::NoSuchBucket`], [`ObjectsError::AccessDenied`].
    pub fn bucket(&self, name: &BucketName, account: &str) -> Result<Bucket, ObjectsError> {
        let stored = self.store().snapshot().get(&self.inner.keys.bucket(name))?;
        let bucket: Bucket = parsed(&stored.ok_or(ObjectsError::NoSuchBucket)?.value)?;
        if bucket.account == account || self.inner.shared {
            Ok(bucket)
        } else {
            Err(ObjectsError::AccessDenied)
        }
    }

    /// The buckets of this account, by name.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn buckets(&self, account: &str) -> Result<Vec<Bucket>, ObjectsError> {
        let mut buckets = Vec::new();
        self.store().snapshot().range(&self.inner.keys.buckets(), &mut |_, stored| {
            buckets.push(parsed::<Bucket>(&stored.value));
            true
        })?;
        let mut buckets = buckets.into_iter().collect::<Result<Vec<_>, _>>()?;
        buckets.retain(|bucket| bucket.account == account || self.inner.shared);
        Ok(buckets)
    }

    /// Sets a subresource of a bucket, to what was sent, or back to how it was when the bucket was made.
    ///
    /// # Errors
    /// As [`Objects::bucket`].
    pub async fn set_bucket(
        &self,
        name: &BucketName,
        account: &str,
        subresource: &str,
        value: Option<String>,
    ) -> Result<(), ObjectsError> {
        let id = self.bucket(name, account)?.id;
        let key = self.inner.keys.bucket(name);
        let subresource = subresource.to_owned();
        let change = Change::new(vec![key.clone()], move |old, _| {
            let mut bucket = guarded(old[0].as_ref(), id)?;
            match &value {
                Some(value) => bucket.settings.insert(subresource.clone(), value.clone()),
                None => bucket.settings.remove(&subresource),
            };
            let writes = vec![(key.clone(), Some(stored(&bucket)?))];
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await
    }

    /// Deletes a bucket in which there is no object. What was uploaded of objects that were never completed goes too.
    ///
    /// # Errors
    /// As [`Objects::bucket`]; [`ObjectsError::BucketNotEmpty`].
    pub async fn delete_bucket(&self, name: &BucketName, account: &str) -> Result<(), ObjectsError> {
        let (store, name, account) = (self.clone(), name.clone(), account.to_owned());
        // Whether or not anybody waits for the answer, so that nobody makes an object in it meanwhile, and all files go.
        environment::settled(async move {
            let _alone = store.inner.buckets.write().await;
            let id = store.bucket(&name, &account)?.id;
            if store.has_objects(id)? {
                return Err(ObjectsError::BucketNotEmpty);
            }
            store.abort_all(id).await?;
            let key = store.inner.keys.bucket(&name);
            let change = Change::new(vec![key.clone()], move |old, _| {
                guarded(old[0].as_ref(), id)?;
                Ok((vec![(key.clone(), None)], ()))
            });
            change.run(&store.inner.runner).await
        })
        .await
    }
}

/// The bucket as it is now, where it is still the one of this id.
pub(super) fn guarded(stored: Option<&store::Versioned>, id: u64) -> Result<Bucket, ObjectsError> {
    let bucket: Bucket = parsed(&stored.ok_or(ObjectsError::NoSuchBucket)?.value)?;
    if bucket.id == id { Ok(bucket) } else { Err(ObjectsError::NoSuchBucket) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_s3_takes() {
        for name in ["abc", "my-bucket", "my.bucket.1", "0ab", &"a".repeat(63)] {
            assert!(BucketName::new(name).is_ok(), "{name}");
        }
        let wrong = [
            "",
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "a..b",
            "192.168.0.1",
            "xn--abc",
            "abc-s3alias",
            "a/b",
            "../x",
            &"a".repeat(64),
        ];
        for name in wrong {
            assert_eq!(BucketName::new(name), Err(InvalidBucketName), "{name}");
        }
    }
}
