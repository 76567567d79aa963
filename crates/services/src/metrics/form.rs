//! PutMetricData of the query protocol, whose numbers are text, as the other protocols say it.

use super::failure::Failure;
use crate::value::Value;
use wire::query::Members;

/// The members of the request.
pub(super) fn request(form: &Members) -> Result<Value, Failure> {
    let mut members = texts(form, &["Namespace"]);
    members.extend(data(form, "MetricData.member")?);
    if let Some(entities) = form.list("EntityMetricData") {
        let entities = entities.into_iter().enumerate().map(|(nth, entity)| {
            let path = format!("EntityMetricData.member.{}.MetricData.member", nth + 1);
            Ok(Value::Structure(data(entity, &path)?.into_iter().collect()))
        });
        members.push(("EntityMetricData".to_owned(), Value::List(entities.collect::<Result<_, Failure>>()?)));
    }
    Ok(Value::Structure(members))
}

fn data(form: &Members, path: &str) -> Result<Option<(String, Value)>, Failure> {
    let Some(data) = form.list("MetricData") else { return Ok(None) };
    let data = data.into_iter().enumerate().map(|(nth, datum)| read(datum, &format!("{path}.{}", nth + 1)));
    Ok(Some(("MetricData".to_owned(), Value::List(data.collect::<Result<_, _>>()?))))
}

fn read(datum: &Members, path: &str) -> Result<Value, Failure> {
    let mut members = texts(datum, &["MetricName", "Unit"]);
    members.extend(number(datum, "Value", path)?);
    members.extend(number(datum, "StorageResolution", path)?);
    if let Some(set) = datum.member("StatisticValues") {
        let path = format!("{path}.StatisticValues");
        let mut values = Vec::new();
        for name in ["SampleCount", "Sum", "Minimum", "Maximum"] {
            values.extend(number(set, name, &path)?);
        }
        members.push(("StatisticValues".to_owned(), Value::Structure(values)));
    }
    for name in ["Values", "Counts"] {
        if let Some(list) = datum.list(name) {
            let numbers = list.into_iter().enumerate().map(|(nth, number)| {
                parsed(number.value().unwrap_or_default(), &format!("{path}.{name}.member.{}", nth + 1))
            });
            members.push((name.to_owned(), Value::List(numbers.collect::<Result<_, _>>()?)));
        }
    }
    if let Some(list) = datum.list("Dimensions") {
        let dimension = |dimension: &Members| Value::Structure(texts(dimension, &["Name", "Value"]));
        members.push(("Dimensions".to_owned(), Value::List(list.into_iter().map(dimension).collect())));
    }
    Ok(Value::Structure(members))
}

/// Those of these members that are there.
fn texts(form: &Members, names: &[&str]) -> Vec<(String, Value)> {
    let text = |name: &&str| Some(((*name).to_owned(), Value::from(form.text(name)?)));
    names.iter().filter_map(text).collect()
}

fn number(form: &Members, name: &str, path: &str) -> Result<Option<(String, Value)>, Failure> {
    let Some(text) = form.text(name) else { return Ok(None) };
    Ok(Some((name.to_owned(), parsed(text, &format!("{path}.{name}"))?)))
}

fn parsed(text: &str, path: &str) -> Result<Value, Failure> {
    text.parse().map(Value::Float).map_err(|_| Failure::value(text, path))
}
