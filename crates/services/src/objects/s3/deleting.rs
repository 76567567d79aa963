//! DeleteObject and DeleteObjects.

use super::call::{Call, answer, empty, unquoted};
use super::failure::Failure;
use super::xml::{Node, Writer};
use crate::objects::{Condition, ObjectKey, ObjectsError};
use server::StreamAnswer;

/// The most objects that one request deletes.
const OBJECTS_MAX: usize = 1_000;

impl Call {
    /// DeleteObject.
    pub(super) async fn delete_object(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let matches = self.header("if-match").map(|etag| unquoted(etag).to_owned());
        let deleted = self.objects.delete(self.address()?, Condition { absent: false, matches }).await;
        deleted.map_err(|error| self.failure(error))?;
        Ok(empty(204))
    }

    /// DeleteObjects.
    pub(super) async fn delete_objects(mut self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let request = self.xml("Delete").await?;
        let asked: Vec<&Node> = request.all("Object").collect();
        if asked.is_empty() || asked.len() > OBJECTS_MAX {
            return Err(Failure::malformed_xml());
        }
        let quiet = request.value("Quiet").is_some_and(|quiet| quiet.eq_ignore_ascii_case("true"));
        let (mut keys, mut failures) = (Vec::new(), Vec::new());
        for object in asked {
            // Of a key, spaces around are part.
            let key = &object.child("Key").ok_or_else(Failure::malformed_xml)?.text;
            match deletable(object, key) {
                Ok(key) => keys.push(key),
                Err(failure) => failures.push((key.clone(), failure)),
            }
        }
        let deleted = self.objects.delete_all(self.name()?, self.account(), &keys).await;
        deleted.map_err(|error| self.failure(error))?;
        let mut xml = Writer::new("DeleteResult");
        for key in keys.iter().filter(|_| !quiet) {
            xml.open("Deleted").element("Key", key.as_str()).close();
        }
        for (key, failure) in &failures {
            xml.open("Error").element("Key", key).element("Code", &failure.code);
            xml.element("Message", &failure.message).close();
        }
        Ok(answer(xml))
    }
}

/// The key of an object that can be deleted as asked.
fn deletable(object: &Node, key: &str) -> Result<ObjectKey, Failure> {
    match object.value("VersionId") {
        None | Some("" | "null") => {}
        Some(_) => return Err(Failure::new(404, "NoSuchVersion", "The specified version does not exist.")),
    }
    if ["ETag", "LastModifiedTime", "Size"].iter().any(|name| object.child(name).is_some()) {
        return Err(Failure::not_implemented("a condition on one of several objects"));
    }
    ObjectKey::new(key).map_err(|_| ObjectsError::NoSuchKey.into())
}
