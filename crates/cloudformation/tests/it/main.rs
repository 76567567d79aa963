//! Whole templates: what deployments send, from text to change set.
#![cfg(test)]

mod stacks;

use cloudformation::changes::{self, Change, Deployed, Stack};
use cloudformation::evaluate::{Context, Evaluation, Lookup, Pseudo};
use cloudformation::graph::Graph;
use cloudformation::parameters::{Given, Parameters, Store};
use cloudformation::template::{Document, Template};
use cloudformation::{TemplateError, Value, names};
use std::collections::BTreeMap;

/// A parameter store in which deployments find the version of the bootstrap.
struct Versions;

impl Store for Versions {
    fn value(&self, name: &str) -> Option<String> {
        (name == "/cdk-bootstrap/hnb659fds/version").then(|| "21".to_owned())
    }
}

/// What has been made so far: names, by logical name.
#[derive(Clone, Debug, Default)]
struct World {
    made: BTreeMap<String, String>,
}

impl Context for World {
    fn reference(&self, resource: &str) -> Lookup {
        self.made.get(resource).map_or(Lookup::Unknown, |name| Lookup::Known(Value::string(name)))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        let name = self.made.get(resource);
        name.map_or(Lookup::Unknown, |name| Lookup::Known(Value::String(format!("{name}.{attribute}"))))
    }

    fn export(&self, _: &str) -> Option<String> {
        None
    }
}

/// A template with what it is deployed with.
struct Deployment {
    template: Template,
    parameters: Parameters,
    pseudo: Pseudo,
}

impl Deployment {
    fn new(body: &str, given: &[(&str, &str)]) -> Result<Self, TemplateError> {
        let document = Document::read(body)?;
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Given::Value((*value).to_owned())))
            .collect();
        let parameters = Parameters::resolve(&document.parameters, &given, &BTreeMap::new(), &Versions)?;
        let pseudo = Pseudo {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/OrdersStack/1".to_owned(),
            stack_name: "OrdersStack".to_owned(),
            notification_arns: Vec::new(),
        };
        let template = Template::new(&document, &parameters, &pseudo)?;
        Ok(Self { template, parameters, pseudo })
    }

    fn evaluation(&self) -> Evaluation<'_> {
        Evaluation::new(&self.template, &self.parameters, &self.pseudo).unwrap()
    }

    fn graph(&self) -> Graph {
        Graph::new(&self.template, &self.evaluation()).unwrap()
    }

    /// Makes everything, in order, and answers the stack; nothing may be unknown by then.
    fn deploy(&self) -> (Stack, World) {
        let (evaluation, mut world, mut stack) = (self.evaluation(), World::default(), Stack::default());
        for name in self.graph().order().into_iter().flatten() {
            let source = &self.template.resources[&name];
            let evaluated = evaluation.resource(source, &world).unwrap();
            assert!(evaluated.properties.unknowns().is_empty(), "{name}");
            let chance = names::chance(0..12);
            let named = (self.pseudo.stack_name.as_str(), name.as_str());
            let physical_id =
                names::physical_name(&evaluated.resource_type, &evaluated.properties, named, &chance)
                    .unwrap_or_else(|| format!("{name}-id"));
            world.made.insert(name.clone(), physical_id.clone());
            stack.resources.insert(name, Deployed { physical_id, source: source.clone(), evaluated });
        }
        stack.parameters.clone_from(self.parameters.texts());
        (stack, world)
    }

    fn changes(&self, (stack, world): &(Stack, World)) -> Vec<Change> {
        changes::plan(stack, &self.template, &self.evaluation(), (&self.graph(), world)).unwrap()
    }
}
