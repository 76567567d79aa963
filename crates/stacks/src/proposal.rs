//! What a request proposes: a template with parameters, read and checked.

use crate::Stacks;
use crate::engine::{Target, prepare, pseudo};
use crate::failure::Failure;
use crate::records::{Revision, STACK_TYPE, Stack};
use crate::request::Request;
use crate::template_url::bucket_and_key;
use cloudformation::template::{BODY_BYTES_MAX, Document, Template};
use cloudformation::{Value, names, serverless};
use std::collections::BTreeSet;

/// The longest template that is sent in a request.
const INLINE_BYTES_MAX: usize = 51_200;

/// What can be said to be known.
const CAPABILITIES: [&str; 3] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// The types whose resources give permissions.
const PERMISSIONS: [&str; 9] = [
    "AWS::IAM::AccessKey",
    "AWS::IAM::Group",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::UserToGroupAddition",
    "AWS::IAM::RolePolicy",
];

/// A revision that may become a stack's.
pub(crate) struct Proposal {
    pub(crate) revision: Revision,
    pub(crate) target: Target,
    pub(crate) document: Document,
}

impl Stacks {
    /// What a request proposes for a stack whose revision in force is given.
    pub(crate) async fn propose(
        &self,
        request: &Request<'_>,
        stack: &Stack,
        previous: Option<&Revision>,
    ) -> Result<Proposal, Failure> {
        let body = match (request.boolean("UsePreviousTemplate")?, previous) {
            (Some(true), Some(previous)) => previous.body.clone(),
            _ => self.template_body(request).await?.ok_or_else(|| {
                Failure::validation("Either Template URL or Template Body must be specified.")
            })?,
        };
        let nothing = Revision::default();
        let old = previous.unwrap_or(&nothing);
        let mut revision = Revision {
            body,
            tags: request.tags()?.unwrap_or_else(|| old.tags.clone()),
            notification_arns: match request.members.member("NotificationARNs") {
                Some(_) => request.texts("NotificationARNs")?,
                None => old.notification_arns.clone(),
            },
            capabilities: request.texts("Capabilities")?,
            role_arn: request.bounded("RoleARN", 2_048)?.or_else(|| old.role_arn.clone()),
            timeout_minutes: request.text("TimeoutInMinutes").and_then(|text| text.parse().ok()),
            ..Revision::default()
        };
        if let Some(unknown) =
            revision.capabilities.iter().find(|name| !CAPABILITIES.contains(&name.as_str()))
        {
            return Err(Failure::constraint(
                format!("'[{unknown}]'"),
                "capabilities",
                format!(
                    "Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
                    CAPABILITIES.join(", ")
                ),
            ));
        }
        let document = Document::read(&revision.body)?;
        let given = (&request.parameters()?, &old.parameters);
        let place = (stack.account.as_str(), stack.region.as_str());
        revision.looked_up = self.inner.look_up(&document, given, place).await?;
        let pseudo = pseudo(stack, &revision.notification_arns);
        let target = prepare(&document, given, &revision.looked_up, pseudo)?;
        revision.parameters.clone_from(target.parameters.texts());
        self.check_types(&target.template)?;
        Ok(Proposal { revision, target, document })
    }

    /// The template of a request, where it has one.
    pub(crate) async fn template_body(&self, request: &Request<'_>) -> Result<Option<String>, Failure> {
        match (request.text("TemplateBody"), request.text("TemplateURL")) {
            (Some(_), Some(_)) => Err(Failure::validation(
                "Either Template URL or Template Body must be specified, and not both.",
            )),
            (Some(""), _) => Err(Failure::constraint(
                "''",
                "templateBody",
                "Member must have length greater than or equal to 1",
            )),
            (Some(body), _) if body.len() > INLINE_BYTES_MAX => Err(Failure::constraint(
                format!("of {} bytes", body.len()),
                "templateBody",
                format!("Member must have length less than or equal to {INLINE_BYTES_MAX}"),
            )),
            (Some(body), _) => Ok(Some(body.to_owned())),
            (None, Some(url)) => {
                self.fetch(url, &request.caller.account, &request.caller.host).await.map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// A template in a bucket of this server.
    pub(crate) async fn fetch(&self, url: &str, account: &str, called: &str) -> Result<String, Failure> {
        let (bucket, key) = bucket_and_key(url, called)
            .ok_or_else(|| Failure::validation(format!("TemplateURL must be a supported URL: {url}")))?;
        let templates = &self.inner.surroundings.templates;
        templates.fetch(account, (&bucket, &key), BODY_BYTES_MAX).await.map_err(Failure::validation)
    }

    /// Refuses types of which nothing would be made, where that is wanted; and nested stacks always, since with them all that
    /// they hold would be missing.
    fn check_types(&self, template: &Template) -> Result<(), Failure> {
        let mut nested = template.resources.iter();
        if let Some((name, _)) = nested.find(|(_, resource)| resource.resource_type == STACK_TYPE) {
            return Err(Failure::validation(format!(
                "Nested stacks are not supported by this server: {name}"
            )));
        }
        if !self.inner.options.strict {
            return Ok(());
        }
        let types: BTreeSet<&str> =
            template.resources.values().map(|resource| resource.resource_type.as_str()).collect();
        let unknown: Vec<&str> = types
            .into_iter()
            .filter(|name| *name != "AWS::CDK::Metadata" && !self.inner.is_known(name))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Failure::validation(format!(
            "Template format error: Unrecognized resource types: [{}]",
            unknown.join(", ")
        )))
    }
}

impl Proposal {
    /// Refuses what may only be done by those who say that they know it. What transforms make is shown by a change set before
    /// it is executed.
    pub(crate) fn check_capabilities(&self, shown: bool) -> Result<(), Failure> {
        let given = &self.revision.capabilities;
        let has = |name: &str| given.iter().any(|given| given == name);
        let needed = match needed_capability(&self.target.template) {
            Some("CAPABILITY_IAM") if has("CAPABILITY_IAM") || has("CAPABILITY_NAMED_IAM") => None,
            Some(needed) if has(needed) => None,
            needed => needed,
        };
        let expands =
            self.document.has_transform(serverless::TRANSFORM) && !shown && !has("CAPABILITY_AUTO_EXPAND");
        let missing: Vec<&str> =
            needed.into_iter().chain(expands.then_some("CAPABILITY_AUTO_EXPAND")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            "InsufficientCapabilitiesException",
            format!("Requires capabilities : [{}]", missing.join(", ")),
        ))
    }
}

/// What has to be said to make a template's resources.
pub(crate) fn needed_capability(template: &Template) -> Option<&'static str> {
    let permissions: Vec<_> = template
        .resources
        .values()
        .filter(|resource| PERMISSIONS.contains(&resource.resource_type.as_str()))
        .collect();
    if permissions.is_empty() {
        return None;
    }
    let named = permissions.iter().any(|resource| {
        names::naming(&resource.resource_type).is_some_and(|naming| {
            resource.properties.get(naming.property).is_some_and(|name| *name != Value::Null)
        })
    });
    Some(if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" })
}

/// The types of a template that give permissions, for the reason of a needed capability.
pub(crate) fn permission_types(template: &Template) -> Vec<&str> {
    let types: BTreeSet<&str> = template
        .resources
        .values()
        .map(|resource| resource.resource_type.as_str())
        .filter(|name| PERMISSIONS.contains(name))
        .collect();
    types.into_iter().collect()
}
