//! `AWS::S3::Bucket`. What is set of a bucket is kept as the documents that S3's own operations take, and has the effect that
//! it has there.

use super::bucket_settings::{self, SETTINGS};
use super::handler::{Done, Handler, Place, differs, made, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, TAGS, TEXTS, may, must, never};
use super::{Made, tags};
use serde_json::{Value as Json, json};
use services::objects::{BucketName, ObjectsError};

/// The type.
pub(super) struct Bucket;

/// The lists by which everybody else may do nothing, which is so in any case.
const PRIVATE: [&str; 3] = ["Private", "BucketOwnerRead", "BucketOwnerFullControl"];

const TRANSITION: Shape = Shape::Structure(&[
    must("StorageClass", Shape::Text),
    may("TransitionDate", Shape::Text),
    may("TransitionInDays", Shape::Integer),
]);

const OLD_TRANSITION: Shape = Shape::Structure(&[
    may("NewerNoncurrentVersions", Shape::Integer),
    must("StorageClass", Shape::Text),
    must("TransitionInDays", Shape::Integer),
]);

const LIFECYCLE_RULE: Shape = Shape::Structure(&[
    may("AbortIncompleteMultipartUpload", Shape::Structure(&[must("DaysAfterInitiation", Shape::Integer)])),
    may("ExpirationDate", Shape::Text),
    may("ExpirationInDays", Shape::Integer),
    may("ExpiredObjectDeleteMarker", Shape::Boolean),
    may("Id", Shape::Text),
    may(
        "NoncurrentVersionExpiration",
        Shape::Structure(&[
            may("NewerNoncurrentVersions", Shape::Integer),
            must("NoncurrentDays", Shape::Integer),
        ]),
    ),
    may("NoncurrentVersionExpirationInDays", Shape::Integer),
    may("NoncurrentVersionTransition", OLD_TRANSITION),
    may("NoncurrentVersionTransitions", Shape::List(&OLD_TRANSITION)),
    may("ObjectSizeGreaterThan", Shape::Text),
    may("ObjectSizeLessThan", Shape::Text),
    may("Prefix", Shape::Text),
    must("Status", Shape::Text),
    may("TagFilters", TAGS),
    may("Transition", TRANSITION),
    may("Transitions", Shape::List(&TRANSITION)),
]);

const ENCRYPTION_RULE: Shape = Shape::Structure(&[
    may("BlockedEncryptionTypes", Shape::Structure(&[may("EncryptionType", TEXTS)])),
    may("BucketKeyEnabled", Shape::Boolean),
    may(
        "ServerSideEncryptionByDefault",
        Shape::Structure(&[may("KMSMasterKeyID", Shape::Text), must("SSEAlgorithm", Shape::Text)]),
    ),
]);

const CORS_RULE: Shape = Shape::Structure(&[
    may("AllowedHeaders", TEXTS),
    must("AllowedMethods", TEXTS),
    must("AllowedOrigins", TEXTS),
    may("ExposedHeaders", TEXTS),
    may("Id", Shape::Text),
    may("MaxAge", Shape::Integer),
]);

impl Handler for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";

    const PROPERTIES: &'static [Member] = &[
        never("AbacStatus"),
        never("AccelerateConfiguration"),
        may("AccessControl", Shape::Text),
        never("AnalyticsConfigurations"),
        may(
            "BucketEncryption",
            Shape::Structure(&[must("ServerSideEncryptionConfiguration", Shape::List(&ENCRYPTION_RULE))]),
        ),
        may("BucketName", Shape::Text),
        never("BucketNamePrefix"),
        never("BucketNamespace"),
        may("CorsConfiguration", Shape::Structure(&[must("CorsRules", Shape::List(&CORS_RULE))])),
        never("IntelligentTieringConfigurations"),
        never("InventoryConfigurations"),
        may(
            "LifecycleConfiguration",
            Shape::Structure(&[
                must("Rules", Shape::List(&LIFECYCLE_RULE)),
                may("TransitionDefaultMinimumObjectSize", Shape::Text),
            ]),
        ),
        never("LoggingConfiguration"),
        never("MetadataConfiguration"),
        never("MetadataTableConfiguration"),
        never("MetricsConfigurations"),
        never("NotificationConfiguration"),
        never("ObjectLockConfiguration"),
        may("ObjectLockEnabled", Shape::Boolean),
        may(
            "OwnershipControls",
            Shape::Structure(&[must(
                "Rules",
                Shape::List(&Shape::Structure(&[may("ObjectOwnership", Shape::Text)])),
            )]),
        ),
        may(
            "PublicAccessBlockConfiguration",
            Shape::Structure(&[
                may("BlockPublicAcls", Shape::Boolean),
                may("BlockPublicPolicy", Shape::Boolean),
                may("IgnorePublicAcls", Shape::Boolean),
                may("RestrictPublicBuckets", Shape::Boolean),
            ]),
        ),
        never("ReplicationConfiguration"),
        may("Tags", TAGS),
        may("VersioningConfiguration", Shape::Structure(&[must("Status", Shape::Text)])),
        never("WebsiteConfiguration"),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        check(properties)?;
        let bucket = place.bucket(name)?;
        let (account, region) = (&place.scope.account, &place.scope.region);
        let made = place.services.objects.create_bucket(&bucket, account, region).await;
        made.map_err(refused)?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        set(place, id, &json!({}), properties).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        check(after)?;
        set(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let deleted = place.services.objects.delete_bucket(&place.bucket(id)?, &place.scope.account).await;
        deleted.map_err(refused)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let region = &place.scope.region;
        Ok(made(
            id,
            [
                ("Arn", format!("arn:aws:s3:::{id}")),
                ("DomainName", format!("{id}.s3.amazonaws.com")),
                ("DualStackDomainName", format!("{id}.s3.dualstack.{region}.amazonaws.com")),
                ("RegionalDomainName", format!("{id}.s3.{region}.amazonaws.com")),
                ("WebsiteURL", format!("http://{id}.s3-website-{region}.amazonaws.com")),
            ],
        ))
    }
}

/// Refuses what S3's own operations refuse here.
fn check(properties: &Json) -> Done<()> {
    if properties["ObjectLockEnabled"] == true {
        return Err(Refusal::unsupported("ObjectLockEnabled"));
    }
    let control = text(properties, "AccessControl");
    if !control.is_empty() && !PRIVATE.contains(&control) {
        return Err(Refusal::of(
            "S3",
            400,
            "AccessControlListNotSupported",
            format!(
                "The bucket does not allow ACLs: AccessControl {control} is not supported by this server"
            ),
        ));
    }
    let versioning = text(&properties["VersioningConfiguration"], "Status");
    if !matches!(versioning, "" | "Enabled" | "Suspended") {
        let code = "IllegalVersioningConfigurationException";
        return Err(Refusal::of("S3", 400, code, "The Versioning element must be specified"));
    }
    Ok(())
}

/// Sets what differs.
async fn set(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    for (property, subresource, write) in SETTINGS {
        if !differs(before, after, property) {
            continue;
        }
        let document = match after.get(property) {
            Some(value) => Some(write(value)),
            // Versioning that was on once is never quite off again.
            None if property == "VersioningConfiguration" => Some(write(&json!({ "Status": "Suspended" }))),
            None => None,
        };
        place.set_bucket(id, subresource, document).await?;
    }
    if !tags::Change::new(place, before, after).is_nothing() {
        let now = tags::wanted(place.scope, after);
        let document = (!now.is_empty()).then(|| bucket_settings::tagging(&now));
        place.set_bucket(id, "tagging", document).await?;
    }
    Ok(())
}

pub(super) fn refused(error: ObjectsError) -> Refusal {
    let (status, code) = match error {
        ObjectsError::NoSuchBucket => (404, "NoSuchBucket"),
        ObjectsError::AccessDenied => (403, "AccessDenied"),
        ObjectsError::BucketAlreadyExists => (409, "BucketAlreadyExists"),
        ObjectsError::BucketAlreadyOwnedByYou => (409, "BucketAlreadyOwnedByYou"),
        ObjectsError::BucketNotEmpty => (409, "BucketNotEmpty"),
        _ => {
            tracing::error!(%error, "a bucket could not be changed");
            return Refusal::unreadable("S3");
        }
    };
    Refusal::of("S3", status, code, error.to_string())
}

impl Place<'_> {
    /// The name of a bucket.
    fn bucket(&self, name: &str) -> Done<BucketName> {
        BucketName::new(name).map_err(|error| Refusal::of("S3", 400, "InvalidBucketName", error.to_string()))
    }

    /// Sets something of a bucket, or sets it back.
    pub(super) async fn set_bucket(&self, name: &str, what: &str, document: Option<String>) -> Done<()> {
        let (bucket, account) = (self.bucket(name)?, &self.scope.account);
        self.services.objects.set_bucket(&bucket, account, what, document).await.map_err(refused)
    }

    /// What was set of a bucket.
    pub(super) fn bucket_setting(&self, name: &str, what: &str) -> Done<Option<String>> {
        let bucket =
            self.services.objects.bucket(&self.bucket(name)?, &self.scope.account).map_err(refused)?;
        Ok(bucket.settings.get(what).filter(|value| !value.is_empty()).cloned())
    }
}
