//! PutObject.

use super::call::{Call, WithHeader, empty, quoted};
use super::failure::Failure;
use crate::objects::Checksum;
use server::StreamAnswer;

impl Call {
    /// PutObject.
    pub(super) async fn put_object(mut self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let (attributes, condition) = (self.attributes()?, self.condition()?);
        let written = self.receive(None).await?;
        let object = self.objects.put(self.address()?, written, attributes, condition).await;
        let object = object.map_err(|error| self.failure(error))?;
        let answer = empty(200)
            .with_header("etag", quoted(&object.etag))
            .with_header("x-amz-server-side-encryption", "AES256");
        Ok(with_checksum(answer, object.checksum.as_ref()))
    }
}

/// With the headers that tell a checksum.
pub(super) fn with_checksum(answer: StreamAnswer, checksum: Option<&Checksum>) -> StreamAnswer {
    let Some(checksum) = checksum else { return answer };
    answer
        .with_header(&format!("x-amz-checksum-{}", checksum.algorithm.name().to_lowercase()), &checksum.value)
        .with_header("x-amz-checksum-type", checksum.kind.name())
}
