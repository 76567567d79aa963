//! DeleteStream: the stream and its records are gone when this answers, and tables that deliver to it stop.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) async fn delete_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        match self.database.delete_data_stream(caller, &stream.name).await {
            Ok(_) => Ok(Value::Null),
            Err(error) => {
                Err(Failure::of_change(error, (&stream.name, &caller.account), |never| match never {}))
            }
        }
    }
}
