//! What can be set of a bucket and read back: one table. What is set is kept as it was sent, and has no effect.

use super::call::{Call, answer, document, empty};
use super::failure::Failure;
use super::uri::Query;
use super::xml::{NAMESPACE, Node};
use super::{buckets, tags};
use crate::objects::Bucket;
use server::{ContentType, Response, StreamAnswer};

/// What a bucket of which it was not set answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fresh {
    /// This element, with this in it.
    Xml(&'static str, &'static str),
    /// That there is none.
    Error(u16, &'static str, &'static str),
    /// Where the bucket is.
    Location,
    /// The list by which its owner may do everything.
    AccessControl,
}

/// Whether it can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// It is kept: a document with this root.
    Kept(&'static str),
    /// It is kept: a policy, which is JSON.
    Policy,
    /// Only to what it is anyway: a document with this root and nothing in it.
    Empty(&'static str),
    /// An access control list that says what holds anyway.
    AccessControl,
    /// No.
    Refused,
}

/// Something that can be set of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The parameter that names it.
    name: &'static str,
    fresh: Fresh,
    put: Put,
    /// What it answers once it was deleted, where that is not what a new bucket answers.
    deleted: Option<Fresh>,
}

const fn setting(name: &'static str, fresh: Fresh, put: Put) -> Setting {
    Setting { name, fresh, put, deleted: None }
}

/// A document with nothing in it.
const fn nothing(root: &'static str) -> Fresh {
    Fresh::Xml(root, "")
}

const ENCRYPTION: &str = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
     </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>";
const PUBLIC_ACCESS: &str = "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
     <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>";
const OWNERSHIP: &str = "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>";

static SETTINGS: [Setting; 25] = [
    setting("location", Fresh::Location, Put::Refused),
    setting("acl", Fresh::AccessControl, Put::AccessControl),
    setting("versioning", nothing("VersioningConfiguration"), Put::Kept("VersioningConfiguration")),
    setting(
        "encryption",
        Fresh::Xml("ServerSideEncryptionConfiguration", ENCRYPTION),
        Put::Kept("ServerSideEncryptionConfiguration"),
    ),
    setting("tagging", Fresh::Error(404, "NoSuchTagSet", "The TagSet does not exist"), Put::Kept("Tagging")),
    setting(
        "policy",
        Fresh::Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist"),
        Put::Policy,
    ),
    setting(
        "policyStatus",
        Fresh::Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist"),
        Put::Refused,
    ),
    Setting {
        name: "publicAccessBlock",
        fresh: Fresh::Xml("PublicAccessBlockConfiguration", PUBLIC_ACCESS),
        put: Put::Kept("PublicAccessBlockConfiguration"),
        deleted: Some(Fresh::Error(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        )),
    },
    Setting {
        name: "ownershipControls",
        fresh: Fresh::Xml("OwnershipControls", OWNERSHIP),
        put: Put::Kept("OwnershipControls"),
        deleted: Some(Fresh::Error(
            404,
            "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found",
        )),
    },
    setting(
        "lifecycle",
        Fresh::Error(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
        Put::Kept("LifecycleConfiguration"),
    ),
    setting(
        "cors",
        Fresh::Error(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
        Put::Kept("CORSConfiguration"),
    ),
    setting(
        "website",
        Fresh::Error(
            404,
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        ),
        Put::Refused,
    ),
    setting(
        "replication",
        Fresh::Error(
            404,
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found",
        ),
        Put::Refused,
    ),
    setting(
        "object-lock",
        Fresh::Error(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        ),
        Put::Refused,
    ),
    setting("notification", nothing("NotificationConfiguration"), Put::Empty("NotificationConfiguration")),
    setting("logging", nothing("BucketLoggingStatus"), Put::Empty("BucketLoggingStatus")),
    setting("accelerate", nothing("AccelerateConfiguration"), Put::Refused),
    setting(
        "requestPayment",
        Fresh::Xml("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
        Put::Refused,
    ),
    setting("abac", Fresh::Xml("AbacStatus", "<Status>Disabled</Status>"), Put::Refused),
    setting("analytics", Fresh::Xml("ListBucketAnalyticsConfigurationResult", LISTED), Put::Refused),
    setting("inventory", Fresh::Xml("ListInventoryConfigurationsResult", LISTED), Put::Refused),
    setting("metrics", Fresh::Xml("ListMetricsConfigurationsResult", LISTED), Put::Refused),
    setting(
        "intelligent-tiering",
        Fresh::Xml("ListBucketIntelligentTieringConfigurationsOutput", LISTED),
        Put::Refused,
    ),
    setting("metadataTable", NO_METADATA, Put::Refused),
    setting("metadataConfiguration", NO_METADATA, Put::Refused),
];

const LISTED: &str = "<IsTruncated>false</IsTruncated>";
const NO_METADATA: Fresh = Fresh::Error(
    404,
    "MetadataConfigurationNotFound",
    "The metadata configuration does not exist for this bucket",
);

impl Setting {
    /// The one that a query is about.
    pub(super) fn of(query: &Query) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| query.has(setting.name))
    }
}

impl Call {
    /// Reads a setting.
    pub(super) fn get_setting(self, setting: &'static Setting) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let fresh = match bucket.settings.get(setting.name) {
            Some(value) if value.is_empty() => setting.deleted.unwrap_or(setting.fresh),
            Some(value) if setting.put == Put::Policy => {
                return Ok(Response::new(200, ContentType::Json, value.clone()).into());
            }
            Some(value) => return Ok(document(value.clone())),
            // Of a policy that is kept and grants nothing, all that can be said is that it is there.
            None if setting.name == "policyStatus" && bucket.settings.contains_key("policy") => {
                Fresh::Xml("PolicyStatus", "<IsPublic>false</IsPublic>")
            }
            None => setting.fresh,
        };
        fresh.answer(&bucket)
    }

    /// Sets one.
    pub(super) async fn put_setting(mut self, setting: &'static Setting) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let sent = self.document().await?;
        let refused = || Failure::not_implemented(setting.name);
        match setting.put {
            Put::Refused => Err(refused()),
            Put::AccessControl if sent.is_empty() && self.header("x-amz-acl").is_some() => {
                self.check_acl().map(|()| empty(200))
            }
            Put::AccessControl => {
                Err(Failure::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"))
            }
            Put::Empty(root) => {
                let node = rooted(&sent, root)?;
                if node.children.is_empty() { Ok(empty(200)) } else { Err(refused()) }
            }
            Put::Kept(root) => {
                let node = rooted(&sent, root)?;
                check(setting.name, &node)?;
                self.keep(setting, &sent).await?;
                // Tags alone are answered by nothing being there to say.
                Ok(empty(if setting.name == "tagging" { 204 } else { 200 }))
            }
            Put::Policy => {
                let policy: Result<serde_json::Value, _> = serde_json::from_slice(&sent);
                if !policy.is_ok_and(|policy| policy.is_object()) {
                    let message = "Policies must be valid JSON and the first byte must be '{'";
                    return Err(Failure::new(400, "MalformedPolicy", message));
                }
                self.keep(setting, &sent).await?;
                Ok(empty(204))
            }
        }
    }

    async fn keep(&self, setting: &Setting, sent: &[u8]) -> Result<(), Failure> {
        let text = std::str::from_utf8(sent).map_err(|_| Failure::malformed_xml())?.to_owned();
        let set = self.objects.set_bucket(self.name()?, self.account(), setting.name, Some(text)).await;
        set.map_err(|error| self.failure(error))
    }

    /// Sets one back.
    pub(super) async fn delete_setting(self, setting: &'static Setting) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let value = setting.deleted.map(|_| String::new());
        let set = self.objects.set_bucket(self.name()?, self.account(), setting.name, value).await;
        set.map_err(|error| self.failure(error))?;
        Ok(empty(204))
    }
}

fn rooted(sent: &[u8], root: &str) -> Result<Node, Failure> {
    let node = Node::parse(sent).map_err(|_| Failure::malformed_xml())?;
    if node.name == root { Ok(node) } else { Err(Failure::malformed_xml()) }
}

/// What is kept must make sense where it is looked at.
fn check(name: &str, node: &Node) -> Result<(), Failure> {
    match name {
        "tagging" => tags::of_bucket(node).map(drop),
        "versioning" => match node.value("Status") {
            Some("Enabled" | "Suspended") => Ok(()),
            _ => Err(Failure::new(
                400,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            )),
        },
        _ => Ok(()),
    }
}

impl Fresh {
    fn answer(self, bucket: &Bucket) -> Result<StreamAnswer, Failure> {
        let xml = match self {
            Self::Xml(root, inner) => {
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">{inner}</{root}>"
                );
                return Ok(document(text));
            }
            Self::Error(status, code, message) => {
                return Err(Failure::new(status, code, message).with("BucketName", &bucket.name));
            }
            Self::Location => {
                // Of the usual region, it says nothing.
                let region = if bucket.region == "us-east-1" { "" } else { &bucket.region };
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{NAMESPACE}\">{region}\
                     </LocationConstraint>"
                );
                return Ok(document(text));
            }
            Self::AccessControl => buckets::access_control(bucket),
        };
        Ok(answer(xml))
    }
}
