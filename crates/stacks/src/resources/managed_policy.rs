//! `AWS::IAM::ManagedPolicy`. It is known by its ARN.

use super::Made;
use super::handler::{Done, Handler, Place, differs, document, made, texts};
use super::role::{attach, detach};
use super::shape::{Member, Shape, TEXTS, may, must, never};
use serde_json::Value as Json;
use services::objects::s3::xml::Node;

/// The type.
pub(super) struct ManagedPolicy;

/// The most versions of a policy.
const VERSIONS_MAX: usize = 5;

impl Handler for ManagedPolicy {
    const TYPE: &'static str = "AWS::IAM::ManagedPolicy";

    const PROPERTIES: &'static [Member] = &[
        may("Description", Shape::Text),
        never("Groups"),
        may("ManagedPolicyName", Shape::Text),
        may("Path", Shape::Text),
        must("PolicyDocument", Shape::Json),
        may("Roles", TEXTS),
        never("Users"),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let policy = document(&properties["PolicyDocument"]);
        let mut members = vec![("PolicyName", name), ("PolicyDocument", policy.as_str())];
        for optional in ["Description", "Path"] {
            members.extend(properties[optional].as_str().map(|text| (optional, text)));
        }
        let made = place.roles("CreatePolicy", &members).await?;
        Ok(value(&made, "Arn"))
    }

    async fn found(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let path = properties["Path"].as_str().unwrap_or("/");
        Ok(format!("arn:aws:iam::{}:policy{path}{name}", place.scope.account))
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        for role in texts(properties, "Roles") {
            attach(place, role, id).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        if differs(before, after, "PolicyDocument") {
            let old = versions(place, id).await?;
            if let (true, Some(oldest)) = (old.len() + 1 >= VERSIONS_MAX, old.last()) {
                delete_version(place, id, oldest).await?;
            }
            let policy = document(&after["PolicyDocument"]);
            let members = [("PolicyArn", id), ("PolicyDocument", &policy), ("SetAsDefault", "true")];
            place.roles("CreatePolicyVersion", &members).await?;
        }
        let (was, now) = (texts(before, "Roles"), texts(after, "Roles"));
        for role in was.iter().filter(|role| !now.contains(role)) {
            detach(place, role, id).await?;
        }
        for role in now.iter().filter(|role| !was.contains(role)) {
            attach(place, role, id).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        for role in texts(properties, "Roles") {
            detach(place, role, id).await?;
        }
        for version in versions(place, id).await? {
            delete_version(place, id, &version).await?;
        }
        place.roles("DeletePolicy", &[("PolicyArn", id)]).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let shown = place.roles("GetPolicy", &[("PolicyArn", id)]).await?;
        let names = [
            "AttachmentCount",
            "CreateDate",
            "DefaultVersionId",
            "IsAttachable",
            "PermissionsBoundaryUsageCount",
            "PolicyId",
            "UpdateDate",
        ];
        let mut made = made(id, names.map(|name| (name, value(&shown, name))));
        made.attributes.insert("PolicyArn".to_owned(), cloudformation::Value::string(id));
        Ok(made)
    }
}

/// A member of the policy in an answer.
fn value(answer: &Node, name: &str) -> String {
    answer.child("Policy").and_then(|policy| policy.value(name)).unwrap_or_default().to_owned()
}

/// The versions of a policy that are not in force, the newest first.
async fn versions(place: Place<'_>, arn: &str) -> Done<Vec<String>> {
    let listed = place.roles("ListPolicyVersions", &[("PolicyArn", arn)]).await?;
    let all = listed.child("Versions").map(|list| list.children.as_slice()).unwrap_or_default();
    let old = all.iter().filter(|version| version.value("IsDefaultVersion") != Some("true"));
    let mut old: Vec<String> =
        old.filter_map(|version| version.value("VersionId").map(ToOwned::to_owned)).collect();
    let number = |id: &String| id.trim_start_matches('v').parse::<u64>().unwrap_or_default();
    old.sort_by_key(|id| std::cmp::Reverse(number(id)));
    Ok(old)
}

async fn delete_version(place: Place<'_>, arn: &str, version: &str) -> Done<()> {
    let members = [("PolicyArn", arn), ("VersionId", version)];
    place.roles("DeletePolicyVersion", &members).await.map(drop)
}
