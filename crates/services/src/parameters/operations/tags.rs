//! AddTagsToResource, RemoveTagsFromResource and ListTagsForResource.

use super::{nothing, texts};
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::parameter::{Owner, Parameter};
use crate::request::Request;
use crate::value::Value;
use std::collections::BTreeMap;

/// How many tags a parameter has at most, and how many a request may name.
const TAGS_MAX: usize = 50;
const NAMED_MAX: usize = 1_000;

/// The tags of a request.
pub(super) fn read(request: &mut Request) -> Result<BTreeMap<String, String>, Failure> {
    let tags = request.list("Tags", (0, NAMED_MAX))?.unwrap_or_default();
    let tags = tags.into_iter().enumerate().map(|(nth, value)| {
        request.within(format!("tags.{}.member", nth + 1), value, |tag| {
            let key = tag.text_of("Key", (1, 128))?;
            let key = tag.required("Key", key);
            let value = tag.text_of("Value", (0, 256))?;
            let value = tag.required("Value", value);
            Ok::<_, Failure>((key.unwrap_or_default(), value.unwrap_or_default()))
        })
    });
    let tags: BTreeMap<_, _> = tags.collect::<Result<_, _>>()?;
    if tags.len() > TAGS_MAX { Err(too_many()) } else { Ok(tags) }
}

fn too_many() -> Failure {
    Failure::new("TooManyTagsError", format!("A parameter can have {TAGS_MAX} tags at most."))
}

impl Parameters {
    pub(super) async fn add_tags(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        let name = resource(&mut request)?;
        let tags = read(&mut request)?;
        request.finish()?;
        let _lock = self.inner.control.lock().await;
        let mut parameter = self.tagged(owner, &name)?;
        parameter.tags.extend(tags);
        if parameter.tags.len() > TAGS_MAX {
            return Err(too_many());
        }
        self.store(parameter).await?;
        Ok(nothing())
    }

    pub(super) async fn remove_tags(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        let name = resource(&mut request)?;
        let keys = request.list("TagKeys", (0, NAMED_MAX))?;
        let keys = request.required("TagKeys", keys);
        request.finish()?;
        let keys = texts("TagKeys", keys.unwrap_or_default())?;
        let _lock = self.inner.control.lock().await;
        let mut parameter = self.tagged(owner, &name)?;
        parameter.tags.retain(|key, _| !keys.contains(key));
        self.store(parameter).await?;
        Ok(nothing())
    }

    pub(super) fn list_tags(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        let name = resource(&mut request)?;
        request.finish()?;
        let tags = self.tagged(owner, &name)?.tags.into_iter();
        let tags = tags
            .map(|(key, value)| Value::structure([("Key", Value::from(key)), ("Value", Value::from(value))]));
        Ok(Value::structure([("TagList", Value::List(tags.collect()))]))
    }

    /// A parameter that is there, and not only always so.
    fn tagged(&self, owner: &Owner, name: &str) -> Result<Parameter, Failure> {
        let found = self.stored(owner, name).map(|found| Parameter::clone(&found));
        found.ok_or_else(|| {
            Failure::new(
                "InvalidResourceId",
                "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
            )
        })
    }
}

/// The name of the parameter that is tagged.
fn resource(request: &mut Request) -> Result<String, Failure> {
    let kind = request.text("ResourceType")?;
    let kind = request.required("ResourceType", kind);
    let name = request.text_of("ResourceId", (1, 1_011))?;
    let name = request.required("ResourceId", name);
    if kind.is_some_and(|kind| kind != "Parameter") {
        let message = "The resource type isn't valid. This server has parameters only.";
        return Err(Failure::new("InvalidResourceType", message));
    }
    Ok(name.unwrap_or_default())
}
