//! Topics and subscriptions: made, shown, changed, removed.

use super::*;

fn code<T: std::fmt::Debug>(result: Result<T, (String, String)>) -> String {
    result.unwrap_err().0
}

#[tokio::test]
async fn creating_a_topic_again_answers_with_it() {
    let world = World::new();
    let arn = world.topic("news").await;
    assert_eq!(arn, "arn:aws:sns:us-east-1:000000000000:news");
    assert_eq!(world.topic("news").await, arn);
    let other = "Action=CreateTopic&Name=news&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x";
    let refused = world.call(other).await.unwrap_err();
    assert_eq!(
        refused,
        (
            "InvalidParameter".into(),
            "Invalid parameter: Attributes Reason: Topic already exists with different attributes".into()
        )
    );
    let tagged = "Action=CreateTopic&Name=news&Tags.member.1.Key=a&Tags.member.1.Value=b";
    assert_eq!(
        world.call(tagged).await.unwrap_err().1,
        "Invalid parameter: Tags Reason: Topic already exists with different tags"
    );
    assert_eq!(
        world.call("Action=CreateTopic&Name=a.fifo").await.unwrap_err().1,
        "Invalid parameter: Topic Name"
    );
}

#[tokio::test]
async fn everything_is_there_after_another_start() {
    let world = World::new();
    let topic = world.topic("news").await;
    let form =
        format!("Action=SetTopicAttributes&TopicArn={topic}&AttributeName=DisplayName&AttributeValue=N");
    world.ok(&form).await;
    world
        .ok(&format!("Action=TagResource&ResourceArn={topic}&Tags.member.1.Key=k&Tags.member.1.Value=v"))
        .await;
    let policy = r#"{"a":["b"]}"#;
    let to = world.subscribe(&topic, "sqs", &queue("q"), &[("FilterPolicy", policy)]).await;
    let gone = world.subscribe(&topic, "sqs", &queue("r"), &[]).await;
    world.ok(&format!("Action=Unsubscribe&SubscriptionArn={gone}")).await;
    let world = world.reopened();
    let told = attributes_of(&world.ok(&format!("Action=GetTopicAttributes&TopicArn={topic}")).await);
    for (name, value) in [
        ("DisplayName", "N"),
        ("SubscriptionsConfirmed", "1"),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "1"),
        ("Owner", ACCOUNT),
        ("TopicArn", topic.as_str()),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert!(told["Policy"].contains("__default_policy_ID"));
    assert!(told["EffectiveDeliveryPolicy"].contains("\"numRetries\":3"));
    let tags = world.ok(&format!("Action=ListTagsForResource&ResourceArn={topic}")).await;
    assert_eq!((within(&tags, "Key"), within(&tags, "Value")), (Some("k".into()), Some("v".into())));
    let told =
        attributes_of(&world.ok(&format!("Action=GetSubscriptionAttributes&SubscriptionArn={to}")).await);
    for (name, value) in [
        ("FilterPolicy", policy),
        ("FilterPolicyScope", "MessageAttributes"),
        ("RawMessageDelivery", "false"),
        ("PendingConfirmation", "false"),
        ("Endpoint", &queue("q")),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

#[tokio::test]
async fn subscribing_again_answers_with_the_subscription() {
    let world = World::new();
    let topic = world.topic("news").await;
    let first = world.subscribe(&topic, "sqs", &queue("q"), &[("RawMessageDelivery", "true")]).await;
    assert_eq!(world.subscribe(&topic, "sqs", &queue("q"), &[]).await, first);
    let other = format!(
        "Action=Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={}&Attributes.entry.1.key=RawMessageDelivery\
         &Attributes.entry.1.value=false",
        queue("q")
    );
    assert_eq!(
        world.call(&other).await.unwrap_err().1,
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    );
}

#[tokio::test]
async fn endpoints_that_cannot_be_subscribed_are_refused() {
    let world = World::new();
    let (topic, fifo) = (world.topic("news").await, world.topic("news.fifo").await);
    let ordered = queue("q.fifo");
    let table = [
        (
            &topic,
            "https",
            "https://localhost/",
            "Protocol Reason: https is not supported by this server, which sends to http endpoints",
        ),
        (&topic, "sms", "+4912345", "Protocol Reason: sms is not supported by this server"),
        (&topic, "pigeon", "x", "Amazon SNS does not support this protocol string: pigeon"),
        (&topic, "sqs", "q", "SQS endpoint ARN"),
        (
            &topic,
            "sqs",
            ordered.as_str(),
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (&topic, "lambda", "f", "Lambda endpoint ARN"),
        (&topic, "http", "https://localhost/", "Endpoint must match the specified protocol"),
        (&topic, "email", "nobody", "Email address"),
        (
            &fifo,
            "http",
            "http://localhost/",
            "Invalid parameter: Endpoint Reason: FIFO SNS topics can not be subscribed to by protocol http",
        ),
    ];
    for (topic, protocol, endpoint, message) in table {
        let form =
            format!("Action=Subscribe&TopicArn={topic}&Protocol={protocol}&Endpoint={}", encoded(endpoint));
        let expected = ("InvalidParameter".to_owned(), format!("Invalid parameter: {message}"));
        assert_eq!(world.call(&form).await, Err(expected));
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::new();
    let mut topics = Vec::new();
    for number in 0..101 {
        topics.push(world.topic(&format!("t{number:03}")).await);
    }
    let first = world.ok("Action=ListTopics").await;
    let token = within(&first, "NextToken").unwrap();
    let second = world.ok(&format!("Action=ListTopics&NextToken={token}")).await;
    assert_eq!(within(&second, "NextToken"), None);
    let listed = [all_within(&first, "TopicArn"), all_within(&second, "TopicArn")].concat();
    assert_eq!(listed, topics);
    assert_eq!(code(world.call("Action=ListTopics&NextToken=%00").await), "InvalidParameter");

    for number in 0..101 {
        world.subscribe(&topics[3], "sqs", &queue(&format!("q{number}")), &[]).await;
    }
    world.subscribe(&topics[1], "sqs", &queue("q"), &[]).await;
    for (form, count) in [
        ("Action=ListSubscriptions".to_owned(), 102),
        (format!("Action=ListSubscriptionsByTopic&TopicArn={}", topics[3]), 101),
    ] {
        let first = world.ok(&form).await;
        let token = within(&first, "NextToken").unwrap();
        let second = world.ok(&format!("{form}&NextToken={token}")).await;
        let mut listed = [all_within(&first, "Endpoint"), all_within(&second, "Endpoint")].concat();
        listed.sort();
        listed.dedup();
        assert_eq!(listed.len(), count);
    }
}

#[tokio::test]
async fn accounts_and_regions_are_separate_unless_shared() {
    let form = |topic: &str| format!("Action=Publish&TopicArn={topic}&Message=x");
    for shared in [false, true] {
        let world = World::with(shared);
        let topic = world.topic("news").await;
        let (account, region) = (Caller::new("111111111111", "us-east-1"), Caller::new(ACCOUNT, "eu-west-1"));
        for (caller, expected) in [(account, "AuthorizationError"), (region, "InvalidParameter")] {
            let published = world.call_as(&caller, true, &form(&topic)).await;
            let listed = world.call_as(&caller, true, "Action=ListTopics").await.unwrap();
            assert_eq!(all_within(&listed, "TopicArn").len(), usize::from(shared));
            match shared {
                true => assert!(published.is_ok()),
                false => assert_eq!(code(published), expected),
            }
        }
    }
}

#[tokio::test]
async fn a_topic_takes_its_subscriptions_with_it() {
    let world = World::new();
    let topic = world.topic("news").await;
    let to = world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    world.ok(&format!("Action=DeleteTopic&TopicArn={topic}")).await;
    world.ok(&format!("Action=DeleteTopic&TopicArn={topic}")).await;
    let world = world.reopened();
    assert_eq!(
        world.call(&format!("Action=GetTopicAttributes&TopicArn={topic}")).await,
        Err(("NotFound".into(), "Topic does not exist".into()))
    );
    let subscription = format!("Action=GetSubscriptionAttributes&SubscriptionArn={to}");
    assert_eq!(
        world.call(&subscription).await,
        Err(("NotFound".into(), "Subscription does not exist".into()))
    );
    assert_eq!(
        world.call(&format!("Action=ListTagsForResource&ResourceArn={topic}")).await,
        Err(("ResourceNotFound".into(), "Resource does not exist".into()))
    );
    // Made again, it is another one.
    world.topic("news").await;
    assert_eq!(code(world.call(&subscription).await), "NotFound");
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let world = World::new();
    let topic = world.topic("news").await;
    let add = format!(
        "Action=AddPermission&TopicArn={topic}&Label=l&AWSAccountId.member.1=111111111111&ActionName.member.1=Publish"
    );
    world.ok(&add).await;
    assert_eq!(world.call(&add).await.unwrap_err().1, "Invalid parameter: Statement already exists");
    let get = format!("Action=GetTopicAttributes&TopicArn={topic}");
    let policy: serde_json::Value =
        serde_json::from_str(&attributes_of(&world.ok(&get).await)["Policy"]).unwrap();
    let added = policy["Statement"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        added,
        serde_json::json!({
            "Sid": "l", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:root" },
            "Action": "SNS:Publish", "Resource": topic,
        })
    );
    world.ok(&format!("Action=RemovePermission&TopicArn={topic}&Label=l")).await;
    assert!(!attributes_of(&world.ok(&get).await)["Policy"].contains("111111111111"));
}

#[tokio::test]
async fn what_is_kept_of_a_request_has_limits() {
    let world = World::new();
    let topic = world.topic("news").await;
    let permission = |number: usize| {
        format!(
            "Action=AddPermission&TopicArn={topic}&Label={number}{}&AWSAccountId.member.1=111111111111\
             &ActionName.member.1=Publish",
            "l".repeat(9_000)
        )
    };
    for number in 0..3 {
        world.ok(&permission(number)).await;
    }
    let long = "x".repeat(2_048);
    for form in [
        permission(3),
        format!("Action=Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={}", queue(&long)),
        "Action=CreateTopic&Name=other&DataProtectionPolicy=x".to_owned(),
    ] {
        assert_eq!(code(world.call(&form).await), "InvalidParameter", "{}", &form[..60]);
    }
    assert_eq!(within(&world.ok("Action=ListTopics").await, "TopicArn"), Some(topic));
}

#[tokio::test]
async fn a_subscription_that_was_not_recorded_was_not_deleted() {
    let world = World::new();
    let topic = world.topic("news").await;
    let to = world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    let arn = TopicArn::parse(&topic, "TopicArn").unwrap();
    let place = world.topics.state().place(&arn);
    // As a subscription to an endpoint is taken back where its commit fails.
    let record = world.topics.live(&arn).unwrap().subscriptions.values().next().unwrap().record.clone();
    let other = Subscriber::new(Subscription { id: "other".into(), ..record }).unwrap();
    world.topics.state_mut().install_subscription(&place, other);
    world.topics.state_mut().remove_subscription(&place, "other");
    let deleted = async || {
        let told = world.ok(&format!("Action=GetTopicAttributes&TopicArn={topic}")).await;
        attributes_of(&told)["SubscriptionsDeleted"].clone()
    };
    assert_eq!(deleted().await, "0");
    world.ok(&format!("Action=Unsubscribe&SubscriptionArn={to}")).await;
    assert_eq!(deleted().await, "1");
    assert_eq!(within(&world.ok("Action=ListSubscriptions").await, "SubscriptionArn"), None);
}

#[tokio::test]
async fn policies_are_set_and_cleared() {
    let world = World::new();
    let topic = world.topic("news").await;
    let to = world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    let set = |name: &str, value: &str| {
        format!(
            "Action=SetSubscriptionAttributes&SubscriptionArn={to}&AttributeName={name}&AttributeValue={}",
            encoded(value)
        )
    };
    let get = format!("Action=GetSubscriptionAttributes&SubscriptionArn={to}");
    world.ok(&set("FilterPolicy", r#"{"a":["b"]}"#)).await;
    assert_eq!(attributes_of(&world.ok(&get).await)["FilterPolicy"], r#"{"a":["b"]}"#);
    world.ok(&set("FilterPolicy", "{}")).await;
    assert_eq!(attributes_of(&world.ok(&get).await).get("FilterPolicy"), None);
    // A nested policy needs the other scope first.
    let nested = r#"{"a":{"b":["c"]}}"#;
    assert_eq!(code(world.call(&set("FilterPolicy", nested)).await), "InvalidParameter");
    world.ok(&set("FilterPolicyScope", "MessageBody")).await;
    world.ok(&set("FilterPolicy", nested)).await;
    assert_eq!(code(world.call(&set("FilterPolicyScope", "MessageAttributes")).await), "InvalidParameter");
    assert_eq!(code(world.call(&set("Protocol", "http")).await), "InvalidParameter");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_known() {
    let world = World::new();
    for (form, expected) in [
        ("Action=CreatePlatformApplication", "InvalidParameter"),
        ("Action=Fly", "InvalidAction"),
        ("", "InvalidAction"),
        ("Action=CreateTopic", "ValidationError"),
        ("Action=%", "MalformedQueryString"),
        ("Action=Publish&PhoneNumber=1&Message=x", "InvalidParameter"),
        ("Action=Publish&Message=x", "InvalidParameter"),
        ("Action=Publish&TopicArn=news&Message=x", "InvalidParameter"),
        ("Action=Unsubscribe&SubscriptionArn=pending%20confirmation", "InvalidParameter"),
    ] {
        assert_eq!(code(world.call(form).await), expected, "{form}");
    }
    for form in ["Action=ListPlatformApplications", "Action=GetSMSAttributes", "Action=DeleteEndpoint"] {
        world.ok(form).await;
    }
    let caller = Caller::new(ACCOUNT, "us-east-1");
    assert_eq!(code(world.call_as(&caller, false, "Action=ListTopics").await), "MissingAuthenticationToken");
}
