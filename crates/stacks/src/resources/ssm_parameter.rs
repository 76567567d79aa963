//! `AWS::SSM::Parameter`.

use super::handler::{Done, Handler, Place, made, picked, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, may, must, never};
use super::{Made, tags};
use serde_json::{Map, Value as Json, json};

/// The type.
pub(super) struct Parameter;

impl Handler for Parameter {
    const TYPE: &'static str = "AWS::SSM::Parameter";

    const PROPERTIES: &'static [Member] = &[
        may("AllowedPattern", Shape::Text),
        may("DataType", Shape::Text),
        may("Description", Shape::Text),
        may("Name", Shape::Text),
        never("Policies"),
        may("Tags", Shape::Map(&Shape::Text)),
        may("Tier", Shape::Text),
        must("Type", Shape::Text),
        must("Value", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let mut request = request(name, properties)?;
        let tags = tags::wanted(place.scope, properties);
        if !tags.is_empty() {
            request.insert("Tags".to_owned(), tags::list(&tags));
        }
        place.parameters("PutParameter", &Json::Object(request)).await?;
        Ok(name.to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let (was, mut now) = (request(id, before), request(id, after)?);
        if was.as_ref() != Ok(&now) {
            // What is no longer said goes back to what it is where nothing is said.
            for (name, default) in [("AllowedPattern", ""), ("DataType", "text"), ("Description", "")] {
                if before.get(name).is_some() {
                    now.entry(name).or_insert(json!(default));
                }
            }
            now.insert("Overwrite".to_owned(), json!(true));
            place.parameters("PutParameter", &Json::Object(now)).await?;
        }
        let change = tags::Change::new(place, before, after);
        let resource = json!({ "ResourceType": "Parameter", "ResourceId": id });
        if !change.removed.is_empty() {
            let mut request = resource.clone();
            request["TagKeys"] = json!(change.removed);
            place.parameters("RemoveTagsFromResource", &request).await?;
        }
        if !change.set.is_empty() {
            let mut request = resource;
            request["Tags"] = tags::list(&change.set);
            place.parameters("AddTagsToResource", &request).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.parameters("DeleteParameter", &json!({ "Name": id })).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<Made> {
        let path = id.strip_prefix('/').unwrap_or(id);
        let arn = place.arn("ssm", &format!("parameter/{path}"));
        let of = |name: &str| text(properties, name).to_owned();
        Ok(made(id, [("Arn", arn), ("Type", of("Type")), ("Value", of("Value"))]))
    }
}

fn request(name: &str, properties: &Json) -> Done<Map<String, Json>> {
    // CloudFormation would show it in clear.
    if properties["Type"] == "SecureString" {
        return Err(Refusal::invalid(
            "SSM Secure strings are not supported by CloudFormation: Type must be String or StringList",
        ));
    }
    let names = ["AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"];
    let mut request = picked(properties, &names);
    request.insert("Name".to_owned(), json!(name));
    Ok(request)
}
