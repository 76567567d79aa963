//! Subscribe: a queue or a function is subscribed at once, an HTTP endpoint once it confirms that.

use crate::topics::Topics;
use crate::topics::arn::{is_fifo, resource};
use crate::topics::change::Change;
use crate::topics::failure::Failure;
use crate::topics::http::check_url;
use crate::topics::records::{Protocol, Subscription, stored};
use crate::topics::request::{Request, result};
use crate::topics::state::{Live, Place, Subscriber};
use crate::topics::subscription_attributes::{check, kept};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::query::Answer;

/// How many subscriptions a topic may have.
const SUBSCRIPTIONS_MAX: usize = 100_000;

/// The longest name of an endpoint: a URL's.
const ENDPOINT_BYTES_MAX: usize = 2_048;

/// How many filter policies may be on one topic.
const FILTERS_MAX: usize = 10_000;

impl Topics {
    pub(super) async fn subscribe(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let protocol = protocol(request.required("Protocol")?)?;
        let endpoint = request.members.text("Endpoint").unwrap_or_default();
        let attributes = request.attributes();
        let told = request.members.text("ReturnSubscriptionArn").is_some_and(|flag| flag == "true");
        let _alone = self.inner.control.lock().await;
        let (place, live) = self.named_topic(request, "TopicArn")?;
        let fifo = live.topic.is_fifo();
        check_endpoint(protocol, endpoint, fifo)?;
        check(&attributes, protocol, fifo)?;
        let attributes = kept(&attributes);
        let same = live
            .subscriptions
            .values()
            .find(|to| to.record.protocol == protocol && to.record.endpoint == endpoint);
        let record = match same {
            Some(to) => {
                let record = self.again(request, to).await?;
                if attributes.iter().any(|(name, value)| record.attributes.get(name) != Some(value)) {
                    return Err(Failure::parameter(
                        "Attributes Reason: Subscription already exists with different attributes",
                    ));
                }
                record
            }
            None => {
                check_counts(&live, &attributes)?;
                let record = self.new_subscription(request, &live, (protocol, endpoint), attributes);
                self.add_subscription(request, &place, record).await?
            }
        };
        let arn = match record.confirmed || told {
            true => record.arn(),
            false => "pending confirmation".to_owned(),
        };
        let mut answer = result("Subscribe");
        answer.element("SubscriptionArn", arn);
        Ok(answer)
    }

    fn new_subscription(
        &self,
        request: &Request<'_>,
        live: &Live,
        (protocol, endpoint): (Protocol, &str),
        attributes: BTreeMap<String, String>,
    ) -> Subscription {
        let random = &self.inner.environment.random;
        let confirmed = matches!(protocol, Protocol::Sqs | Protocol::Lambda);
        let token = match confirmed {
            true => String::new(),
            false => format!("{:032x}{:032x}", random.next_u128(), random.next_u128()),
        };
        Subscription {
            id: self.uuid(),
            topic: live.topic.id,
            topic_arn: live.topic.arn(),
            account: request.caller.account.to_string(),
            protocol,
            endpoint: endpoint.to_owned(),
            attributes,
            token,
            confirmed,
            authenticated: confirmed,
            unsubscribe_signed: false,
        }
    }

    async fn add_subscription(
        &self,
        request: &Request<'_>,
        place: &Place,
        record: Subscription,
    ) -> Result<Subscription, Failure> {
        let key = self.inner.keys.subscription(record.topic, &record.id);
        let change = Change::new().put(key, stored(&record)?);
        let subscriber = Subscriber::new(record.clone())?;
        // Known before the commit, so that a courier finds it; what is not confirmed gets no message.
        if record.protocol == Protocol::Http {
            self.state_mut().install_subscription(place, subscriber.clone());
            let asked = self.ask_to_confirm(Arc::new(subscriber), request.caller.host.to_string(), change);
            if let Err(failure) = asked.await {
                self.state_mut().remove_subscription(place, &record.id);
                return Err(failure);
            }
            return Ok(record);
        }
        if !record.confirmed {
            tracing::warn!(
                endpoint = record.endpoint,
                token = record.token,
                "no mail is sent: confirm this subscription by ConfirmSubscription, it gets no messages though"
            );
        }
        self.commit(change).await?;
        self.state_mut().install_subscription(place, subscriber);
        Ok(record)
    }

    /// Asks an endpoint once more that has not confirmed yet.
    async fn again(&self, request: &Request<'_>, to: &Arc<Subscriber>) -> Result<Subscription, Failure> {
        if to.record.protocol == Protocol::Http && !to.record.confirmed {
            self.ask_to_confirm(Arc::clone(to), request.caller.host.to_string(), Change::new()).await?;
        }
        Ok(to.record.clone())
    }
}

fn protocol(text: &str) -> Result<Protocol, Failure> {
    let unsupported = |why: &str| {
        Failure::parameter(format!("Protocol Reason: {text} is not supported by this server{why}"))
    };
    match text {
        "sqs" => Ok(Protocol::Sqs),
        "lambda" => Ok(Protocol::Lambda),
        "http" => Ok(Protocol::Http),
        "email" => Ok(Protocol::Email),
        "email-json" => Ok(Protocol::EmailJson),
        "https" => Err(unsupported(", which sends to http endpoints")),
        "sms" | "application" | "firehose" => Err(unsupported("")),
        other => {
            Err(Failure::parameter(format!("Amazon SNS does not support this protocol string: {other}")))
        }
    }
}

fn check_endpoint(protocol: Protocol, endpoint: &str, fifo: bool) -> Result<(), Failure> {
    if endpoint.len() > ENDPOINT_BYTES_MAX {
        return Err(Failure::parameter(format!(
            "Endpoint Reason: it has more than {ENDPOINT_BYTES_MAX} bytes"
        )));
    }
    let service = resource(endpoint);
    match protocol {
        Protocol::Sqs => match service {
            Some(("sqs", name)) if !name.contains(':') => {
                if is_fifo(name) && !fifo {
                    return Err(Failure::parameter(
                        "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS \
                         topics",
                    ));
                }
                Ok(())
            }
            _ => Err(Failure::parameter("SQS endpoint ARN")),
        },
        _ if fifo => Err(Failure::parameter(format!(
            "Invalid parameter: Endpoint Reason: FIFO SNS topics can not be subscribed to by protocol {}",
            protocol.name()
        ))),
        Protocol::Lambda => match service {
            Some(("lambda", function)) if function.starts_with("function:") => Ok(()),
            _ => Err(Failure::parameter("Lambda endpoint ARN")),
        },
        Protocol::Http => check_url(endpoint),
        Protocol::Email | Protocol::EmailJson => match endpoint.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() && endpoint.len() <= 320 => Ok(()),
            _ => Err(Failure::parameter("Email address")),
        },
    }
}

fn check_counts(live: &Live, attributes: &BTreeMap<String, String>) -> Result<(), Failure> {
    if live.subscriptions.len() >= SUBSCRIPTIONS_MAX {
        return Err(Failure::new("SubscriptionLimitExceeded", "Maximum number of subscriptions reached")
            .with_status(403));
    }
    let filtered = live.subscriptions.values().filter(|to| to.filter.is_some());
    if attributes.contains_key("FilterPolicy") && filtered.count() >= FILTERS_MAX {
        return Err(Failure::new("FilterPolicyLimitExceeded", "Maximum number of filter policies reached")
            .with_status(403));
    }
    Ok(())
}
