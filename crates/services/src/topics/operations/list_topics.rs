//! ListTopics: the caller's topics by name, a hundred at a time.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::query::Answer;

/// How many entries a page has.
pub(super) const PAGE: usize = 100;

/// What `NextToken` says: after which entry to go on.
pub(super) fn token(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The entry after which to go on.
pub(super) fn after(request: &Request<'_>) -> Result<Option<String>, Failure> {
    let Some(token) = request.members.text("NextToken").filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let read = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    read.map(Some).ok_or_else(|| Failure::parameter("NextToken"))
}

impl Topics {
    pub(super) fn list_topics(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let after = after(request)?;
        let state = self.state();
        let topics = state.topics(&request.caller.account, &request.caller.region);
        let mut topics =
            topics.skip_while(|live| after.as_ref().is_some_and(|after| live.topic.name <= *after));
        let mut answer = result("ListTopics");
        answer.open("Topics");
        let mut last = None;
        for live in topics.by_ref().take(PAGE) {
            answer.open("member").element("TopicArn", live.topic.arn()).close();
            last = Some(live.topic.name.clone());
        }
        answer.close();
        if let Some(last) = last.filter(|_| topics.next().is_some()) {
            answer.element("NextToken", token(&last));
        }
        Ok(answer)
    }
}
