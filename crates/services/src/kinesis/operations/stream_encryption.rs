//! StartStreamEncryption and StopStreamEncryption: stored and shown. Nothing is encrypted.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

const TYPES: (&[&str], &str) = (&["KMS", "NONE"], "[KMS, NONE]");

impl Kinesis {
    pub(in crate::kinesis) async fn start_stream_encryption(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_encryption(caller, request, true).await
    }

    pub(in crate::kinesis) async fn stop_stream_encryption(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        self.set_encryption(caller, request, false).await
    }

    async fn set_encryption(
        &self,
        caller: &Caller,
        mut request: Request,
        on: bool,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let kind = request.one_of("EncryptionType", TYPES)?;
        let kind = request.required("EncryptionType", kind);
        let key = request.text_of("KeyId", (1, 2048))?;
        let key = request.required("KeyId", key);
        request.finish()?;
        if kind != Some("KMS") {
            return Err(Failure::argument("EncryptionType must be KMS."));
        }
        let stream = self.stream(&meant, caller)?;
        self.update(caller, &stream.name, move |stream| {
            Ok(stream.changed(|stream| stream.encryption_key = key.filter(|_| on)))
        })
        .await?;
        Ok(Value::Null)
    }
}
