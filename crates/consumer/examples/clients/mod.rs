//! AWS's two clients of one endpoint, without TLS and with made-up keys: for a server on this machine. For AWS, make
//! them from `aws_config`.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use tailwater_consumer::aws::Sdk;

/// The transport to this endpoint.
pub(crate) fn sdk(endpoint: &str) -> Sdk {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let keys = Credentials::new("local", "local", None, None, "example");
    let tables = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(keys.clone())
        .endpoint_url(endpoint)
        .http_client(http.clone())
        .region(Region::new("us-east-1"))
        .build();
    let streams = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(keys)
        .endpoint_url(endpoint)
        .http_client(http)
        .region(Region::new("us-east-1"))
        .build();
    Sdk::new(aws_sdk_dynamodb::Client::from_conf(tables), aws_sdk_dynamodbstreams::Client::from_conf(streams))
}
