//! Buckets and their policies, parameters.

use super::{assert_holds, attributes, rig, with};
use crate::services::{ACCOUNT, parameters, put_archive};
use serde_json::json;
use services::objects::BucketName;

const BUCKET: &str = "AWS::S3::Bucket";
const POLICY: &str = "AWS::S3::BucketPolicy";
const PARAMETER: &str = "AWS::SSM::Parameter";

#[tokio::test]
async fn a_bucket_as_the_bootstrap_template_has_it() {
    let rig = rig();
    let properties = json!({
        "AccessControl": "Private",
        "BucketEncryption": { "ServerSideEncryptionConfiguration": [
            { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x" } },
        ] },
        "PublicAccessBlockConfiguration": { "BlockPublicAcls": "true", "BlockPublicPolicy": true },
        "VersioningConfiguration": { "Status": "Enabled" },
        "LifecycleConfiguration": { "Rules": [
            { "Id": "CleanupOldVersions", "Status": "Enabled", "NoncurrentVersionExpiration": { "NoncurrentDays": "30" } },
        ] },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
        "CorsConfiguration": { "CorsRules": [{ "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 3 }] },
        "Tags": [{ "Key": "a&b", "Value": "<c>" }],
    });
    let made = rig.create(BUCKET, "assets", &properties).await.unwrap();
    assert_eq!(made.physical_id, "assets");
    let expected = json!({
        "Arn": "arn:aws:s3:::assets",
        "DomainName": "assets.s3.amazonaws.com",
        "DualStackDomainName": "assets.s3.dualstack.us-east-1.amazonaws.com",
        "RegionalDomainName": "assets.s3.us-east-1.amazonaws.com",
        "WebsiteURL": "http://assets.s3-website-us-east-1.amazonaws.com",
    });
    assert_eq!(attributes(&made), expected);
    let settings = || {
        let name = BucketName::new("assets").unwrap();
        rig.services.objects.bucket(&name, ACCOUNT).unwrap().settings
    };
    let set = settings();
    let has = |what: &str, text: &str| assert!(set[what].contains(text), "{what}: {}", set[what]);
    has("encryption", "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/x</KMSMasterKeyID>");
    has("publicAccessBlock", "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>false");
    has("versioning", "<Status>Enabled</Status>");
    has("lifecycle", "<NoncurrentDays>30</NoncurrentDays>");
    has("ownershipControls", "BucketOwnerEnforced");
    has("cors", "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds>3");
    has("tagging", "<Key>a&amp;b</Key><Value>&lt;c&gt;</Value>");
    has("tagging", "<Key>team</Key>");
    let bare = json!({ "VersioningConfiguration": { "Status": "Suspended" } });
    rig.updated(BUCKET, "assets", &properties, &bare).await;
    let set = settings();
    assert_eq!(set.keys().collect::<Vec<_>>(), ["tagging", "versioning"]);
    assert!(set["versioning"].contains("Suspended"));
    rig.deleted(BUCKET, "assets", &bare).await;
}

#[tokio::test]
async fn what_a_bucket_is_refused_for() {
    let rig = rig();
    put_archive(&rig.services, ("full", "f.zip"), ("index.js", "x")).await;
    let told = rig.delete(BUCKET, "full", &json!({})).await.unwrap_err().to_string();
    assert!(
        told.contains("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)"),
        "{told}"
    );
    assert!(rig.refused(BUCKET, "full", &json!({})).await.contains("HandlerErrorCode: AlreadyExists"));
    let cases = [
        (json!({ "WebsiteConfiguration": {} }), "The property WebsiteConfiguration is not supported"),
        (json!({ "ObjectLockEnabled": "true" }), "The property ObjectLockEnabled is not supported"),
        (json!({ "AccessControl": "PublicRead" }), "AccessControl PublicRead is not supported"),
        (json!({ "VersioningConfiguration": { "Status": "On" } }), "Versioning element must be specified"),
    ];
    for (properties, expected) in cases {
        let told = rig.refused(BUCKET, "other", &properties).await;
        assert!(told.contains(expected), "{told}");
    }
    assert!(rig.refused(BUCKET, "No", &json!({})).await.contains("The specified bucket is not valid."));
}

#[tokio::test]
async fn a_policy_of_a_bucket() {
    let rig = rig();
    rig.made(BUCKET, "assets", &json!({})).await;
    let policy = |effect: &str| json!({ "Bucket": "assets", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": effect }] } });
    assert_eq!(rig.made(POLICY, "", &policy("Deny")).await, "assets");
    assert!(rig.refused(POLICY, "", &policy("Deny")).await.contains("HandlerErrorCode: AlreadyExists"));
    rig.updated(POLICY, "assets", &policy("Deny"), &policy("Allow")).await;
    let set = || {
        let name = BucketName::new("assets").unwrap();
        rig.services.objects.bucket(&name, ACCOUNT).unwrap().settings.get("policy").cloned()
    };
    assert!(set().unwrap().contains("Allow"));
    rig.deleted(POLICY, "assets", &policy("Allow")).await;
    assert_eq!(set(), None);
    rig.deleted(BUCKET, "assets", &json!({})).await;
    rig.deleted(POLICY, "assets", &policy("Allow")).await;
}

#[tokio::test]
async fn a_parameter() {
    let rig = rig();
    let properties = json!({ "Type": "String", "Value": 21, "Description": "version", "Tags": { "a": "b" } });
    let name = "/cdk-bootstrap/x/version";
    let made = rig.create(PARAMETER, name, &properties).await.unwrap();
    assert_eq!(made.physical_id, name);
    let arn = "arn:aws:ssm:us-east-1:000000000000:parameter/cdk-bootstrap/x/version";
    assert_eq!(attributes(&made), json!({ "Arn": arn, "Type": "String", "Value": "21" }));
    let get = async || parameters(&rig.services, "GetParameter", json!({ "Name": name })).await;
    assert_holds(&get().await["Parameter"], &json!({ "Value": "21", "Type": "String", "Version": 1 }));
    assert!(rig.refused(PARAMETER, name, &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let after = with(
        &properties,
        json!({ "Type": "StringList", "Value": "a,b", "Description": null, "Tags": { "c": "d" } }),
    );
    rig.updated(PARAMETER, name, &properties, &after).await;
    assert_holds(&get().await["Parameter"], &json!({ "Value": "a,b", "Type": "StringList", "Version": 2 }));
    let tags = json!({ "ResourceType": "Parameter", "ResourceId": name });
    let tags = parameters(&rig.services, "ListTagsForResource", tags).await;
    assert_eq!(tags["TagList"], json!([{ "Key": "c", "Value": "d" }, { "Key": "team", "Value": "blue" }]));
    rig.deleted(PARAMETER, name, &after).await;
    assert_eq!(get().await["status"], 400);
    let secret = with(&properties, json!({ "Type": "SecureString" }));
    assert!(rig.refused(PARAMETER, name, &secret).await.contains("not supported by CloudFormation"));
}
