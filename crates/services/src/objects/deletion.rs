//! Deleting objects, changing what is recorded of one, and finding the files that records name.

use super::bucket::guarded;
use super::files::FileId;
use super::multipart::StoredPart;
use super::object::{parsed, stored};
use super::writer::{Address, Condition};
use super::{Attributes, BucketName, Change, Object, ObjectKey, Objects, ObjectsError};
use std::collections::HashSet;
use store::{Range, Snapshot, Store};

impl Objects {
    /// Deletes an object; whether there was one.
    ///
    /// # Errors
    /// As [`Objects::bucket`]; [`ObjectsError::PreconditionFailed`].
    pub async fn delete(&self, at: Address<'_>, condition: Condition) -> Result<bool, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let keys = vec![self.inner.keys.bucket(at.bucket), self.inner.keys.object(bucket, at.key)];
        Ok(self.clone().commit_delete(keys, bucket, condition).await? > 0)
    }

    /// Deletes objects, all at once.
    ///
    /// # Errors
    /// As [`Objects::bucket`].
    pub async fn delete_all(
        &self,
        bucket: &BucketName,
        account: &str,
        objects: &[ObjectKey],
    ) -> Result<(), ObjectsError> {
        let id = self.bucket(bucket, account)?.id;
        let unique: HashSet<&ObjectKey> = objects.iter().collect();
        let mut keys = vec![self.inner.keys.bucket(bucket)];
        keys.extend(unique.into_iter().map(|key| self.inner.keys.object(id, key)));
        self.clone().commit_delete(keys, id, Condition::default()).await.map(drop)
    }

    async fn commit_delete(
        self,
        keys: Vec<store::Key>,
        bucket: u64,
        condition: Condition,
    ) -> Result<usize, ObjectsError> {
        let objects: Vec<store::Key> = keys[1..].to_vec();
        let deleting = async move {
            let change = Change::new(keys, move |old, _| {
                guarded(old[0].as_ref(), bucket)?;
                let (mut writes, mut files, mut count) = (Vec::new(), Vec::new(), 0);
                for (key, old) in objects.iter().zip(&old[1..]) {
                    let object: Option<Object> = old.as_ref().map(|old| parsed(&old.value)).transpose()?;
                    condition.check(object.as_ref())?;
                    if let Some(object) = object {
                        writes.push((key.clone(), None));
                        files.extend(object.pieces.files());
                        count += 1;
                    }
                }
                Ok((writes, (files, count)))
            });
            let (files, count) = change.run(&self.inner.runner).await?;
            self.inner.files.delete(files);
            Ok(count)
        };
        // The files are to go even if nobody waits for the answer.
        environment::settled(deleting).await
    }

    /// Changes what is said of an object, and not when it was made.
    ///
    /// # Errors
    /// As [`Objects::object`].
    pub async fn describe(
        &self,
        at: Address<'_>,
        change: impl Fn(&mut Attributes) + Send + 'static,
    ) -> Result<(), ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let key = self.inner.keys.object(bucket, at.key);
        let change = Change::new(vec![key.clone()], move |old, _| {
            let old = old[0].as_ref().ok_or(ObjectsError::NoSuchKey)?;
            let mut object: Object = parsed(&old.value)?;
            change(&mut object.attributes);
            let writes = vec![(key.clone(), Some(stored(&object)?))];
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await
    }

    /// The files that records name.
    pub(super) fn named_files(&self) -> Result<HashSet<FileId>, ObjectsError> {
        let mut named = HashSet::new();
        self.each(&self.inner.keys.all_objects(), |object: Object| named.extend(object.pieces.files()))?;
        self.each(&self.inner.keys.all_parts(), |part: StoredPart| named.extend(part.file))?;
        Ok(named)
    }

    fn each<T: serde::de::DeserializeOwned>(
        &self,
        range: &Range,
        mut each: impl FnMut(T),
    ) -> Result<(), ObjectsError> {
        let mut failure = None;
        self.store().snapshot().range(range, &mut |_, value| match parsed(&value.value) {
            Ok(record) => {
                each(record);
                true
            }
            Err(error) => {
                failure = Some(error);
                false
            }
        })?;
        failure.map_or(Ok(()), Err)
    }
}
