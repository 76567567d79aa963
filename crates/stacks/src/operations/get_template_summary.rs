//! GetTemplateSummary and ValidateTemplate: what a template says, without deploying it.

use crate::Stacks;
use crate::engine::summarised;
use crate::failure::Failure;
use crate::proposal::{needed_capability, permission_types};
use crate::request::{Request, result};
use cloudformation::template::{Declaration, Document, Template};
use cloudformation::{names, serverless};
use std::collections::{BTreeMap, BTreeSet};
use wire::query::Answer;

impl Stacks {
    pub(super) async fn get_template_summary(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        if request.text("StackSetName").is_some() {
            return Err(Failure::validation("Stack sets are not supported by this server"));
        }
        let body = match (self.template_body(request).await?, request.text("StackName")) {
            (Some(body), _) => body,
            (None, Some(_)) => {
                let stack = self.stack_of(request)?;
                self.revision_of(&stack)?.unwrap_or_default().body
            }
            (None, None) => {
                return Err(Failure::validation(
                    "Either StackName or StackSetName or TemplateBody or TemplateURL must be specified.",
                ));
            }
        };
        let document = Document::read(&body)?;
        let template = summarised(&document, &request.caller.account, &request.caller.region)?;
        let mut answer = result("GetTemplateSummary");
        write_parameters(&mut answer, &document.parameters, true);
        answer.optional("Description", template.description.as_ref());
        write_capabilities(&mut answer, &document, &template);
        let types: BTreeSet<&str> =
            template.resources.values().map(|resource| resource.resource_type.as_str()).collect();
        answer.texts("ResourceTypes", "member", &types);
        answer.optional("Version", document.version());
        if template.metadata.as_map().is_some_and(|members| !members.is_empty()) {
            answer.element("Metadata", template.metadata.to_json());
        }
        answer.texts("DeclaredTransforms", "member", &document.transforms);
        write_identifiers(&mut answer, &template, &types);
        Ok(answer)
    }

    pub(super) async fn validate_template(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let body = self.template_body(request).await?;
        let body = body
            .ok_or_else(|| Failure::validation("Either Template URL or Template Body must be specified."))?;
        let document = Document::read(&body)?;
        let template = summarised(&document, &request.caller.account, &request.caller.region)?;
        let mut answer = result("ValidateTemplate");
        write_parameters(&mut answer, &document.parameters, false);
        answer.optional("Description", template.description.as_ref());
        write_capabilities(&mut answer, &document, &template);
        answer.texts("DeclaredTransforms", "member", &document.transforms);
        Ok(answer)
    }
}

fn write_parameters(answer: &mut Answer, declared: &BTreeMap<String, Declaration>, whole: bool) {
    answer.open("Parameters");
    for (name, declaration) in declared {
        answer.open("member").element("ParameterKey", name);
        answer.optional("DefaultValue", declaration.default.as_ref());
        if whole {
            answer.element("ParameterType", &declaration.type_name);
        }
        answer.element("NoEcho", declaration.no_echo.to_string());
        answer.optional("Description", declaration.description.as_ref());
        if whole {
            answer.open("ParameterConstraints");
            if !declaration.allowed_values.is_empty() {
                answer.texts("AllowedValues", "member", &declaration.allowed_values);
            }
            answer.close();
        }
        answer.close();
    }
    answer.close();
}

fn write_capabilities(answer: &mut Answer, document: &Document, template: &Template) {
    let needed = needed_capability(template);
    let expands = document.has_transform(serverless::TRANSFORM).then_some("CAPABILITY_AUTO_EXPAND");
    if needed.is_none() && expands.is_none() {
        return;
    }
    answer.texts("Capabilities", "member", needed.into_iter().chain(expands));
    if needed.is_some() {
        let types = permission_types(template).join(", ");
        answer.element(
            "CapabilitiesReason",
            format!("The following resource(s) require capabilities: [{types}]"),
        );
    }
}

/// What resources are named by when they are imported.
fn write_identifiers(answer: &mut Answer, template: &Template, types: &BTreeSet<&str>) {
    answer.open("ResourceIdentifierSummaries");
    for resource_type in types {
        let Some(naming) = names::naming(resource_type) else { continue };
        let named = template.resources.iter();
        let named = named.filter(|(_, resource)| resource.resource_type == *resource_type);
        answer.open("member").element("ResourceType", resource_type);
        answer.texts("LogicalResourceIds", "member", named.map(|(name, _)| name));
        answer.texts("ResourceIdentifiers", "member", [naming.property]);
        answer.close();
    }
    answer.close();
}
