//! PutRecords: up to 500 records in one commit. Where the store fails, each record is answered with that.

use super::put_record::{Members, NewRecord};
use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

const RECORDS_MAX: usize = 500;

/// The most data of a request, partition keys included.
const BYTES_MAX: usize = 10 << 20;

impl Kinesis {
    pub(in crate::kinesis) async fn put_records(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let records = request.list("Records", (1, RECORDS_MAX))?;
        let records = request.required("Records", records).unwrap_or_default();
        let members = records.into_iter().enumerate().map(|(nth, record)| {
            request.within(format!("records.{}.member", nth + 1), record, Members::read)
        });
        let members: Vec<Members> = members.collect::<Result<_, _>>()?;
        request.finish()?;
        request.unsupported(&["DryRun"])?;
        let stream = self.stream(&meant, caller)?;
        let records = members.into_iter().map(|members| members.record(&stream));
        let records: Vec<NewRecord> = records.collect::<Result<_, _>>()?;
        let bytes: usize = records.iter().map(|record| record.size_bytes).sum();
        if bytes > BYTES_MAX {
            return Err(Failure::argument(format!(
                "Records size exceeds {} MB limit",
                BYTES_MAX / (1 << 20)
            )));
        }
        let (failed, results) = match self.put(caller, &stream.name, &records).await {
            Ok(puts) => (0, puts.iter().map(|put| Value::structure(put.members())).collect()),
            Err(failure) if failure.status() == 500 => (records.len(), vec![failed(); records.len()]),
            Err(failure) => return Err(failure),
        };
        Ok(Value::structure([("FailedRecordCount", Value::count(failed)), ("Records", Value::List(results))]))
    }
}

/// A record that was not put.
fn failed() -> Value {
    Value::structure([
        ("ErrorCode", Value::from("InternalFailure")),
        ("ErrorMessage", Value::from("Internal service failure.")),
    ])
}
