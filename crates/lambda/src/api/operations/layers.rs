//! Layers.

use super::list_functions::PAGE_MAX;
use super::permissions::STATEMENT_ID;
use crate::api::call::{Call, check_revision, refused};
use crate::api::describe::{sha256_base64, time};
use crate::api::{Answer, Failure, source};
use crate::functions::name::is_word;
use crate::functions::record::{Code, Layer, Policy};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::layer::Constraint;

fn summary(layer: &Layer) -> Value {
    let mut out = json!({
        "LayerVersionArn": layer.version_arn(),
        "Version": layer.version,
        "Description": layer.description,
        "CreatedDate": time(layer.created_ms),
    });
    if !layer.runtimes.is_empty() {
        out["CompatibleRuntimes"] = json!(layer.runtimes);
    }
    if !layer.architectures.is_empty() {
        out["CompatibleArchitectures"] = json!(layer.architectures);
    }
    if let Some(license) = &layer.license {
        out["LicenseInfo"] = json!(license);
    }
    out
}

impl Call {
    fn described(&self, layer: &Layer) -> Value {
        let mut out = summary(layer);
        out["LayerArn"] = json!(layer.arn());
        let location = format!("http://{}/_tailwater/code/{}.zip", self.request.host, layer.sha256);
        out["Content"] = json!({
            "CodeSha256": sha256_base64(&layer.sha256),
            "CodeSize": layer.size,
            "Location": location,
        });
        out
    }

    /// The name of the layer in the path, which may be an ARN.
    fn layer_name(&self) -> Result<String, Failure> {
        let text = self.parameter(0);
        let name = match text.strip_prefix("arn:") {
            Some(_) => text.split(':').nth(6).unwrap_or_default(),
            None => text,
        };
        if is_word(name) && name.len() <= 140 {
            return Ok(name.to_owned());
        }
        let pattern = "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:\
                       [a-zA-Z0-9-_]{1,140}|[a-zA-Z0-9-_]{1,140})";
        Err(refused("layerName", text, Constraint::Pattern(pattern)))
    }

    /// The version of a layer that the path names.
    fn layer_version(&self) -> Result<Arc<Layer>, Failure> {
        let name = self.layer_name()?;
        let caller = &self.request.caller;
        let arn = match self.parameter(0).starts_with("arn:") {
            true => format!("{}:{}", self.parameter(0), self.parameter(1)),
            false => format!(
                "arn:aws:lambda:{}:{}:layer:{name}:{}",
                caller.region,
                caller.account,
                self.parameter(1)
            ),
        };
        self.functions
            .layer(&arn)
            .ok_or_else(|| Failure::not_found("The resource you requested does not exist."))
    }

    fn versions_of_layer(&self) -> Result<BTreeMap<u64, Arc<Layer>>, Failure> {
        let name = self.layer_name()?;
        let all = self.functions.layers(&self.request.caller);
        let is_named =
            |versions: &BTreeMap<u64, Arc<Layer>>| versions.values().any(|layer| layer.name == name);
        Ok(all.into_iter().find(is_named).unwrap_or_default())
    }

    pub(super) async fn publish_layer_version(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let description = members.text_of("Description", (0, 256))?.unwrap_or_default();
        let license = members.text_of("LicenseInfo", (0, 512))?;
        let runtimes = members.texts("CompatibleRuntimes")?.unwrap_or_default();
        let architectures = members.texts("CompatibleArchitectures")?.unwrap_or_default();
        if runtimes.len() > 15 {
            members.fail(
                "CompatibleRuntimes",
                format!("[{}]", runtimes.join(", ")),
                Constraint::MaxLength(15),
            );
        }
        let content = members.structure("Content")?.map(|_| ());
        members.required("Content", content);
        members.finish()?;
        let name = self.layer_name()?;
        let source = source::read(&self, &members, "Content.")?;
        drop(members);
        let missing = || Failure::invalid("Please provide a source for layer content.");
        let received = self.functions.receive(source.ok_or_else(missing)?).await?;
        let Code::Archive { sha256, size } = received.code.clone() else {
            return Err(Failure::unsupported("A layer in a directory"));
        };
        let layer = Layer {
            account: self.request.caller.account.clone(),
            region: self.request.caller.region.clone(),
            name,
            version: 0,
            description,
            license,
            runtimes,
            architectures,
            sha256,
            size,
            created_ms: 0,
            policy: None,
        };
        let layer = self.functions.publish_layer(layer, received).await?;
        Ok(Answer::json(201, &self.described(&layer)))
    }

    pub(super) fn get_layer_version(&self) -> Result<Answer, Failure> {
        Ok(Answer::json(200, &self.described(&*self.layer_version()?)))
    }

    pub(super) fn get_layer_version_by_arn(&self) -> Result<Answer, Failure> {
        let arn = self.query("Arn").unwrap_or_default();
        let missing = || Failure::not_found("The resource you requested does not exist.");
        let layer = self.functions.layer(arn).ok_or_else(missing)?;
        Ok(Answer::json(200, &self.described(&layer)))
    }

    pub(super) async fn delete_layer_version(self) -> Result<Answer, Failure> {
        // One that is not there is deleted as well.
        if let Ok(layer) = self.layer_version() {
            self.functions.delete_layer(layer).await?;
        }
        Ok(Answer::empty(204))
    }

    /// Whether a layer is among those that the query asks for.
    fn is_wanted(&self, layer: &Layer) -> bool {
        let has = |wanted: Option<&str>, all: &[String]| {
            wanted.is_none_or(|wanted| all.iter().any(|one| one == wanted))
        };
        has(self.query("CompatibleRuntime"), &layer.runtimes)
            && has(self.query("CompatibleArchitecture"), &layer.architectures)
    }

    pub(super) fn list_layers(&self) -> Result<Answer, Failure> {
        let mut latest: Vec<Arc<Layer>> = Vec::new();
        for versions in self.functions.layers(&self.request.caller) {
            let newest = versions.into_values().rev().find(|layer| self.is_wanted(layer));
            latest.extend(newest);
        }
        let (page, next) = self.page(latest, PAGE_MAX, |layer| layer.name.clone())?;
        let entry = |layer: &Arc<Layer>| json!({ "LayerName": layer.name, "LayerArn": layer.arn(), "LatestMatchingVersion": summary(layer) });
        let mut answer = json!({ "Layers": page.iter().map(entry).collect::<Vec<_>>() });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }

    pub(super) fn list_layer_versions(&self) -> Result<Answer, Failure> {
        let versions = self.versions_of_layer()?.into_values().rev();
        let wanted = versions.filter(|layer| self.is_wanted(layer)).collect();
        // The newest is first.
        let key = |layer: &Arc<Layer>| format!("{:020}", u64::MAX - layer.version);
        let (page, next) = self.page(wanted, PAGE_MAX, key)?;
        let entries: Vec<Value> = page.iter().map(|layer| summary(layer)).collect();
        let mut answer = json!({ "LayerVersions": entries });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }

    pub(super) async fn add_layer_permission(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let id = members.pattern("StatementId", STATEMENT_ID)?;
        let id = members.required("StatementId", id).unwrap_or_default();
        let action = members.text("Action")?;
        let action = members.required("Action", action).unwrap_or_default();
        let principal = members.text("Principal")?;
        let principal = members.required("Principal", principal).unwrap_or_default();
        members.finish()?;
        let organization = members.text("OrganizationId")?;
        let layer = self.layer_version()?;
        let principal = match principal.as_str() {
            "*" => json!("*"),
            account => json!({ "AWS": format!("arn:aws:iam::{account}:root") }),
        };
        let mut statement = json!({
            "Sid": id,
            "Effect": "Allow",
            "Principal": principal,
            "Action": action,
            "Resource": layer.version_arn(),
        });
        if let Some(organization) = organization {
            statement["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": organization } });
        }
        let (revision, revision_id) = (self.query("RevisionId").map(str::to_owned), self.functions.uuid());
        let answer = json!({ "Statement": statement.to_string(), "RevisionId": revision_id });
        let edit = self.functions.edit_layer_policy(layer, move |policy| {
            let mut policy = policy.unwrap_or(Policy { revision_id: String::new(), statements: Vec::new() });
            check_revision(revision.as_deref(), &policy.revision_id)?;
            if policy.statements.iter().any(|known| known["Sid"] == id.as_str()) {
                return Err(Failure::conflict(format!(
                    "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
                     existing statement."
                )));
            }
            policy.statements.push(statement);
            Ok(Some(Policy { revision_id, ..policy }))
        });
        edit.await?;
        Ok(Answer::json(201, &answer))
    }

    pub(super) fn get_layer_policy(&self) -> Result<Answer, Failure> {
        let layer = self.layer_version()?;
        let missing = || Failure::not_found("No policy is associated with the given resource.");
        let policy = layer.policy.as_ref().ok_or_else(missing)?;
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": policy.statements });
        let answer = json!({ "Policy": document.to_string(), "RevisionId": policy.revision_id });
        Ok(Answer::json(200, &answer))
    }

    pub(super) async fn remove_layer_permission(self) -> Result<Answer, Failure> {
        let layer = self.layer_version()?;
        let (id, revision_id) = (self.parameter(2).to_owned(), self.functions.uuid());
        let edit = self.functions.edit_layer_policy(layer, move |policy| {
            let missing = || Failure::not_found(format!("Statement {id} is not found in resource policy."));
            let mut policy = policy.ok_or_else(missing)?;
            let count = policy.statements.len();
            policy.statements.retain(|statement| statement["Sid"] != id.as_str());
            if policy.statements.len() == count {
                return Err(missing());
            }
            Ok(Some(Policy { revision_id, ..policy }).filter(|policy| !policy.statements.is_empty()))
        });
        edit.await?;
        Ok(Answer::empty(204))
    }
}
