//! TagResource, UntagResource and ListTagsForResource.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, check_tag_count, result};
use wire::query::Answer;

/// These operations call a topic a resource, also where there is none.
fn of_resource(failure: Failure) -> Failure {
    match failure.code() {
        "NotFound" => Failure::new("ResourceNotFound", "Resource does not exist").with_status(404),
        _ => failure,
    }
}

impl Topics {
    pub(super) async fn tag_resource(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let tags = request.tags()?.unwrap_or_default();
        let change = self.change_topic(request, "ResourceArn", |topic| {
            topic.tags.extend(tags);
            check_tag_count(&topic.tags)
        });
        change.await.map_err(of_resource)?;
        Ok(result("TagResource"))
    }

    pub(super) async fn untag_resource(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let keys = request.texts("TagKeys")?;
        let change = self.change_topic(request, "ResourceArn", |topic| {
            topic.tags.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(())
        });
        change.await.map_err(of_resource)?;
        Ok(result("UntagResource"))
    }

    pub(super) fn list_tags_for_resource(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (_, live) = self.named_topic(request, "ResourceArn").map_err(of_resource)?;
        let mut answer = result("ListTagsForResource");
        answer.open("Tags");
        for (key, value) in &live.topic.tags {
            answer.open("member").element("Key", key).element("Value", value).close();
        }
        answer.close();
        Ok(answer)
    }
}
