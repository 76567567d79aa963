//! What a metric must be to be taken.

use super::failure::Failure;
use crate::value::Value;

/// How many metrics a request has, dimensions a metric, values a metric.
const DATA_MAX: usize = 1_000;
const DIMENSIONS_MAX: usize = 30;
const VALUES_MAX: usize = 150;

/// How long names are, and values of dimensions.
const NAME_MAX: usize = 255;
const VALUE_MAX: usize = 1_024;

/// The largest number, and minus it the least: 2^360.
const NUMBER_MAX: f64 = 2.348_542_582_773_833_3e108;

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// A structure that is read, and where it is.
struct Members {
    members: Vec<(String, Value)>,
    path: String,
}

/// Checks a request; how many metrics it puts.
pub(super) fn check(request: Value) -> Result<usize, Failure> {
    let mut request = Members::new(request, String::new())?;
    let namespace = request.text("Namespace", NAME_MAX)?.ok_or_else(|| Failure::missing("Namespace"))?;
    if namespace.starts_with(':') || namespace.starts_with("AWS/") {
        return Err(Failure::value(namespace, "Namespace"));
    }
    let data = request.list("MetricData", DATA_MAX)?;
    let entities = request.list("EntityMetricData", DATA_MAX)?;
    if data.is_none() && entities.is_none() {
        return Err(Failure::missing("MetricData"));
    }
    let mut count = check_data(data.unwrap_or_default(), "MetricData")?;
    for (nth, entity) in entities.unwrap_or_default().into_iter().enumerate() {
        let path = format!("EntityMetricData.member.{}", nth + 1);
        let data = Members::new(entity, path.clone())?.list("MetricData", DATA_MAX)?;
        count += check_data(data.unwrap_or_default(), &format!("{path}.MetricData"))?;
    }
    if count > DATA_MAX {
        return Err(too_many("MetricData", DATA_MAX));
    }
    Ok(count)
}

fn too_many(path: &str, most: usize) -> Failure {
    Failure::new(
        "InvalidParameterValue",
        format!("The collection {path} must not have a size greater than {most}."),
    )
}

fn check_data(data: Vec<Value>, path: &str) -> Result<usize, Failure> {
    let count = data.len();
    for (nth, datum) in data.into_iter().enumerate() {
        check_datum(&mut Members::new(datum, format!("{path}.member.{}", nth + 1))?)?;
    }
    Ok(count)
}

fn check_datum(datum: &mut Members) -> Result<(), Failure> {
    if datum.text("MetricName", NAME_MAX)?.is_none() {
        return Err(Failure::missing(&datum.at("MetricName")));
    }
    let dimensions = datum.list("Dimensions", DIMENSIONS_MAX)?.unwrap_or_default();
    for (nth, dimension) in dimensions.into_iter().enumerate() {
        let path = datum.at(&format!("Dimensions.member.{}", nth + 1));
        let mut dimension = Members::new(dimension, path)?;
        for (name, most) in [("Name", NAME_MAX), ("Value", VALUE_MAX)] {
            if dimension.text(name, most)?.is_none() {
                return Err(Failure::missing(&dimension.at(name)));
            }
        }
    }
    if let Some(unit) = datum.text("Unit", NAME_MAX)?.filter(|unit| !UNITS.contains(&unit.as_str())) {
        return Err(Failure::value(unit, &datum.at("Unit")));
    }
    if let Some(resolution) = datum.number("StorageResolution")?
        && resolution != 1.0
        && resolution != 60.0
    {
        return Err(Failure::value(resolution, &datum.at("StorageResolution")));
    }
    check_values(datum)
}

/// Exactly one of a value, a set of statistics, and a list of values is there.
fn check_values(datum: &mut Members) -> Result<(), Failure> {
    let value = datum.number("Value")?.is_some();
    let statistics = datum.take("StatisticValues");
    let values = datum.list("Values", VALUES_MAX)?;
    let counts = datum.list("Counts", VALUES_MAX)?;
    let given: Vec<String> = [
        (value, "Value"),
        (statistics.is_some(), "StatisticValues"),
        (values.as_ref().is_some_and(|values| !values.is_empty()), "Values"),
    ]
    .into_iter()
    .filter(|(is_there, _)| *is_there)
    .map(|(_, name)| datum.at(name))
    .collect();
    match given.as_slice() {
        [_] => {}
        [] => {
            return Err(Failure::new(
                "MissingParameter",
                format!(
                    "At least one of the parameters {}, {}, {} must be specified.",
                    datum.at("Values"),
                    datum.at("StatisticValues"),
                    datum.at("Value")
                ),
            ));
        }
        [first, second, ..] => {
            return Err(Failure::combination(format!(
                "The parameters {first} and {second} are mutually exclusive and you have specified both."
            )));
        }
    }
    if let Some(statistics) = statistics {
        let mut statistics = Members::new(statistics, datum.at("StatisticValues"))?;
        for name in ["SampleCount", "Sum", "Minimum", "Maximum"] {
            if statistics.number(name)?.is_none() {
                return Err(Failure::missing(&statistics.at(name)));
            }
        }
    }
    let values = values.unwrap_or_default();
    if counts.as_ref().is_some_and(|counts| counts.len() != values.len()) {
        return Err(Failure::combination(format!(
            "The parameters {} and {} must be of the same size.",
            datum.at("Values"),
            datum.at("Counts")
        )));
    }
    for (name, numbers) in [("Values", values), ("Counts", counts.unwrap_or_default())] {
        for (nth, number) in numbers.into_iter().enumerate() {
            checked(&number, &datum.at(&format!("{name}.member.{}", nth + 1)))?;
        }
    }
    Ok(())
}

fn checked(value: &Value, path: &str) -> Result<f64, Failure> {
    let number = match value {
        Value::Integer(integer) => *integer as f64,
        Value::Float(float) => *float,
        _ => return Err(Failure::malformed(format!("{path} is not a number"))),
    };
    if (-NUMBER_MAX..=NUMBER_MAX).contains(&number) { Ok(number) } else { Err(Failure::value(number, path)) }
}

impl Members {
    fn new(value: Value, path: String) -> Result<Self, Failure> {
        match value {
            Value::Structure(members) => Ok(Self { members, path }),
            _ if path.is_empty() => Err(Failure::malformed("The body is not a structure.")),
            _ => Err(Failure::malformed(format!("{path} is not a structure"))),
        }
    }

    /// Where a member is.
    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().rposition(|(other, _)| other == name)?;
        Some(self.members.swap_remove(at).1).filter(|value| *value != Value::Null)
    }

    fn text(&mut self, name: &str, most: usize) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) if (1..=most).contains(&text.chars().count()) => Ok(Some(text)),
            Some(Value::Text(text)) => Err(Failure::value(text, &self.at(name))),
            Some(_) => Err(Failure::malformed(format!("{} is not a string", self.at(name)))),
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>, Failure> {
        self.take(name).map(|value| checked(&value, &self.at(name))).transpose()
    }

    fn list(&mut self, name: &str, most: usize) -> Result<Option<Vec<Value>>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::List(list)) if list.len() <= most => Ok(Some(list)),
            Some(Value::List(_)) => Err(too_many(&self.at(name), most)),
            Some(_) => Err(Failure::malformed(format!("{} is not a list", self.at(name)))),
        }
    }
}
