//! CreateTopic: makes a topic, or answers with the one that is there already and was made alike.

use super::data_protection::kept;
use crate::topics::Topics;
use crate::topics::arn::{self, TopicArn};
use crate::topics::change::Change;
use crate::topics::failure::Failure;
use crate::topics::records::{Topic, stored};
use crate::topics::request::{Request, result};
use crate::topics::state::Live;
use crate::topics::topic_attributes;
use std::collections::BTreeMap;
use wire::query::Answer;

/// How many topics there may be.
const TOPICS_MAX: usize = 100_000;

impl Topics {
    pub(super) async fn create_topic(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("Name")?;
        let mut attributes = request.attributes();
        let fifo = match attributes.remove("FifoTopic").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                return Err(Failure::parameter("Attributes Reason: FifoTopic: Must be true or false."));
            }
        };
        arn::check_name(name, fifo)?;
        for (attribute, value) in &attributes {
            topic_attributes::check(attribute, value, fifo)?;
        }
        let tags = request.tags()?;
        let data_protection = request.members.text("DataProtectionPolicy").map_or(Ok(None), kept)?;
        let arn = TopicArn {
            account: request.caller.account.to_string(),
            region: request.caller.region.to_string(),
            name: name.to_owned(),
        };
        let _alone = self.inner.control.lock().await;
        let topic = match self.live(&arn) {
            Some(live) => {
                check_alike(&live.topic, &attributes, tags.as_ref())?;
                live.topic.clone()
            }
            None => {
                let topic = Topic {
                    id: self.inner.environment.random.next_u64(),
                    account: arn.account,
                    region: arn.region,
                    name: arn.name,
                    created_ms: self.now_ms(),
                    attributes,
                    tags: tags.unwrap_or_default(),
                    data_protection,
                    unsubscribed: 0,
                };
                self.add_topic(topic).await?
            }
        };
        let mut answer = result("CreateTopic");
        answer.element("TopicArn", topic.arn());
        Ok(answer)
    }

    async fn add_topic(&self, topic: Topic) -> Result<Topic, Failure> {
        if self.state().topics(&topic.account, &topic.region).count() >= TOPICS_MAX {
            return Err(
                Failure::new("TopicLimitExceeded", "Maximum number of topics reached").with_status(403)
            );
        }
        let change = Change::new().put(self.inner.keys.topic(topic.id), stored(&topic)?);
        self.commit(change).await?;
        let (subscriptions, fifo) = Default::default();
        self.state_mut().install(Live { topic: topic.clone(), subscriptions, fifo });
        Ok(topic)
    }
}

/// Whether a topic is as it is now asked for.
fn check_alike(
    topic: &Topic,
    attributes: &BTreeMap<String, String>,
    tags: Option<&BTreeMap<String, String>>,
) -> Result<(), Failure> {
    let told = topic_attributes::told(topic);
    if attributes.iter().any(|(name, value)| told.get(name) != Some(value)) {
        return Err(Failure::parameter("Attributes Reason: Topic already exists with different attributes"));
    }
    if tags.is_some_and(|tags| *tags != topic.tags) {
        return Err(Failure::parameter("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}
