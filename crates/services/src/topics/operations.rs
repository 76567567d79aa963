//! The operations: what each is asked and answers. One file an operation, but for pairs that mirror each other.

mod confirm_subscription;
mod create_topic;
mod data_protection;
mod delete_topic;
mod list_subscriptions;
mod list_topics;
mod permissions;
mod publish;
mod publish_batch;
mod subscribe;
mod subscription_attributes;
mod tags;
mod topic_attributes;
mod unsubscribe;

use super::Topics;
use super::arn::{self, TopicArn};
use super::failure::Failure;
use super::records::{Subscription, Topic, stored};
use super::request::{Request, done, result};
use super::state::{Live, Place, Subscriber};
use std::sync::Arc;
use wire::query::Answer;

/// Operations of SNS that are of no use on one machine: what they would make does not exist here.
const REFUSED: [&str; 12] = [
    "CreatePlatformApplication",
    "CreatePlatformEndpoint",
    "CreateSMSSandboxPhoneNumber",
    "DeleteSMSSandboxPhoneNumber",
    "GetEndpointAttributes",
    "GetPlatformApplicationAttributes",
    "ListEndpointsByPlatformApplication",
    "OptInPhoneNumber",
    "SetEndpointAttributes",
    "SetPlatformApplicationAttributes",
    "SetSMSAttributes",
    "VerifySMSSandboxPhoneNumber",
];

/// Those that are allowed without a signature: the links in what endpoints are sent.
const UNSIGNED: [&str; 2] = ["ConfirmSubscription", "Unsubscribe"];

impl Topics {
    /// Runs the operation that a request names.
    pub(super) async fn run(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let action = request.members.text("Action").unwrap_or_default();
        if !request.signed && !UNSIGNED.contains(&action) {
            return Err(Failure::new(
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            )
            .with_status(403));
        }
        match action {
            "AddPermission" => self.add_permission(request).await,
            "ConfirmSubscription" => self.confirm_subscription(request).await,
            "CreateTopic" => self.create_topic(request).await,
            "DeleteTopic" => self.delete_topic(request).await,
            "GetDataProtectionPolicy" => self.get_data_protection_policy(request),
            "GetSubscriptionAttributes" => self.get_subscription_attributes(request),
            "GetTopicAttributes" => self.get_topic_attributes(request),
            "ListSubscriptions" => self.list_subscriptions(request),
            "ListSubscriptionsByTopic" => self.list_subscriptions_by_topic(request),
            "ListTagsForResource" => self.list_tags_for_resource(request),
            "ListTopics" => self.list_topics(request),
            "Publish" => self.publish_operation(request).await,
            "PublishBatch" => self.publish_batch(request).await,
            "PutDataProtectionPolicy" => self.put_data_protection_policy(request).await,
            "RemovePermission" => self.remove_permission(request).await,
            "SetSubscriptionAttributes" => self.set_subscription_attributes(request).await,
            "SetTopicAttributes" => self.set_topic_attributes(request).await,
            "Subscribe" => self.subscribe(request).await,
            "TagResource" => self.tag_resource(request).await,
            "Unsubscribe" => self.unsubscribe(request).await,
            "UntagResource" => self.untag_resource(request).await,
            other => nothing_there(other),
        }
    }
}

/// Answers what is asked of things that this server never has.
fn nothing_there(action: &str) -> Result<Answer, Failure> {
    let list = match action {
        "ListPlatformApplications" => "PlatformApplications",
        "ListOriginationNumbers" => "PhoneNumbers",
        "ListPhoneNumbersOptedOut" => "phoneNumbers",
        "ListSMSSandboxPhoneNumbers" => "PhoneNumbers",
        "GetSMSAttributes" => "attributes",
        "CheckIfPhoneNumberIsOptedOut" => {
            let mut answer = result(action);
            answer.element("isOptedOut", "false");
            return Ok(answer);
        }
        "GetSMSSandboxAccountStatus" => {
            let mut answer = result(action);
            answer.element("IsInSandbox", "true");
            return Ok(answer);
        }
        // As of what does not exist.
        "DeletePlatformApplication" | "DeleteEndpoint" => return Ok(done(action)),
        other if REFUSED.contains(&other) => {
            return Err(Failure::parameter(format!(
                "Action Reason: {other} is not supported by this server"
            )));
        }
        other => {
            return Err(Failure::new(
                "InvalidAction",
                format!("Could not find operation {other} for version 2010-03-31"),
            ));
        }
    };
    let mut answer = result(action);
    answer.open(list).close();
    Ok(answer)
}

/// A subscription that a request names.
struct Named {
    place: Place,
    live: Arc<Live>,
    to: Arc<Subscriber>,
}

impl Topics {
    /// The topic that a member names, and that the caller may use.
    fn named_topic(&self, request: &Request<'_>, member: &str) -> Result<(Place, Arc<Live>), Failure> {
        let arn = request.topic_arn(member)?;
        self.check_owner(request, &arn, member)?;
        let state = self.state();
        let place = state.place(&arn);
        let live = state.topic(&place).cloned().ok_or_else(Failure::no_topic)?;
        Ok((place, live))
    }

    /// The subscription that `SubscriptionArn` names, and that the caller may use.
    fn named_subscription(&self, request: &Request<'_>) -> Result<Named, Failure> {
        let (topic, id) = arn::parse_subscription(request.required("SubscriptionArn")?)?;
        self.check_owner(request, &topic, "SubscriptionArn")?;
        let state = self.state();
        let place = state.place(&topic);
        let (live, to) = state.subscription(id).ok_or_else(Failure::no_subscription)?;
        if state.topic(&place).is_none_or(|other| other.topic.id != live.topic.id) {
            return Err(Failure::no_subscription());
        }
        Ok(Named { place, live: Arc::clone(live), to: Arc::clone(to) })
    }

    /// Regions and accounts are separate, unless all is shared. A link that was sent to an endpoint says itself where it
    /// belongs.
    fn check_owner(&self, request: &Request<'_>, arn: &TopicArn, member: &str) -> Result<(), Failure> {
        let caller = request.caller;
        if self.inner.options.shared || !request.signed {
            return Ok(());
        }
        if arn.region != caller.region {
            return Err(Failure::parameter(format!(
                "{member} Reason: it is of region {}, and the request of region {}",
                arn.region, caller.region
            )));
        }
        if arn.account != caller.account {
            return Err(Failure::authorization(format!(
                "User: arn:aws:iam::{}:root is not authorized to perform: SNS:{} on resource: {arn} because no \
                 resource-based policy allows it: accounts are separate unless the server is started with \
                 --shared-tables",
                caller.account,
                request.members.text("Action").unwrap_or_default(),
            )));
        }
        Ok(())
    }

    /// Changes what is recorded of a topic that a member names.
    async fn change_topic(
        &self,
        request: &Request<'_>,
        member: &str,
        change: impl FnOnce(&mut Topic) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let _alone = self.inner.control.lock().await;
        let (_, live) = self.named_topic(request, member)?;
        let mut topic = live.topic.clone();
        change(&mut topic)?;
        self.put_topic(&live, topic).await
    }

    /// Records a topic, and has it used from now on. Under the lock of changes.
    async fn put_topic(&self, live: &Live, topic: Topic) -> Result<(), Failure> {
        let change = super::change::Change::new().put(self.inner.keys.topic(topic.id), stored(&topic)?);
        self.commit(change).await?;
        self.state_mut().install(Live { topic, ..live.clone() });
        Ok(())
    }

    /// Records a subscription, and has it used from now on. Under the lock of changes.
    async fn put_subscription(&self, place: &Place, record: Subscription) -> Result<(), Failure> {
        let key = self.inner.keys.subscription(record.topic, &record.id);
        let change = super::change::Change::new().put(key, stored(&record)?);
        let subscriber = Subscriber::new(record)?;
        self.commit(change).await?;
        self.state_mut().install_subscription(place, subscriber);
        Ok(())
    }
}
