//! Tags of objects.

use super::call::{Call, answer, empty};
use super::failure::Failure;
use super::uri::Query;
use super::xml::{Node, Writer};
use server::StreamAnswer;
use std::collections::HashSet;

/// The most tags of an object, and of a bucket.
const OBJECT_TAGS_MAX: usize = 10;
const BUCKET_TAGS_MAX: usize = 50;

/// The longest key and the longest value, in characters.
const KEY_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

/// Tags.
type Tags = Vec<(String, String)>;

/// Tags in the form of a query.
pub(super) fn from_query(text: &str) -> Result<Tags, Failure> {
    let invalid = || {
        Failure::invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
             name duplicates.",
        )
    };
    let query = Query::parse(text).map_err(|_| invalid())?;
    checked(query.pairs().to_vec(), OBJECT_TAGS_MAX)
}

/// The tags of a bucket.
pub(super) fn of_bucket(tagging: &Node) -> Result<Tags, Failure> {
    from_xml(tagging, BUCKET_TAGS_MAX)
}

fn from_xml(tagging: &Node, most: usize) -> Result<Tags, Failure> {
    let set = tagging.child("TagSet").ok_or_else(Failure::malformed_xml)?;
    let tag = |tag: &Node| {
        let text = |name| tag.child(name).map(|child| child.text.clone()).ok_or_else(Failure::malformed_xml);
        Ok((text("Key")?, text("Value")?))
    };
    let tags: Result<Tags, Failure> = set.all("Tag").map(tag).collect();
    checked(tags?, most)
}

fn checked(tags: Tags, most: usize) -> Result<Tags, Failure> {
    if tags.len() > most {
        let message = format!("Object tags cannot be greater than {most}");
        return Err(Failure::new(400, "BadRequest", message));
    }
    let mut keys = HashSet::new();
    for (key, value) in &tags {
        let invalid = |message: &'static str| Failure::new(400, "InvalidTag", message);
        if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
        if key.starts_with("aws:") {
            return Err(invalid("System tags cannot be added/updated by requester"));
        }
        if !keys.insert(key) {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}

impl Call {
    /// GetObjectTagging.
    pub(super) fn get_object_tagging(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let object = self.objects.object(self.address()?).map_err(|error| self.failure(error))?;
        let mut xml = Writer::new("Tagging");
        xml.open("TagSet");
        for (key, value) in &object.attributes.tags {
            xml.open("Tag").element("Key", key).element("Value", value).close();
        }
        Ok(answer(xml))
    }

    /// PutObjectTagging.
    pub(super) async fn put_object_tagging(mut self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let tags = from_xml(&self.xml("Tagging").await?, OBJECT_TAGS_MAX)?;
        self.set_tags(tags).await?;
        Ok(empty(200))
    }

    /// DeleteObjectTagging.
    pub(super) async fn delete_object_tagging(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        self.set_tags(Tags::new()).await?;
        Ok(empty(204))
    }

    async fn set_tags(&self, tags: Tags) -> Result<(), Failure> {
        let set = self.objects.describe(self.address()?, move |attributes| attributes.tags.clone_from(&tags));
        set.await.map_err(|error| self.failure(error))
    }
}
