//! CloudFormation's templates: what is read comes back as JSON, is evaluated without failing otherwise than in words, and what
//! a stack was made from changes nothing in it.

use cloudformation::changes::{self, Deployed, Stack};
use cloudformation::evaluate::{Context, Evaluation, Lookup, Pseudo};
use cloudformation::graph::Graph;
use cloudformation::parameters::{EmptyStore, Parameters};
use cloudformation::template::{Document, Template};
use cloudformation::{TemplateError, Value};
use std::collections::BTreeMap;

/// Everything is there, under its own name.
struct World;

impl Context for World {
    fn reference(&self, resource: &str) -> Lookup {
        Lookup::Known(Value::string(resource))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        Lookup::Known(Value::String(format!("{resource}.{attribute}")))
    }

    fn export(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }
}

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = read(text) {
        assert!(!error.to_string().is_empty());
    }
}

fn read(text: &str) -> Result<(), TemplateError> {
    let document = Document::read(text)?;
    let again = document.to_json();
    assert_eq!(Document::read(&again).as_ref(), Ok(&document), "{again}");
    let none = (BTreeMap::new(), BTreeMap::new());
    let parameters = Parameters::resolve(&document.parameters, &none.0, &none.1, &EmptyStore)?;
    let pseudo = Pseudo { region: "us-east-1".to_owned(), ..Pseudo::default() };
    let template = Template::new(&document, &parameters, &pseudo)?;
    let evaluation = Evaluation::new(&template, &parameters, &pseudo)?;
    let graph = Graph::new(&template, &evaluation)?;
    let order: Vec<String> = graph.order().into_iter().flatten().collect();
    assert_eq!(order.len(), evaluation.resources().count());
    let mut stack = Stack { parameters: parameters.texts().clone(), ..Stack::default() };
    for (name, resource) in evaluation.resources() {
        let evaluated = evaluation.resource(resource, &World)?;
        assert!(evaluated.properties.unknowns().is_empty());
        let deployed = Deployed { physical_id: name.clone(), source: resource.clone(), evaluated };
        stack.resources.insert(name.clone(), deployed);
    }
    assert_eq!(changes::plan(&stack, &template, &evaluation, (&graph, &World))?, []);
    for (_, output) in evaluation.outputs() {
        evaluation.output(output, &World)?;
    }
    Ok(())
}
