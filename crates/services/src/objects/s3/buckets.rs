//! Buckets: CreateBucket, HeadBucket, DeleteBucket, ListBuckets; access control lists, which all say the same.

use super::call::{Call, WithHeader, answer, empty, from_base64};
use super::failure::Failure;
use super::xml::{Node, Writer};
use crate::hex::hex;
use crate::objects::{Bucket, ObjectsError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use environment::calendar::iso;
use server::StreamAnswer;
use sha2::{Digest, Sha256};

/// The region that a bucket is in where nothing else is said, and which no request may name.
const USUAL_REGION: &str = "us-east-1";

/// Who owns what others put into a bucket.
const OWNERSHIPS: [&str; 3] = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

/// The most buckets in one answer.
const BUCKETS_MAX: usize = 10_000;

impl Call {
    /// CreateBucket.
    pub(super) async fn create_bucket(mut self) -> Result<StreamAnswer, Failure> {
        self.check_acl()?;
        if self
            .header("x-amz-bucket-object-lock-enabled")
            .is_some_and(|enabled| enabled.eq_ignore_ascii_case("true"))
        {
            return Err(Failure::not_implemented("x-amz-bucket-object-lock-enabled"));
        }
        let configuration = self.document().await?;
        let configuration = match &configuration[..] {
            [] => Node::default(),
            document => Node::parse(document).map_err(|_| Failure::malformed_xml())?,
        };
        if !matches!(configuration.name.as_str(), "" | "CreateBucketConfiguration") {
            return Err(Failure::malformed_xml());
        }
        let region = self.region(configuration.value("LocationConstraint").unwrap_or_default())?;
        let ownership = self.ownership()?;
        let name = self.name()?;
        match self.objects.create_bucket(name, self.account(), &region).await {
            Ok(_) => {}
            // In the usual region, to make what is there is no error, for reasons of history.
            Err(ObjectsError::BucketAlreadyOwnedByYou) if region == USUAL_REGION => {}
            Err(error) => return Err(self.failure(error)),
        }
        if ownership.is_some() {
            let set = self.objects.set_bucket(name, self.account(), "ownershipControls", ownership).await;
            set.map_err(|error| self.failure(error))?;
        }
        Ok(empty(200).with_header("location", format!("/{name}")))
    }

    /// The ownership controls of a new bucket, where a header names them.
    fn ownership(&self) -> Result<Option<String>, Failure> {
        let Some(ownership) = self.header("x-amz-object-ownership") else { return Ok(None) };
        if !OWNERSHIPS.contains(&ownership) {
            let message = format!("Invalid x-amz-object-ownership header: {ownership}");
            return Err(Failure::invalid_argument(message));
        }
        let mut xml = Writer::new("OwnershipControls");
        xml.open("Rule").element("ObjectOwnership", ownership);
        Ok(Some(xml.finish()))
    }

    /// The region of a new bucket: that of the request, which must name it, but for the usual one.
    fn region(&self, constraint: &str) -> Result<String, Failure> {
        let region = self.request.identity.region.as_str();
        let illegal = |message: String| Failure::new(400, "IllegalLocationConstraintException", message);
        let is_region = constraint.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match constraint {
            "" if region == USUAL_REGION => Ok(USUAL_REGION.to_owned()),
            "" => Err(illegal(
                "The unspecified location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
                    .to_owned(),
            )),
            _ if constraint == USUAL_REGION || !is_region => {
                let failure = Failure::new(400, "InvalidLocationConstraint", "The specified location-constraint is not valid");
                Err(failure.with("LocationConstraint", constraint))
            }
            _ if region == USUAL_REGION || region == constraint => Ok(constraint.to_owned()),
            _ => Err(illegal(format!(
                "The {constraint} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            ))),
        }
    }

    /// HeadBucket.
    pub(super) fn head_bucket(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        Ok(empty(200)
            .with_header("x-amz-bucket-region", bucket.region)
            .with_header("x-amz-access-point-alias", "false"))
    }

    /// DeleteBucket.
    pub(super) async fn delete_bucket(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let deleted = self.objects.delete_bucket(self.name()?, self.account()).await;
        deleted.map_err(|error| self.failure(error))?;
        Ok(empty(204))
    }

    /// ListBuckets.
    pub(super) fn list_buckets(self) -> Result<StreamAnswer, Failure> {
        let mut buckets = self.objects.buckets(self.account())?;
        let prefix = self.query.get("prefix").unwrap_or_default();
        let after = self.query.get("continuation-token").map(|token| {
            let name = from_base64(token).and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| Failure::invalid_argument("The continuation token provided is incorrect"))
        });
        let after = after.transpose()?.unwrap_or_default();
        let region = self.query.get("bucket-region");
        let is_asked = |bucket: &Bucket| {
            bucket.name.starts_with(prefix)
                && bucket.name > after
                && region.is_none_or(|region| region == bucket.region)
        };
        buckets.retain(is_asked);
        let most = match self.query.get("max-buckets").map(str::parse) {
            None => BUCKETS_MAX,
            Some(Ok(most)) if (1..=BUCKETS_MAX).contains(&most) => most,
            Some(_) => {
                return Err(Failure::invalid_argument(
                    "Argument max-buckets must be an integer between 1 and 10000",
                ));
            }
        };
        let more = buckets.len() > most;
        buckets.truncate(most);
        let mut xml = Writer::new("ListAllMyBucketsResult");
        owner(&mut xml, "Owner", self.account());
        xml.open("Buckets");
        for bucket in &buckets {
            xml.open("Bucket").element("Name", &bucket.name);
            xml.element("CreationDate", iso(bucket.created_ms));
            xml.element("BucketRegion", &bucket.region).close();
        }
        xml.close();
        xml.optional("Prefix", self.query.get("prefix"));
        if let (true, Some(last)) = (more, buckets.last()) {
            xml.element("ContinuationToken", BASE64.encode(&last.name));
        }
        Ok(answer(xml))
    }

    /// GetObjectAcl.
    pub(super) fn get_object_acl(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        self.objects.object(self.address()?).map_err(|error| self.failure(error))?;
        Ok(answer(access_control(&bucket)))
    }

    /// PutObjectAcl.
    pub(super) fn put_object_acl(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        self.objects.object(self.address()?).map_err(|error| self.failure(error))?;
        if self.header("x-amz-acl").is_none() {
            return Err(Failure::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"));
        }
        self.check_acl()?;
        Ok(empty(200))
    }
}

/// The list by which the owner of a bucket may do everything, and nobody else anything.
pub(super) fn access_control(bucket: &Bucket) -> Writer {
    let mut xml = Writer::new("AccessControlPolicy");
    owner(&mut xml, "Owner", &bucket.account);
    xml.open("AccessControlList").open("Grant");
    let grantee =
        "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"";
    owner(&mut xml, grantee, &bucket.account);
    xml.element("Permission", "FULL_CONTROL");
    xml
}

/// Who an account is: S3 knows accounts by 64 digits of their own.
pub(super) fn owner(xml: &mut Writer, element: &'static str, account: &str) {
    let hash = Sha256::digest(format!("canonical user of account {account}"));
    xml.open(element).element("ID", hex(&hash)).close();
}
