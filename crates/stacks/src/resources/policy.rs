//! `AWS::IAM::Policy` and `AWS::IAM::RolePolicy`: policies within roles.

use super::Made;
use super::handler::{Done, Handler, Place, differs, document, made, text, texts};
use super::refusal::Refusal;
use super::role::{delete_policy, put_policy};
use super::shape::{Member, Shape, TEXTS, may, must, never};
use serde_json::Value as Json;

/// A policy within several roles.
pub(super) struct Policy;

impl Handler for Policy {
    const TYPE: &'static str = "AWS::IAM::Policy";

    const PROPERTIES: &'static [Member] = &[
        never("Groups"),
        must("PolicyDocument", Shape::Json),
        must("PolicyName", Shape::Text),
        may("Roles", TEXTS),
        never("Users"),
    ];

    async fn make(&self, _: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        if texts(properties, "Roles").is_empty() {
            return Err(Refusal::invalid("At least one of [Groups,Roles,Users] must be non-empty."));
        }
        Ok(text(properties, "PolicyName").to_owned())
    }

    async fn finish(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        let policy = document(&properties["PolicyDocument"]);
        for role in texts(properties, "Roles") {
            put_policy(place, role, (text(properties, "PolicyName"), &policy)).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        self.finish(place, id, after).await?;
        let renamed = differs(before, after, "PolicyName");
        let now = texts(after, "Roles");
        for role in texts(before, "Roles").into_iter().filter(|role| renamed || !now.contains(role)) {
            delete_policy(place, role, text(before, "PolicyName")).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        for role in texts(properties, "Roles") {
            delete_policy(place, role, text(properties, "PolicyName")).await?;
        }
        Ok(())
    }

    async fn show(&self, _: Place<'_>, id: &str, properties: &Json) -> Done<Made> {
        let name = text(properties, "PolicyName").to_owned();
        // It may have another name by now, and stays the same resource.
        let reference = (name != id).then_some(name);
        Ok(Made { reference, ..made(id, [("Id", id.to_owned())]) })
    }
}

/// A policy within one role. It is known by its name and the role's, with a `|` between.
pub(super) struct RolePolicy;

impl Handler for RolePolicy {
    const TYPE: &'static str = "AWS::IAM::RolePolicy";

    const PROPERTIES: &'static [Member] =
        &[may("PolicyDocument", Shape::Json), must("PolicyName", Shape::Text), must("RoleName", Shape::Text)];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let (name, role) = (text(properties, "PolicyName"), text(properties, "RoleName"));
        let id = format!("{name}|{role}");
        self.change(place, &id, properties, properties).await?;
        Ok(id)
    }

    async fn change(&self, place: Place<'_>, _: &str, _: &Json, after: &Json) -> Done<()> {
        let policy = document(&after["PolicyDocument"]);
        put_policy(place, text(after, "RoleName"), (text(after, "PolicyName"), &policy)).await
    }

    async fn remove(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        delete_policy(place, text(properties, "RoleName"), text(properties, "PolicyName")).await
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}
