//! A revision, read: what a stack shall be.

use crate::Inner;
use crate::failure::Failure;
use crate::records::{Revision, Shape, Stack};
use cloudformation::TemplateError;
use cloudformation::evaluate::{Evaluated, Pseudo};
use cloudformation::parameters::{Given, Parameters, Store};
use cloudformation::template::{Document, Template};
use std::collections::BTreeMap;

/// A template with its parameters.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) template: Template,
    pub(crate) parameters: Parameters,
    pub(crate) pseudo: Pseudo,
}

/// What was found in the parameter store.
struct Found<'a>(&'a BTreeMap<String, String>);

impl Store for Found<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Reads a template with what is given for its parameters.
pub(crate) fn prepare(
    document: &Document,
    (given, previous): (&BTreeMap<String, Given>, &BTreeMap<String, String>),
    looked_up: &BTreeMap<String, String>,
    pseudo: Pseudo,
) -> Result<Target, TemplateError> {
    let parameters = Parameters::resolve(&document.parameters, given, previous, &Found(looked_up))?;
    let template = Template::new(document, &parameters, &pseudo)?;
    Ok(Target { template, parameters, pseudo })
}

impl Target {
    /// A revision of a stack.
    pub(crate) fn of(stack: &Stack, revision: &Revision) -> Result<Self, TemplateError> {
        let document = Document::read(&revision.body)?;
        let given = revision.parameters.keys().map(|name| (name.clone(), Given::Previous)).collect();
        let pseudo = pseudo(stack, &revision.notification_arns);
        prepare(&document, (&given, &revision.parameters), &revision.looked_up, pseudo)
    }
}

/// A template of which nothing is deployed.
pub(crate) fn summarised(
    document: &Document,
    account: &str,
    region: &str,
) -> Result<Template, TemplateError> {
    let pseudo = Pseudo { account: account.to_owned(), region: region.to_owned(), ..Pseudo::default() };
    Template::new(document, &Parameters::default(), &pseudo)
}

/// A revision's template with its transforms expanded; as it was sent, where it has none.
pub(crate) fn processed(stack: &Stack, revision: &Revision) -> Result<String, TemplateError> {
    let document = Document::read(&revision.body)?;
    if document.transforms.is_empty() {
        return Ok(revision.body.clone());
    }
    let target = Target::of(stack, revision)?;
    let root = Template::expanded(&document, &target.parameters, &target.pseudo)?;
    Ok(cloudformation::Value::Map(root).to_json())
}

/// The pseudo parameters of a stack.
pub(crate) fn pseudo(stack: &Stack, notification_arns: &[String]) -> Pseudo {
    Pseudo {
        account: stack.account.clone(),
        region: stack.region.clone(),
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        notification_arns: notification_arns.to_vec(),
    }
}

impl Shape {
    /// The shape of a resource that was evaluated.
    pub(crate) fn of(evaluated: Evaluated, tags: &BTreeMap<String, String>) -> Self {
        use crate::records::{Json, PolicyName};
        Self {
            properties: Json(evaluated.properties),
            metadata: Json(evaluated.metadata),
            deletion_policy: PolicyName(evaluated.deletion_policy),
            replace_policy: PolicyName(evaluated.update_replace_policy),
            tags: tags.clone(),
        }
    }

    /// As the pure crate has it.
    pub(crate) fn evaluated(&self, resource_type: &str) -> Evaluated {
        Evaluated {
            resource_type: resource_type.to_owned(),
            properties: self.properties.0.clone(),
            metadata: self.metadata.0.clone(),
            deletion_policy: self.deletion_policy.0,
            update_replace_policy: self.replace_policy.0,
        }
    }
}

impl Inner {
    /// What the parameter store has for the parameters of a template that are looked up there.
    pub(crate) async fn look_up(
        &self,
        document: &Document,
        (given, previous): (&BTreeMap<String, Given>, &BTreeMap<String, String>),
        place: (&str, &str),
    ) -> Result<BTreeMap<String, String>, Failure> {
        use cloudformation::template::ParameterType;
        let mut found = BTreeMap::new();
        for (name, declaration) in &document.parameters {
            if !matches!(
                declaration.parameter_type,
                ParameterType::StoreName | ParameterType::StoreValue { .. }
            ) {
                continue;
            }
            let text = match given.get(name) {
                Some(Given::Value(text)) => Some(text),
                Some(Given::Previous) => previous.get(name),
                None => None,
            };
            let Some(text) = text.or(declaration.default.as_ref()) else { continue };
            if let Some(value) = self.surroundings.parameters.value(place, text).await {
                found.insert(text.clone(), value);
            }
        }
        Ok(found)
    }
}
