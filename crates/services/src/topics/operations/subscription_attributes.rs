//! GetSubscriptionAttributes and SetSubscriptionAttributes.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, done, result, write_attributes};
use crate::topics::subscription_attributes::{check, kept, told};
use wire::query::Answer;

impl Topics {
    pub(super) fn get_subscription_attributes(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let named = self.named_subscription(request)?;
        let mut answer = result("GetSubscriptionAttributes");
        write_attributes(&mut answer, &told(&named.to.record, &named.live.topic));
        Ok(answer)
    }

    pub(super) async fn set_subscription_attributes(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("AttributeName")?;
        let value = request.members.text("AttributeValue").unwrap_or_default();
        let _alone = self.inner.control.lock().await;
        let named = self.named_subscription(request)?;
        let mut record = named.to.record.clone();
        let clears = value.is_empty() && matches!(name, "FilterPolicy" | "RedrivePolicy" | "DeliveryPolicy");
        if clears {
            record.attributes.remove(name);
        } else {
            record.attributes.insert(name.to_owned(), value.to_owned());
        }
        check(&record.attributes, record.protocol, named.live.topic.is_fifo())?;
        record.attributes = kept(&record.attributes);
        self.put_subscription(&named.place, record).await?;
        self.wake(&named.to.record.id);
        Ok(done("SetSubscriptionAttributes"))
    }
}
