//! The documents that S3 takes for what is set of a bucket, from the properties of a template.

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A property, the subresource that it is, and how it is written.
type Setting = (&'static str, &'static str, fn(&Json) -> String);

/// What can be set.
pub(super) const SETTINGS: [Setting; 6] = [
    ("BucketEncryption", "encryption", encryption),
    ("CorsConfiguration", "cors", cors),
    ("LifecycleConfiguration", "lifecycle", lifecycle),
    ("OwnershipControls", "ownershipControls", ownership),
    ("PublicAccessBlockConfiguration", "publicAccessBlock", public_access),
    ("VersioningConfiguration", "versioning", versioning),
];

/// What is in an element.
#[derive(Default)]
struct Body(String);

impl Body {
    /// An element with a text, where there is one.
    fn text(&mut self, name: &str, value: &Json) -> &mut Self {
        let text = match value {
            Json::Null => return self,
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.0.push_str(&format!("<{name}>"));
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '\r' => self.0.push_str("&#13;"),
                other => self.0.push(other),
            }
        }
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// An element with a text for each of a list.
    fn texts(&mut self, name: &str, values: &Json) -> &mut Self {
        for value in values.as_array().into_iter().flatten() {
            self.text(name, value);
        }
        self
    }

    /// An element with others in it, where there are any.
    fn element(&mut self, name: &str, write: impl FnOnce(&mut Body)) -> &mut Self {
        let mut inner = Body::default();
        write(&mut inner);
        if !inner.0.is_empty() {
            self.0.push_str(&format!("<{name}>{}</{name}>", inner.0));
        }
        self
    }

    /// An element for each of a list.
    fn each(&mut self, name: &str, values: &Json, write: impl Fn(&mut Body, &Json)) -> &mut Self {
        for value in values.as_array().into_iter().flatten() {
            self.element(name, |body| write(body, value));
        }
        self
    }
}

fn document(root: &str, write: impl FnOnce(&mut Body)) -> String {
    let mut body = Body::default();
    write(&mut body);
    format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</{root}>", body.0)
}

/// Tags.
pub(super) fn tagging(tags: &BTreeMap<String, String>) -> String {
    document("Tagging", |body| {
        body.element("TagSet", |set| {
            for (key, value) in tags {
                set.element("Tag", |tag| {
                    tag.text("Key", &Json::from(key.as_str())).text("Value", &Json::from(value.as_str()));
                });
            }
        });
    })
}

fn versioning(value: &Json) -> String {
    document("VersioningConfiguration", |body| {
        body.text("Status", &value["Status"]);
    })
}

fn ownership(value: &Json) -> String {
    document("OwnershipControls", |body| {
        body.each("Rule", &value["Rules"], |rule, given| {
            rule.text("ObjectOwnership", &given["ObjectOwnership"]);
        });
    })
}

fn public_access(value: &Json) -> String {
    let names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    document("PublicAccessBlockConfiguration", |body| {
        for name in names {
            body.text(name, &Json::Bool(value[name] == true));
        }
    })
}

fn encryption(value: &Json) -> String {
    document("ServerSideEncryptionConfiguration", |body| {
        body.each("Rule", &value["ServerSideEncryptionConfiguration"], |rule, given| {
            rule.element("ApplyServerSideEncryptionByDefault", |default| {
                let by_default = &given["ServerSideEncryptionByDefault"];
                default.text("SSEAlgorithm", &by_default["SSEAlgorithm"]);
                default.text("KMSMasterKeyID", &by_default["KMSMasterKeyID"]);
            });
            rule.text("BucketKeyEnabled", &Json::Bool(given["BucketKeyEnabled"] == true));
            rule.element("BlockedEncryptionTypes", |blocked| {
                blocked.texts("EncryptionType", &given["BlockedEncryptionTypes"]["EncryptionType"]);
            });
        });
    })
}

fn cors(value: &Json) -> String {
    document("CORSConfiguration", |body| {
        body.each("CORSRule", &value["CorsRules"], |rule, given| {
            rule.text("ID", &given["Id"])
                .texts("AllowedHeader", &given["AllowedHeaders"])
                .texts("AllowedMethod", &given["AllowedMethods"])
                .texts("AllowedOrigin", &given["AllowedOrigins"])
                .texts("ExposeHeader", &given["ExposedHeaders"])
                .text("MaxAgeSeconds", &given["MaxAge"]);
        });
    })
}

fn lifecycle(value: &Json) -> String {
    document("LifecycleConfiguration", |body| {
        body.each("Rule", &value["Rules"], lifecycle_rule);
    })
}

fn lifecycle_rule(rule: &mut Body, given: &Json) {
    rule.text("ID", &given["Id"]).text("Status", &given["Status"]);
    filter(rule, given);
    rule.element("Expiration", |expiration| {
        expiration
            .text("Date", &given["ExpirationDate"])
            .text("Days", &given["ExpirationInDays"])
            .text("ExpiredObjectDeleteMarker", &given["ExpiredObjectDeleteMarker"]);
    });
    let transition = |transition: &mut Body, given: &Json| {
        transition
            .text("Date", &given["TransitionDate"])
            .text("Days", &given["TransitionInDays"])
            .text("StorageClass", &given["StorageClass"]);
    };
    rule.element("Transition", |one| transition(one, &given["Transition"]));
    rule.each("Transition", &given["Transitions"], transition);
    rule.element("NoncurrentVersionExpiration", |expiration| {
        let old = &given["NoncurrentVersionExpiration"];
        expiration
            .text("NoncurrentDays", &given["NoncurrentVersionExpirationInDays"])
            .text("NoncurrentDays", &old["NoncurrentDays"])
            .text("NewerNoncurrentVersions", &old["NewerNoncurrentVersions"]);
    });
    let old_transition = |transition: &mut Body, given: &Json| {
        transition
            .text("NoncurrentDays", &given["TransitionInDays"])
            .text("StorageClass", &given["StorageClass"])
            .text("NewerNoncurrentVersions", &given["NewerNoncurrentVersions"]);
    };
    rule.element("NoncurrentVersionTransition", |one| {
        old_transition(one, &given["NoncurrentVersionTransition"]);
    });
    rule.each("NoncurrentVersionTransition", &given["NoncurrentVersionTransitions"], old_transition);
    rule.element("AbortIncompleteMultipartUpload", |abort| {
        let days = &given["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"];
        abort.text("DaysAfterInitiation", days);
    });
}

/// What a rule is about: one thing, or several at once; all objects where nothing is said.
fn filter(rule: &mut Body, given: &Json) {
    let sizes = ["ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    let tags = given["TagFilters"].as_array().map_or(0, Vec::len);
    let single = ["Prefix"].iter().chain(&sizes).filter(|name| !given[**name].is_null()).count();
    let write = |filter: &mut Body| {
        filter.text("Prefix", &given["Prefix"]);
        for name in sizes {
            filter.text(name, &given[name]);
        }
        filter.each("Tag", &given["TagFilters"], |tag, given| {
            tag.text("Key", &given["Key"]).text("Value", &given["Value"]);
        });
    };
    rule.element("Filter", |filter| match single + tags {
        0 => {
            filter.text("Prefix", &Json::from(""));
        }
        1 => write(filter),
        _ => {
            filter.element("And", write);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use services::objects::s3::xml::Node;

    #[test]
    fn documents_are_as_s3_takes_them() {
        let rules = json!({ "Rules": [
            { "Id": "a<b", "Status": "Enabled", "NoncurrentVersionExpiration": { "NoncurrentDays": 30 } },
            { "Status": "Enabled", "Prefix": "p/", "TagFilters": [{ "Key": "k", "Value": "v" }], "ExpirationInDays": 1 },
        ] });
        let root = Node::parse(lifecycle(&rules).as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("LifecycleConfiguration", 2));
        let (first, second) = (&root.children[0], &root.children[1]);
        assert_eq!(first.value("ID"), Some("a<b"));
        assert_eq!(first.child("NoncurrentVersionExpiration").unwrap().value("NoncurrentDays"), Some("30"));
        assert_eq!(first.child("Filter").unwrap().value("Prefix"), Some(""));
        let both = second.child("Filter").unwrap().child("And").unwrap();
        assert_eq!((both.value("Prefix"), both.child("Tag").unwrap().value("Key")), (Some("p/"), Some("k")));
        assert_eq!(second.child("Expiration").unwrap().value("Days"), Some("1"));
    }

    #[test]
    fn flags_that_are_not_said_are_off() {
        let root = Node::parse(public_access(&json!({ "BlockPublicAcls": true })).as_bytes()).unwrap();
        assert_eq!(root.value("BlockPublicAcls"), Some("true"));
        assert_eq!(root.value("RestrictPublicBuckets"), Some("false"));
    }
}
