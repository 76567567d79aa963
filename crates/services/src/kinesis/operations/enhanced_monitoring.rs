//! EnableEnhancedMonitoring and DisableEnhancedMonitoring: stored and shown. There are no metrics.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;
use std::collections::BTreeSet;
use wire::layer::Constraint;

/// All metrics, and what stands for all of them.
const METRICS: [&str; 7] = [
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
];
const ALL: &str = "ALL";

const SET: &str = "[IncomingBytes, OutgoingRecords, IteratorAgeMilliseconds, IncomingRecords, \
                   ReadProvisionedThroughputExceeded, WriteProvisionedThroughputExceeded, OutgoingBytes, ALL]";

impl Kinesis {
    pub(in crate::kinesis) async fn enable_enhanced_monitoring(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_metrics(caller, request, |present, named| present | named).await
    }

    pub(in crate::kinesis) async fn disable_enhanced_monitoring(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_metrics(caller, request, |present, named| present - named).await
    }

    async fn set_metrics(
        &self,
        caller: &Caller,
        mut request: Request,
        change: fn(&BTreeSet<String>, &BTreeSet<String>) -> BTreeSet<String>,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let named = read_metrics(&mut request)?;
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let changed = self.update(caller, &stream.name, move |stream| {
            Ok(stream.changed(|stream| stream.metrics = change(&stream.metrics, &named)))
        });
        let changed = changed.await?;
        Ok(Value::structure([
            ("StreamName", Value::from(stream.name.as_str())),
            ("CurrentShardLevelMetrics", describe::metrics(&stream.metrics)),
            ("DesiredShardLevelMetrics", describe::metrics(&changed.metrics)),
            ("StreamARN", Value::from(stream.arn.as_str())),
        ]))
    }
}

fn read_metrics(request: &mut Request) -> Result<BTreeSet<String>, Failure> {
    let metrics = request.list("ShardLevelMetrics", (1, METRICS.len()))?;
    let metrics = request.required("ShardLevelMetrics", metrics).unwrap_or_default();
    let mut named = BTreeSet::new();
    for metric in metrics {
        let Value::Text(metric) = metric else {
            return Err(Failure::serialization("ShardLevelMetrics is not a list of strings"));
        };
        if metric == ALL {
            named.extend(METRICS.map(str::to_owned));
        } else if METRICS.contains(&metric.as_str()) {
            named.insert(metric);
        } else {
            request.fail("ShardLevelMetrics", format!("[{metric}]"), Constraint::Enum(SET));
        }
    }
    Ok(named)
}
