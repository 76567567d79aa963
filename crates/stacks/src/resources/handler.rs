//! What a type of resource has to say, and what holds for all types.

use super::refusal::Refusal;
use super::shape::{self, Member, Unfit};
use super::{Made, Provider, ResourceError, Scope, Services, Work};
use cloudformation::Value;
use serde_json::{Map, Value as Json};
use std::future::Future;
use std::sync::Arc;

/// What a handler answers.
pub(super) type Done<T> = Result<T, Refusal>;

/// Where a handler is: whom it asks, and for which resource.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) services: &'a Services,
    pub(super) scope: &'a Scope,
}

/// A type of resource.
pub(super) trait Handler: Send + Sync {
    /// Its name.
    const TYPE: &'static str;

    /// Its properties.
    const PROPERTIES: &'static [Member];

    /// Makes the resource, and answers what it is known by.
    fn make(
        &self,
        place: Place<'_>,
        name: &str,
        properties: &Json,
    ) -> impl Future<Output = Done<String>> + Send;

    /// What one is known by that was being made under this name when the server ended, and is there now.
    fn found(&self, _: Place<'_>, name: &str, _: &Json) -> impl Future<Output = Done<String>> + Send {
        async move { Ok(name.to_owned()) }
    }

    /// Does what can be done only once it is made. The server may have ended in the middle of that, and it is done again.
    fn finish(&self, _: Place<'_>, _: &str, _: &Json) -> impl Future<Output = Done<()>> + Send {
        async { Ok(()) }
    }

    /// Changes it in place. Of what it was to be before, there is what can be read: an older template may have had what is not
    /// taken now.
    fn change(
        &self,
        place: Place<'_>,
        id: &str,
        before: &Json,
        after: &Json,
    ) -> impl Future<Output = Done<()>> + Send;

    /// Deletes it. That it is not there is no failure.
    fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> impl Future<Output = Done<()>> + Send;

    /// What there is to tell of it.
    fn show(&self, place: Place<'_>, id: &str, properties: &Json) -> impl Future<Output = Done<Made>> + Send;
}

/// A resource that is known by its id, with attributes.
pub(super) fn made<const N: usize>(id: &str, attributes: [(&str, String); N]) -> Made {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value)));
    Made { physical_id: id.to_owned(), reference: None, attributes: attributes.collect() }
}

/// A handler as a provider: properties are read by the table, and what fails half-way is taken back.
pub(super) struct Checked<H> {
    pub(super) services: Arc<Services>,
    pub(super) handler: H,
}

impl<H: Handler> Checked<H> {
    fn place<'a>(&'a self, scope: &'a Scope) -> Place<'a> {
        Place { services: &self.services, scope }
    }

    fn read(scope: &Scope, properties: &Value) -> Result<Json, ResourceError> {
        shape::read(H::PROPERTIES, properties).map_err(|unfit| match unfit {
            Unfit::Wrong(wrong) => ResourceError::Unfit(format!(
                "Properties validation failed for resource {} with message: [{}]",
                scope.logical_id,
                wrong.join(", ")
            )),
            Unfit::Unsupported(property) => {
                ResourceError::Unfit(Refusal::unsupported(&property).told(scope).to_string())
            }
        })
    }

    /// Makes the resource, unless it was made before the server ended.
    async fn begun(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        match self.handler.make(place, name, properties).await {
            Err(refusal) if place.scope.resumed && refusal.is_there_already() => {
                self.handler.found(place, name, properties).await
            }
            made => made,
        }
    }

    async fn completed(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<Made> {
        self.handler.finish(place, id, properties).await?;
        self.handler.show(place, id, properties).await
    }

    async fn removed(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        match self.handler.remove(place, id, properties).await {
            Err(refusal) if refusal.is_missing() => Ok(()),
            done => done,
        }
    }
}

impl<H: Handler> Provider for Checked<H> {
    fn create<'a>(
        &'a self,
        scope: &'a Scope,
        name: Option<&'a str>,
        properties: &'a Value,
    ) -> Work<'a, Made> {
        Box::pin(async move {
            let (place, properties) = (self.place(scope), Self::read(scope, properties)?);
            let id = self.begun(place, name.unwrap_or_default(), &properties).await;
            let id = id.map_err(|refusal| refusal.told(scope))?;
            match self.completed(place, &id, &properties).await {
                Ok(made) => Ok(made),
                Err(refusal) => {
                    if let Err(error) = self.removed(place, &id, &properties).await {
                        tracing::warn!(?error, id, "a resource that failed could not be taken back");
                    }
                    Err(refusal.told(scope))
                }
            }
        })
    }

    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        physical_id: &'a str,
        before: &'a Value,
        after: &'a Value,
    ) -> Work<'a, Made> {
        Box::pin(async move {
            let (place, after) = (self.place(scope), Self::read(scope, after)?);
            let before = shape::readable(H::PROPERTIES, before);
            let changed = async {
                self.handler.change(place, physical_id, &before, &after).await?;
                self.handler.show(place, physical_id, &after).await
            };
            changed.await.map_err(|refusal| refusal.told(scope))
        })
    }

    fn delete<'a>(&'a self, scope: &'a Scope, physical_id: &'a str, properties: &'a Value) -> Work<'a, ()> {
        Box::pin(async move {
            let properties = shape::readable(H::PROPERTIES, properties);
            let removed = self.removed(self.place(scope), physical_id, &properties).await;
            removed.map_err(|refusal| refusal.told(scope))
        })
    }
}

/// The members of these names that are there, as they are.
pub(super) fn picked(properties: &Json, names: &[&str]) -> Map<String, Json> {
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone())));
    given.collect()
}

/// Whether a property is another than it was.
pub(super) fn differs(before: &Json, after: &Json, name: &str) -> bool {
    before.get(name) != after.get(name)
}

/// A text, or nothing.
pub(super) fn text<'a>(properties: &'a Json, name: &str) -> &'a str {
    properties.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A document as text: an object is written, a text is one already.
pub(super) fn document(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list of texts.
pub(super) fn texts<'a>(properties: &'a Json, name: &str) -> Vec<&'a str> {
    let list = properties.get(name).and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str).collect()
}

impl Place<'_> {
    /// An id for what its service does not name: `stack-resource-CHANCE`, with this change's token as the chance.
    pub(super) fn generated_id(&self) -> String {
        let chance: String = self.scope.token.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        format!("{}-{}-{}", self.scope.stack_name, self.scope.logical_id, chance.to_ascii_uppercase())
    }
}
