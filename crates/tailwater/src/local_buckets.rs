//! The server's own buckets as exports and imports see them.

use bytes::Bytes;
use database::objects::{self, Answer, Bucket, Listed, ObjectError, ObjectReader, ObjectWriter};
use services::objects::{
    Address, Attributes, BucketName, Condition, Entry, Listing, ObjectKey, Objects, ObjectsError, Reader,
    Writer,
};
use std::ops::Bound;

/// How many objects are listed at a time.
const PAGE_OBJECTS: usize = 1_000;

/// The buckets of the server's object store.
#[derive(Clone, Debug)]
pub(crate) struct LocalBuckets(pub(crate) Objects);

/// Where an object is, and who asks for it.
#[derive(Clone, Debug)]
struct Place {
    account: String,
    bucket: BucketName,
    key: ObjectKey,
}

impl Place {
    fn of(bucket: Bucket<'_>, key: &str) -> Result<Self, ObjectError> {
        Ok(Self {
            account: bucket.account.to_owned(),
            bucket: name(bucket)?,
            key: ObjectKey::new(key).map_err(|error| ObjectError::Failed(error.to_string()))?,
        })
    }

    fn address(&self) -> Address<'_> {
        Address { account: &self.account, bucket: &self.bucket, key: &self.key }
    }
}

/// A name that no bucket can have is that of none.
fn name(bucket: Bucket<'_>) -> Result<BucketName, ObjectError> {
    BucketName::new(bucket.name).map_err(|_| ObjectError::NoSuchBucket)
}

fn failed(error: &ObjectsError) -> ObjectError {
    match error {
        ObjectsError::NoSuchBucket => ObjectError::NoSuchBucket,
        ObjectsError::NoSuchKey => ObjectError::NoSuchKey("it is gone".into()),
        ObjectsError::AccessDenied => ObjectError::AccessDenied("the bucket is another account's".into()),
        other => ObjectError::Failed(other.to_string()),
    }
}

impl objects::Objects for LocalBuckets {
    fn create<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        Box::pin(async move {
            let place = Place::of(bucket, key)?;
            // Told now, and not when all is written.
            self.0.bucket(&place.bucket, &place.account).map_err(|error| failed(&error))?;
            let writing = Writing { objects: self.0.clone(), place, writer: self.0.create(None) };
            Ok(Box::new(writing) as Box<dyn ObjectWriter>)
        })
    }

    fn open<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectReader>> {
        Box::pin(async move {
            let place = Place::of(bucket, key)?;
            let (_, reader) = self.0.open_object(place.address()).map_err(|error| failed(&error))?;
            Ok(Box::new(Reading(reader)) as Box<dyn ObjectReader>)
        })
    }

    fn list<'a>(&'a self, bucket: Bucket<'a>, prefix: &'a str, limit: usize) -> Answer<'a, Vec<Listed>> {
        Box::pin(async move {
            let (name, mut listed) = (name(bucket)?, Vec::new());
            let mut from = Some(Bound::Unbounded);
            while let Some(start) = from.take().filter(|_| listed.len() < limit) {
                let count = PAGE_OBJECTS.min(limit - listed.len());
                let listing = Listing { prefix: prefix.to_owned(), delimiter: None, from: start, count };
                let page = self.0.list(&name, bucket.account, &listing).map_err(|error| failed(&error))?;
                for entry in page.entries {
                    if let Entry::Object(key, object) = entry {
                        listed.push(Listed { key, bytes: object.size });
                    }
                }
                from = page.next;
                environment::yield_now().await;
            }
            Ok(listed)
        })
    }
}

struct Writing {
    objects: Objects,
    place: Place,
    writer: Writer,
}

impl ObjectWriter for Writing {
    fn write(&mut self, piece: Bytes) -> Answer<'_, ()> {
        Box::pin(async move { self.writer.write(piece).await.map_err(|error| failed(&error)) })
    }

    fn finish(self: Box<Self>) -> Answer<'static, Option<String>> {
        Box::pin(async move {
            let Self { objects, place, writer } = *self;
            let written = writer.finish().await.map_err(|error| failed(&error))?;
            let attributes = Attributes::content_type(content_type(place.key.as_str()));
            let put = objects.put(place.address(), written, attributes, Condition::default());
            let object = put.await.map_err(|error| failed(&error))?;
            Ok(Some(object.etag))
        })
    }
}

fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.') {
        Some((_, "json")) => "application/json",
        Some((_, "gz")) => "application/gzip",
        _ => "binary/octet-stream",
    }
}

struct Reading(Reader);

impl ObjectReader for Reading {
    fn read(&mut self) -> Answer<'_, Option<Bytes>> {
        Box::pin(async move { self.0.next().await.map_err(|error| ObjectError::Failed(error.to_string())) })
    }
}
