//! DeleteTopic: the topic, its subscriptions, and what was still to be sent to them.

use crate::topics::Topics;
use crate::topics::change::Change;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, done};
use wire::query::Answer;

impl Topics {
    pub(super) async fn delete_topic(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let arn = request.topic_arn("TopicArn")?;
        self.check_owner(request, &arn, "TopicArn")?;
        // One that is not there is deleted.
        let Some(live) = self.live(&arn) else { return Ok(done("DeleteTopic")) };
        let keys = self.inner.keys;
        // Nobody publishes in order meanwhile, so that nothing more is remembered.
        let _fifo = live.fifo.lock().await;
        let mut change = Change::new().delete(keys.topic(live.topic.id));
        for id in live.subscriptions.keys() {
            change = change.delete(keys.subscription(live.topic.id, id));
        }
        let range = keys.deduplicated_of(live.topic.id);
        let mut remembered = Vec::new();
        self.each(&range, |key, _| {
            remembered.push(keys.read(key));
            Ok(())
        })?;
        for key in remembered {
            change = change.delete(key);
        }
        self.commit(change).await?;
        {
            let mut state = self.state_mut();
            let place = state.place(&arn);
            state.remove(&place);
        }
        live.subscriptions.keys().for_each(|id| self.wake(id));
        Ok(done("DeleteTopic"))
    }
}
