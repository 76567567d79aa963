//! IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod: how long records are kept.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use streams::data_stream::DataStream;

const HOURS_MIN: i64 = 24;
const HOURS_MAX: i64 = 8_760;

impl Kinesis {
    pub(in crate::kinesis) async fn increase_stream_retention_period(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_retention_period(caller, request, |stream, hours| {
            if hours >= i64::from(stream.retention_hours) {
                return Ok(());
            }
            Err(Failure::argument(format!(
                "Requested retention period ({hours} hours) for stream {} can not be shorter than existing retention \
                 period ({} hours). Use DecreaseRetentionPeriod API.",
                stream.name, stream.retention_hours
            )))
        })
        .await
    }

    pub(in crate::kinesis) async fn decrease_stream_retention_period(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_retention_period(caller, request, |stream, hours| {
            if hours <= i64::from(stream.retention_hours) {
                return Ok(());
            }
            Err(Failure::argument(format!(
                "Requested retention period ({hours} hours) for stream {} can not be longer than existing retention \
                 period ({} hours). Use IncreaseRetentionPeriod API.",
                stream.name, stream.retention_hours
            )))
        })
        .await
    }

    async fn set_retention_period(
        &self,
        caller: &Caller,
        mut request: Request,
        check: fn(&DataStream, i64) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let hours = request.integer("RetentionPeriodHours", (i64::MIN, i64::MAX))?;
        let hours = request.required("RetentionPeriodHours", hours).unwrap_or_default();
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        if hours < HOURS_MIN {
            return Err(Failure::argument(format!(
                "Minimum allowed retention period is {HOURS_MIN} hours. Requested retention period ({hours} hours) is \
                 too short."
            )));
        }
        if hours > HOURS_MAX {
            return Err(Failure::argument(format!(
                "Maximum allowed retention period is {HOURS_MAX} hours. Requested retention period ({hours} hours) is \
                 too long."
            )));
        }
        let changed = move |stream: &DataStream| {
            check(stream, hours)?;
            let hours = u32::try_from(hours).unwrap_or(stream.retention_hours);
            Ok(stream.changed(|stream| stream.retention_hours = hours))
        };
        self.update(caller, &stream.name, changed).await?;
        Ok(Value::Null)
    }
}
