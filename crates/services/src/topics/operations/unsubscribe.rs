//! Unsubscribe: by whoever made the subscription, or by the link in each message.

use crate::topics::Topics;
use crate::topics::change::Change;
use crate::topics::failure::Failure;
use crate::topics::records::stored;
use crate::topics::request::{Request, done};
use crate::topics::state::Live;
use wire::query::Answer;

impl Topics {
    pub(super) async fn unsubscribe(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let named = match self.named_subscription(request) {
            Ok(named) => named,
            // One that is not there is ended.
            Err(failure) if failure.code() == "NotFound" => return Ok(done("Unsubscribe")),
            Err(failure) => return Err(failure),
        };
        let record = &named.to.record;
        if record.unsubscribe_signed && !request.signed {
            return Err(Failure::authorization("The subscription can be ended by a signed request only"));
        }
        let mut live = Live::clone(&named.live);
        live.topic.unsubscribed += 1;
        live.subscriptions.remove(&record.id);
        let keys = self.inner.keys;
        let change = Change::new()
            .delete(keys.subscription(record.topic, &record.id))
            .put(keys.topic(live.topic.id), stored(&live.topic)?);
        self.commit(change).await?;
        self.state_mut().install(live);
        // What was to be sent to it is dropped.
        self.wake(&record.id);
        Ok(done("Unsubscribe"))
    }
}
