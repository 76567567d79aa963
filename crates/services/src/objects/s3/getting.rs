//! GetObject, HeadObject, GetObjectAttributes.

use super::call::{Call, WithHeader, answer, empty, quoted, unquoted};
use super::failure::Failure;
use super::putting::with_checksum;
use super::range::{self, Range};
use super::times;
use super::xml::Writer;
use crate::objects::{Object, Reader};
use server::stream::Outflow;
use server::{Method, StreamAnswer};

/// Parameters that stand in for headers of the answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

/// What conditional headers make of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    NotModified,
    Failed(&'static str),
}

/// The conditional headers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Conditions<'a> {
    pub(super) matches: Option<&'a str>,
    pub(super) none_match: Option<&'a str>,
    pub(super) modified_since: Option<&'a str>,
    pub(super) unmodified_since: Option<&'a str>,
}

impl Conditions<'_> {
    /// What they make of a request for an object. An entity tag counts for more than a time.
    pub(super) fn judge(self, object: &Object) -> Verdict {
        let is_among = |tags: &str| tags.split(',').map(unquoted).any(|tag| tag == "*" || tag == object.etag);
        let modified_s = object.modified_ms / 1_000;
        let since = |text: Option<&str>| text.and_then(times::parse_http);
        match (self.matches, since(self.unmodified_since)) {
            (Some(tags), _) if !is_among(tags) => return Verdict::Failed("If-Match"),
            (None, Some(since)) if modified_s > since => return Verdict::Failed("If-Unmodified-Since"),
            _ => {}
        }
        match (self.none_match, since(self.modified_since)) {
            (Some(tags), _) if is_among(tags) => Verdict::NotModified,
            (None, Some(since)) if modified_s <= since => Verdict::NotModified,
            _ => Verdict::Go,
        }
    }
}

impl Call {
    /// GetObject and HeadObject.
    pub(super) fn get_object(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let found = self.objects.open_object(self.address()?);
        let (object, reader) = found.map_err(|error| self.failure(error))?;
        let conditions = Conditions {
            matches: self.header("if-match"),
            none_match: self.header("if-none-match"),
            modified_since: self.header("if-modified-since"),
            unmodified_since: self.header("if-unmodified-since"),
        };
        match conditions.judge(&object) {
            Verdict::Go => {}
            Verdict::NotModified => return Ok(described(empty(304), &object)),
            Verdict::Failed(condition) => return Err(precondition_failed(condition)),
        }
        let stretch = self.stretch(&object)?;
        let answer = self.tell(&object, stretch);
        Ok(self.send(answer, reader, stretch.unwrap_or((0, object.size))))
    }

    /// Which bytes are asked for; `None` for all.
    fn stretch(&self, object: &Object) -> Result<Option<(u64, u64)>, Failure> {
        let range = self.header("range");
        if let Some(number) = self.query.get("partNumber") {
            if range.is_some() {
                return Err(Failure::invalid_request(
                    "Cannot specify both Range header and partNumber query parameter",
                ));
            }
            let invalid =
                || Failure::invalid_argument("Part number must be an integer between 1 and 10000, inclusive");
            let number =
                number.parse().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(invalid)?;
            let part = object.part_range(number).ok_or_else(|| {
                Failure::new(416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
            })?;
            return Ok(Some(part));
        }
        match range::parse(range, object.size) {
            Range::Whole => Ok(None),
            Range::Part(from, to) => Ok(Some((from, to))),
            Range::Unsatisfiable => {
                let failure = Failure::new(416, "InvalidRange", "The requested range is not satisfiable");
                let failure = failure.with("RangeRequested", range.unwrap_or_default());
                Err(failure.with("ActualObjectSize", object.size.to_string()))
            }
        }
    }

    /// The head of the answer.
    fn tell(&self, object: &Object, stretch: Option<(u64, u64)>) -> StreamAnswer {
        let mut answer = described(empty(if stretch.is_some() { 206 } else { 200 }), object);
        for (name, value) in &object.attributes.headers {
            let overridden =
                OVERRIDES.iter().any(|(parameter, header)| header == name && self.query.has(parameter));
            if !overridden {
                answer = answer.with_header(name, value);
            }
        }
        for (parameter, name) in OVERRIDES {
            if let Some(value) = self.query.get(parameter) {
                answer = answer.with_header(name, value);
            }
        }
        if let Some((from, to)) = stretch
            && from < to
        {
            answer = answer.with_header("content-range", format!("bytes {from}-{}/{}", to - 1, object.size));
        }
        if let (true, Some(parts)) = (self.query.has("partNumber"), object.parts()) {
            answer = answer.with_header("x-amz-mp-parts-count", parts);
        }
        if !object.attributes.tags.is_empty() {
            answer = answer.with_header("x-amz-tagging-count", object.attributes.tags.len());
        }
        // The checksum is that of all bytes.
        if stretch.is_none() && self.header("x-amz-checksum-mode") == Some("ENABLED") {
            answer = with_checksum(answer, object.checksum.as_ref());
        }
        answer.with_header("x-amz-server-side-encryption", "AES256")
    }

    fn send(&self, mut answer: StreamAnswer, reader: Reader, (from, to): (u64, u64)) -> StreamAnswer {
        if self.request.head().method() == Method::HEAD {
            return answer.with_header("content-length", to - from);
        }
        if from < to {
            answer.outflow = Some(Outflow::new(to - from, reader.range(from, to)));
        }
        answer
    }

    /// GetObjectAttributes.
    pub(super) fn get_object_attributes(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let object = self.objects.object(self.address()?).map_err(|error| self.failure(error))?;
        let asked = self.header("x-amz-object-attributes").unwrap_or_default();
        let is_asked = |name: &str| asked.split(',').any(|asked| asked.trim() == name);
        let mut xml = Writer::new("GetObjectAttributesResponse");
        if is_asked("ETag") {
            xml.element("ETag", &object.etag);
        }
        if let (true, Some(checksum)) = (is_asked("Checksum"), &object.checksum) {
            let value = checksum.value.split('-').next().unwrap_or_default();
            xml.open("Checksum").element(&format!("Checksum{}", checksum.algorithm.name()), value);
            xml.element("ChecksumType", checksum.kind.name()).close();
        }
        if let (true, Some(parts)) = (is_asked("ObjectParts"), object.parts()) {
            xml.open("ObjectParts").element("PartsCount", parts.to_string()).close();
        }
        if is_asked("StorageClass") {
            xml.element(
                "StorageClass",
                object.attributes.header("x-amz-storage-class").unwrap_or("STANDARD"),
            );
        }
        if is_asked("ObjectSize") {
            xml.element("ObjectSize", object.size.to_string());
        }
        Ok(answer(xml).with_header("last-modified", times::http(object.modified_ms)))
    }
}

/// With what tells one state of an object from another.
fn described(answer: StreamAnswer, object: &Object) -> StreamAnswer {
    answer
        .with_header("etag", quoted(&object.etag))
        .with_header("last-modified", times::http(object.modified_ms))
        .with_header("accept-ranges", "bytes")
}

pub(super) fn precondition_failed(condition: &'static str) -> Failure {
    let failure = Failure::new(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    );
    failure.with("Condition", condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_judged_tags_before_times() {
        let object: Object =
            serde_json::from_str(r#"{"size":0,"etag":"ab","modified_ms":784111777500,"pieces":""}"#).unwrap();
        let (then, before) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT");
        let none = Conditions::default();
        let cases = [
            (none, Verdict::Go),
            (Conditions { matches: Some("\"ab\""), ..none }, Verdict::Go),
            (Conditions { matches: Some("\"x\", \"ab\""), ..none }, Verdict::Go),
            (Conditions { matches: Some("*"), ..none }, Verdict::Go),
            (Conditions { matches: Some("x"), ..none }, Verdict::Failed("If-Match")),
            (Conditions { matches: Some("ab"), unmodified_since: Some(before), ..none }, Verdict::Go),
            (Conditions { unmodified_since: Some(before), ..none }, Verdict::Failed("If-Unmodified-Since")),
            (Conditions { unmodified_since: Some(then), ..none }, Verdict::Go),
            (Conditions { none_match: Some("W/\"ab\""), ..none }, Verdict::NotModified),
            (Conditions { none_match: Some("x"), modified_since: Some(then), ..none }, Verdict::Go),
            (Conditions { modified_since: Some(then), ..none }, Verdict::NotModified),
            (Conditions { modified_since: Some(before), ..none }, Verdict::Go),
            (Conditions { modified_since: Some("yesterday"), ..none }, Verdict::Go),
        ];
        for (conditions, verdict) in cases {
            assert_eq!(conditions.judge(&object), verdict, "{conditions:?}");
        }
    }
}
