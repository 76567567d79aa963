//! `Fn::ForEach`, which `AWS::LanguageExtensions` expands before anything else is done.

use super::{Evaluation, Evaluator, Nothing, Pseudo, sub};
use crate::parameters::Parameters;
use crate::template::Template;
use crate::{Function, Map, TemplateError, Value};
use std::collections::BTreeMap;

const PREFIX: &str = "Fn::ForEach::";

/// How many bytes all loops of a template may make together.
const MADE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a value takes beside its text.
const VALUE_BYTES: usize = 32;

/// Expands the loops of a whole template.
pub(crate) fn expand_loops(
    root: Map,
    parameters: &Parameters,
    pseudo: &Pseudo,
) -> Result<Map, TemplateError> {
    // What collections may refer to: parameters and mappings.
    let template = Template {
        description: None,
        metadata: Value::empty(),
        parameters: BTreeMap::new(),
        mappings: root.get("Mappings").and_then(Value::as_map).cloned().unwrap_or_default(),
        conditions: Map::new(),
        rules: Map::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        transforms: Vec::new(),
        extended: true,
    };
    let evaluation = Evaluation::new(&template, parameters, pseudo)?;
    let mut loops = Loops { evaluation: &evaluation, made: 0 };
    root.into_iter().map(|(name, value)| Ok((name, loops.value(value)?))).collect()
}

struct Loops<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    made: usize,
}

impl Loops<'_, '_> {
    fn value(&mut self, value: Value) -> Result<Value, TemplateError> {
        match value {
            Value::List(elements) => {
                let elements = elements.into_iter().map(|element| self.value(element));
                Ok(Value::List(elements.collect::<Result<_, _>>()?))
            }
            Value::Map(members) => Ok(Value::Map(self.members(members)?)),
            value => Ok(value),
        }
    }

    fn members(&mut self, members: Map) -> Result<Map, TemplateError> {
        let mut expanded = Map::new();
        for (name, value) in members {
            match name.strip_prefix(PREFIX) {
                None => add(&mut expanded, name, self.value(value)?)?,
                Some(loop_name) => {
                    for (name, value) in self.expand(loop_name, &value)? {
                        add(&mut expanded, name, value)?;
                    }
                }
            }
        }
        Ok(expanded)
    }

    /// The members that a loop makes.
    fn expand(&mut self, name: &str, argument: &Value) -> Result<Vec<(String, Value)>, TemplateError> {
        let failed = TemplateError::Arguments(Function::ForEach);
        let Some([Value::String(identifier), collection, Value::Map(body)]) = argument.as_list() else {
            return Err(failed);
        };
        let is_name = !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name || name.is_empty() {
            return Err(failed);
        }
        let mut members = Vec::new();
        for element in self.collection(name, collection)? {
            let turn = Turn { identifier, element: &element };
            let mut turned = Map::new();
            for (name, value) in body {
                let name = turn.text(name, &mut self.made)?;
                add(&mut turned, name, turn.value(value, &mut self.made)?)?;
            }
            // Loops in loops, now that what this one stands for is put in.
            members.extend(self.members(turned)?);
        }
        Ok(members)
    }

    fn collection(&self, name: &str, collection: &Value) -> Result<Vec<String>, TemplateError> {
        let failed = || TemplateError::LoopCollection(name.to_owned());
        let evaluator = Evaluator::new(self.evaluation, &Nothing);
        let collection = evaluator.value(collection)?.ok_or_else(failed)?;
        let mut texts = Vec::new();
        for element in collection.as_list().ok_or_else(failed)? {
            match element {
                // A list in the list, such as a parameter's.
                Value::List(inner) => {
                    for element in inner {
                        texts.push(element.text().ok_or_else(failed)?.into_owned());
                    }
                }
                element => texts.push(element.text().ok_or_else(failed)?.into_owned()),
            }
        }
        Ok(texts)
    }
}

/// Takes note of bytes that are about to be made.
fn spend(made: &mut usize, bytes: usize) -> Result<(), TemplateError> {
    *made = made.saturating_add(bytes);
    if *made > MADE_BYTES_MAX { Err(TemplateError::Loop(MADE_BYTES_MAX)) } else { Ok(()) }
}

fn add(members: &mut Map, name: String, value: Value) -> Result<(), TemplateError> {
    if members.contains_key(&name) {
        return Err(TemplateError::LoopName(name));
    }
    members.insert(name, value);
    Ok(())
}

/// One turn of a loop.
struct Turn<'a> {
    identifier: &'a str,
    element: &'a str,
}

impl Turn<'_> {
    /// Puts the element in for `${identifier}` and, without what is neither letter nor digit, for `&{identifier}`.
    fn text(&self, text: &str, made: &mut usize) -> Result<String, TemplateError> {
        let (whole, plain) = (format!("${{{}}}", self.identifier), format!("&{{{}}}", self.identifier));
        // What it will take is known, and looked at, before it is taken.
        let places = text.matches(&whole).count() + text.matches(&plain).count();
        spend(made, VALUE_BYTES + text.len() + places.saturating_mul(self.element.len()))?;
        // In this order, since letters and digits hold nothing that the second would put more in for.
        let element: String = self.element.chars().filter(char::is_ascii_alphanumeric).collect();
        Ok(text.replace(&plain, &element).replace(&whole, self.element))
    }

    fn value(&self, value: &Value, made: &mut usize) -> Result<Value, TemplateError> {
        spend(made, VALUE_BYTES)?;
        Ok(match value {
            Value::String(text) => Value::String(self.text(text, made)?),
            Value::List(elements) => {
                let elements = elements.iter().map(|element| self.value(element, made));
                Value::List(elements.collect::<Result<_, _>>()?)
            }
            Value::Map(members) if members.len() == 1 => match members.iter().next() {
                Some((name, Value::String(text))) if name == "Ref" && text == self.identifier => {
                    spend(made, self.element.len())?;
                    Value::string(self.element)
                }
                Some((name, argument)) if name == "Fn::Sub" => {
                    let substituted = self.value(argument, made)?;
                    // Nothing left to put in: a plain string, which more places take than a function.
                    match &substituted {
                        Value::String(text) if plain_text(text) => substituted,
                        _ => Value::map([("Fn::Sub", substituted)]),
                    }
                }
                _ => self.members(members, made)?,
            },
            Value::Map(members) => self.members(members, made)?,
            value => value.clone(),
        })
    }

    fn members(&self, members: &Map, made: &mut usize) -> Result<Value, TemplateError> {
        let mut turned = Map::new();
        for (name, member) in members {
            add(&mut turned, self.text(name, made)?, self.value(member, made)?)?;
        }
        Ok(Value::Map(turned))
    }
}

fn plain_text(text: &str) -> bool {
    sub::parts(text).is_ok_and(|parts| parts.len() == 1)
}
