//! `AWS::IAM::Role`.

use super::handler::{Done, Handler, Place, differs, document, made, text, texts};
use super::shape::{Member, Shape, TAGS, TEXTS, may, must};
use super::{Made, tags};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The type.
pub(super) struct Role;

impl Handler for Role {
    const TYPE: &'static str = "AWS::IAM::Role";

    const PROPERTIES: &'static [Member] = &[
        must("AssumeRolePolicyDocument", Shape::Json),
        may("Description", Shape::Text),
        may("ManagedPolicyArns", TEXTS),
        may("MaxSessionDuration", Shape::Integer),
        may("Path", Shape::Text),
        may("PermissionsBoundary", Shape::Text),
        may(
            "Policies",
            Shape::List(&Shape::Structure(&[
                must("PolicyDocument", Shape::Json),
                must("PolicyName", Shape::Text),
            ])),
        ),
        may("RoleName", Shape::Text),
        may("Tags", TAGS),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let trust = document(&properties["AssumeRolePolicyDocument"]);
        let session = properties.get("MaxSessionDuration").map(document);
        let mut members = vec![("RoleName", name), ("AssumeRolePolicyDocument", trust.as_str())];
        for optional in ["Description", "Path", "PermissionsBoundary"] {
            members.extend(properties[optional].as_str().map(|text| (optional, text)));
        }
        members.extend(session.as_deref().map(|seconds| ("MaxSessionDuration", seconds)));
        let tags = tags::members(&tags::wanted(place.scope, properties));
        members.extend(tags.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        place.roles("CreateRole", &members).await?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        policies(place, id, &json!({}), properties).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        if differs(before, after, "AssumeRolePolicyDocument") {
            let trust = document(&after["AssumeRolePolicyDocument"]);
            let members = [("RoleName", id), ("PolicyDocument", trust.as_str())];
            place.roles("UpdateAssumeRolePolicy", &members).await?;
        }
        if differs(before, after, "Description") || differs(before, after, "MaxSessionDuration") {
            let session = after.get("MaxSessionDuration").map_or_else(|| "3600".to_owned(), document);
            let description = text(after, "Description");
            let members = [("RoleName", id), ("Description", description), ("MaxSessionDuration", &session)];
            place.roles("UpdateRole", &members).await?;
        }
        if differs(before, after, "PermissionsBoundary") {
            match after["PermissionsBoundary"].as_str() {
                Some(arn) => {
                    let members = [("RoleName", id), ("PermissionsBoundary", arn)];
                    place.roles("PutRolePermissionsBoundary", &members).await?;
                }
                None => drop(place.roles("DeleteRolePermissionsBoundary", &[("RoleName", id)]).await?),
            }
        }
        policies(place, id, before, after).await?;
        retag(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        policies(place, id, properties, &json!({})).await?;
        place.roles("DeleteRole", &[("RoleName", id)]).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let shown = place.roles("GetRole", &[("RoleName", id)]).await?;
        let value =
            |name| shown.child("Role").and_then(|role| role.value(name)).unwrap_or_default().to_owned();
        Ok(made(id, [("Arn", value("Arn")), ("RoleId", value("RoleId"))]))
    }
}

/// Puts and deletes policies within the role, attaches and detaches managed ones.
async fn policies(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let (was, now) = (texts(before, "ManagedPolicyArns"), texts(after, "ManagedPolicyArns"));
    for arn in was.iter().filter(|arn| !now.contains(arn)) {
        detach(place, id, arn).await?;
    }
    for arn in now.iter().filter(|arn| !was.contains(arn)) {
        attach(place, id, arn).await?;
    }
    let (was, now) = (within(before), within(after));
    for name in was.keys().filter(|name| !now.contains_key(*name)) {
        delete_policy(place, id, name).await?;
    }
    for (name, policy) in now.iter().filter(|(name, policy)| was.get(*name) != Some(*policy)) {
        put_policy(place, id, (name, policy)).await?;
    }
    Ok(())
}

/// The policies within a role, by their names.
fn within(properties: &Json) -> BTreeMap<&str, String> {
    let list = properties["Policies"].as_array().into_iter().flatten();
    list.map(|policy| (text(policy, "PolicyName"), document(&policy["PolicyDocument"]))).collect()
}

pub(super) async fn attach(place: Place<'_>, role: &str, arn: &str) -> Done<()> {
    place.roles("AttachRolePolicy", &[("RoleName", role), ("PolicyArn", arn)]).await.map(drop)
}

/// Detaches a policy, where both are there and it is attached.
pub(super) async fn detach(place: Place<'_>, role: &str, arn: &str) -> Done<()> {
    match place.roles("DetachRolePolicy", &[("RoleName", role), ("PolicyArn", arn)]).await {
        Err(refusal) if refusal.is_missing() => Ok(()),
        done => done.map(drop),
    }
}

pub(super) async fn put_policy(place: Place<'_>, role: &str, (name, policy): (&str, &str)) -> Done<()> {
    let members = [("RoleName", role), ("PolicyName", name), ("PolicyDocument", policy)];
    place.roles("PutRolePolicy", &members).await.map(drop)
}

/// Deletes a policy within a role, where both are there.
pub(super) async fn delete_policy(place: Place<'_>, role: &str, name: &str) -> Done<()> {
    match place.roles("DeleteRolePolicy", &[("RoleName", role), ("PolicyName", name)]).await {
        Err(refusal) if refusal.is_missing() => Ok(()),
        done => done.map(drop),
    }
}

async fn retag(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let change = tags::Change::new(place, before, after);
    let requests =
        [("UntagRole", tags::key_members(&change.removed)), ("TagRole", tags::members(&change.set))];
    for (operation, members) in requests.iter().filter(|(_, members)| !members.is_empty()) {
        let members = members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let members: Vec<_> = std::iter::once(("RoleName", id)).chain(members).collect();
        place.roles(operation, &members).await?;
    }
    Ok(())
}
