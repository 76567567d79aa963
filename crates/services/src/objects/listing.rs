//! Listing a bucket: its objects in the order of their keys, those below a delimiter as one.

use super::keys::object_key;
use super::object::parsed;
use super::{BucketName, Object, Objects, ObjectsError};
use std::ops::Bound;
use store::{Snapshot, Store};

/// What to list.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Only keys that begin so.
    pub prefix: String,
    /// What ends the part of a key, after the prefix, by which keys are taken together.
    pub delimiter: Option<String>,
    /// Only from here on.
    pub from: Bound<String>,
    /// At most so many, keys that are taken together counted once.
    pub count: usize,
}

/// One of what is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An object, with its key.
    Object(String, Box<Object>),
    /// Keys that begin so, and with the delimiter at its end.
    Prefix(String),
}

/// What is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In order.
    pub entries: Vec<Entry>,
    /// Where to go on, where there is more.
    pub next: Option<Bound<String>>,
}

impl Entry {
    /// The key, or what the keys begin with.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Object(name, _) | Self::Prefix(name) => name,
        }
    }

    /// What comes after it.
    fn after(&self) -> Bound<String> {
        match self {
            Self::Object(key, _) => Bound::Excluded(key.clone()),
            Self::Prefix(prefix) => past(prefix),
        }
    }
}

/// The place after all keys that begin so. Keys are text, so what follows is the prefix with its last character raised.
fn past(prefix: &str) -> Bound<String> {
    let mut start = prefix.to_owned();
    while let Some(last) = start.pop() {
        let mut next = u32::from(last) + 1;
        if (0xd800..0xe000).contains(&next) {
            next = 0xe000;
        }
        if let Some(next) = char::from_u32(next) {
            start.push(next);
            return Bound::Included(start);
        }
    }
    // Nothing comes after the highest of all characters again and again.
    Bound::Excluded("\u{10ffff}".repeat(1024))
}

impl Listing {
    /// The place after a name that was listed last, a key or what keys are taken together by.
    #[must_use]
    pub fn after(name: &str, prefix: &str, delimiter: Option<&str>) -> Bound<String> {
        let (prefix, delimiter) = (prefix.to_owned(), delimiter.map(str::to_owned));
        let listing = Self { prefix, delimiter, from: Bound::Unbounded, count: 0 };
        let is_prefix = name.starts_with(&listing.prefix) && listing.common(name).as_deref() == Some(name);
        match name {
            "" => Bound::Unbounded,
            _ if is_prefix => past(name),
            _ => Bound::Excluded(name.to_owned()),
        }
    }

    /// What the keys are taken together by that are below the delimiter.
    fn common(&self, key: &str) -> Option<String> {
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
        let rest = key.get(self.prefix.len()..)?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        Some(key[..end].to_owned())
    }
}

impl Objects {
    /// Lists a bucket.
    ///
    /// # Errors
    /// As [`Objects::bucket`].
    pub fn list(&self, bucket: &BucketName, account: &str, listing: &Listing) -> Result<Page, ObjectsError> {
        let bucket = self.bucket(bucket, account)?.id;
        let mut page = Page { entries: Vec::new(), next: None };
        if listing.count == 0 {
            return Ok(page);
        }
        let mut from = listing.from.clone();
        loop {
            let (found, more) = self.list_on(bucket, listing, &from, listing.count - page.entries.len())?;
            page.entries.extend(found);
            let Some(last) = page.entries.last() else { return Ok(page) };
            match more {
                More::None => return Ok(page),
                More::Full => {
                    page.next = Some(last.after());
                    return Ok(page);
                }
                // The last one is a prefix: what it stands for is stepped over.
                More::Beyond => from = last.after(),
            }
        }
    }

    /// Lists on up to the first prefix; answers what was found and whether there is more.
    fn list_on(
        &self,
        bucket: u64,
        listing: &Listing,
        from: &Bound<String>,
        count: usize,
    ) -> Result<(Vec<Entry>, More), ObjectsError> {
        let from = from.as_ref().map(|from| from.as_bytes());
        let range = self.inner.keys.objects(bucket, &listing.prefix, from);
        let (mut found, mut more, mut failure) = (Vec::new(), More::None, None);
        if count == 0 {
            let mut any = false;
            self.store().snapshot().range(&range, &mut |_, _| {
                any = true;
                false
            })?;
            return Ok((found, if any { More::Full } else { More::None }));
        }
        self.store().snapshot().range(&range, &mut |bytes, value| {
            let Some(key) = object_key(bytes) else { return true };
            if found.len() == count {
                more = More::Full;
                return false;
            }
            if let Some(prefix) = listing.common(key) {
                found.push(Entry::Prefix(prefix));
                more = More::Beyond;
                return false;
            }
            match parsed(&value.value) {
                Ok(object) => found.push(Entry::Object(key.to_owned(), Box::new(object))),
                Err(error) => failure = Some(error),
            }
            failure.is_none()
        })?;
        failure.map_or(Ok((found, more)), Err)
    }

    pub(super) fn has_objects(&self, bucket: u64) -> Result<bool, ObjectsError> {
        let range = self.inner.keys.objects(bucket, "", Bound::Unbounded);
        let mut any = false;
        self.store().snapshot().range(&range, &mut |_, _| {
            any = true;
            false
        })?;
        Ok(any)
    }
}

/// Whether there is more to list.
enum More {
    None,
    /// There is, and no more room.
    Full,
    /// There may be, after the prefix that was found last.
    Beyond,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_prefix_is_above_all_that_begin_so() {
        for prefix in ["a/", "a", "\u{d7ff}", "a\u{10ffff}", "\u{7f}", "ä"] {
            let Bound::Included(past) = past(prefix) else { panic!("{prefix:?}") };
            assert!(past.as_str() > format!("{prefix}\u{10ffff}\u{10ffff}").as_str(), "{prefix:?} {past:?}");
        }
        assert_eq!(past("a/"), Bound::Included("a0".into()));
    }
}
