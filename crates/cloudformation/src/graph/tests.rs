//! Orders and circles.

use super::Graph;
use crate::TemplateError;
use crate::evaluate::{Evaluation, Pseudo};
use crate::parameters::Parameters;
use crate::template::{Document, Template};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn graph(body: &str) -> Result<Graph, TemplateError> {
    let (parameters, pseudo) = (Parameters::default(), Pseudo::default());
    let template = Template::new(&Document::read(body)?, &parameters, &pseudo)?;
    let evaluation = Evaluation::new(&template, &parameters, &pseudo)?;
    Graph::new(&template, &evaluation)
}

const BODY: &str = "
Conditions:
  Holds: !Equals [a, a]
  Fails: !Equals [a, b]
Resources:
  Table: {Type: A}
  Queue: {Type: A}
  Gone: {Type: A, Condition: Fails}
  Role: {Type: A, Properties: {x: !Sub '${Table.Arn}', y: !If [Fails, !Ref Policy, z]}, DependsOn: Gone}
  Policy: {Type: A, Properties: {r: !Ref Role, q: !GetAtt Queue.Arn}}
  Function: {Type: A, Properties: {r: !GetAtt Role.Arn}, DependsOn: [Policy, Role]}
  Mapping: {Type: A, Properties: {f: !Ref Function, s: !If [Holds, !GetAtt Table.StreamArn, !Ref Gone]}}
";

#[test]
fn order() {
    let graph = graph(BODY).unwrap();
    let expected = [vec!["Queue", "Table"], vec!["Role"], vec!["Policy"], vec!["Function"], vec!["Mapping"]];
    assert_eq!(graph.order(), expected);
    let expected = [vec!["Mapping"], vec!["Function"], vec!["Policy"], vec!["Queue", "Role"], vec!["Table"]];
    assert_eq!(graph.reversed().order(), expected);
    assert_eq!(graph.needs("Mapping").collect::<Vec<_>>(), ["Function", "Table"]);
    let done = BTreeSet::from(["Table".to_owned()]);
    assert_eq!(graph.ready(&done), ["Queue", "Role"]);
    assert_eq!(graph.ready(&BTreeSet::new()), ["Queue", "Table"]);
}

#[test]
fn circles() {
    let table = [
        ("A: {Type: A, DependsOn: A}", "Circular dependency between resources: [A]"),
        (
            "A: {Type: A, DependsOn: B}\n  B: {Type: A, Properties: {x: !Ref A}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "First: {Type: A}\n  A: {Type: A, DependsOn: [C, First]}\n  B: {Type: A, DependsOn: A}\n  C: {Type: A, DependsOn: B}\n  \
             After: {Type: A, DependsOn: C}",
            "Circular dependency between resources: [A, B, C]",
        ),
    ];
    for (resources, message) in table {
        let error = graph(&format!("Resources:\n  {resources}\n")).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

proptest! {
    /// Edges that point backwards make no circle; each resource comes after what it needs, and before it when deleted.
    #[test]
    fn everything_comes_after_what_it_needs(edges in prop::collection::vec((1_usize..20, 0_usize..20), 0..60)) {
        let mut needs: BTreeMap<String, BTreeSet<String>> =
            (0..20).map(|place| (place.to_string(), BTreeSet::new())).collect();
        for (from, to) in edges {
            needs.entry(from.to_string()).or_default().insert((to % from).to_string());
        }
        let graph = Graph::of(needs.clone()).unwrap();
        for (graph, forwards) in [(graph.clone(), true), (graph.reversed(), false)] {
            let order: Vec<String> = graph.order().into_iter().flatten().collect();
            prop_assert_eq!(order.len(), 20);
            let place = |name: &String| order.iter().position(|other| other == name);
            for (name, needed) in &needs {
                for other in needed {
                    prop_assert_eq!(place(other) < place(name), forwards);
                }
            }
        }
    }
}
