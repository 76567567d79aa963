//! The manifests of an export: what it holds, and which files it is made of.

use crate::Md5;
use wire::json::ObjectWriter;

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The key of the object.
    pub key: String,
    /// How many items are in it.
    pub items: u64,
    /// The MD5 of its bytes, in base64.
    pub md5: String,
    /// The tag of the object.
    pub etag: String,
}

impl DataFile {
    /// A line of `manifest-files.json`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut line = ObjectWriter::new(out);
        line.unsigned("itemCount", self.items);
        line.string("md5Checksum", &self.md5);
        line.string("etag", &self.etag);
        line.string("dataFileS3Key", &self.key);
        line.end();
        out.push(b'\n');
    }
}

/// The moment or the time that an export is of. Times are as RFC 3339 writes them, with milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All items of one moment.
    Full {
        /// Which.
        time: String,
    },
    /// What changed in a time.
    Incremental {
        /// The beginning, within.
        from: String,
        /// The end, without.
        to: String,
        /// `NEW_IMAGE` or `NEW_AND_OLD_IMAGES`.
        view: String,
    },
}

/// What `manifest-summary.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The export.
    pub export_arn: String,
    /// When it began.
    pub start_time: String,
    /// When it ended.
    pub end_time: String,
    /// The table.
    pub table_arn: String,
    /// The id of the table.
    pub table_id: String,
    /// What it is of.
    pub extent: Extent,
    /// The bucket that it is in.
    pub bucket: String,
    /// What its keys begin with.
    pub prefix: Option<String>,
    /// How it is said to be encrypted.
    pub sse_algorithm: Option<String>,
    /// With which key.
    pub sse_key: Option<String>,
    /// The key of `manifest-files.json`.
    pub files_key: String,
    /// What AWS would ask to be paid for.
    pub billed_bytes: u64,
    /// How many items are in all files.
    pub items: u64,
    /// `DYNAMODB_JSON` or `ION`.
    pub format: String,
}

impl Summary {
    /// The text of `manifest-summary.json`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut summary = ObjectWriter::new(&mut out);
        let is_full = matches!(self.extent, Extent::Full { .. });
        summary.string("version", if is_full { "2020-06-30" } else { "2023-08-01" });
        summary.string("exportArn", &self.export_arn);
        summary.string("startTime", &self.start_time);
        summary.string("endTime", &self.end_time);
        summary.string("tableArn", &self.table_arn);
        summary.string("tableId", &self.table_id);
        match &self.extent {
            Extent::Full { time } => summary.string("exportTime", time),
            Extent::Incremental { from, to, .. } => {
                summary.string("exportFromTime", from);
                summary.string("exportToTime", to);
            }
        }
        summary.string("s3Bucket", &self.bucket);
        or_null(&mut summary, "s3Prefix", self.prefix.as_deref());
        or_null(&mut summary, "s3SseAlgorithm", self.sse_algorithm.as_deref());
        or_null(&mut summary, "s3SseKmsKeyId", self.sse_key.as_deref());
        summary.string("manifestFilesS3Key", &self.files_key);
        summary.unsigned("billedSizeBytes", self.billed_bytes);
        summary.unsigned("itemCount", self.items);
        summary.string("outputFormat", &self.format);
        if let Extent::Incremental { view, .. } = &self.extent {
            summary.string("outputView", view);
            summary.string("exportType", "INCREMENTAL_EXPORT");
        } else {
            summary.string("exportType", "FULL_EXPORT");
        }
        summary.end();
        out
    }
}

fn or_null(object: &mut ObjectWriter<'_>, name: &'static str, text: Option<&str>) {
    match text {
        Some(text) => object.string(name, text),
        None => object.member(name).extend_from_slice(b"null"),
    }
}

/// What the `.md5` beside a manifest says: its MD5 in base64.
#[must_use]
pub fn checksum(manifest: &[u8]) -> String {
    Md5::of(manifest).base64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(extent: Extent) -> serde_json::Value {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/dogs";
        let summary = Summary {
            export_arn: format!("{arn}/export/01234567890123-a1b2c3d4"),
            start_time: "2020-11-04T07:28:34.028Z".into(),
            end_time: "2020-11-04T07:33:43.897Z".into(),
            table_arn: arn.into(),
            table_id: "12345a12-abcd-123a-ab12-1234abc12345".into(),
            extent,
            bucket: "out".into(),
            prefix: None,
            sse_algorithm: Some("AES256".into()),
            sse_key: None,
            files_key: "AWSDynamoDB/01345678901234-abc12345/manifest-files.json".into(),
            billed_bytes: 0,
            items: 8,
            format: "DYNAMODB_JSON".into(),
        };
        serde_json::from_slice(&summary.to_json()).unwrap()
    }

    #[test]
    fn a_summary_tells_what_the_export_is_of() {
        let full = summary(Extent::Full { time: "2020-11-04T07:28:34.028Z".into() });
        assert_eq!(full["version"], "2020-06-30");
        assert_eq!(full["exportTime"], "2020-11-04T07:28:34.028Z");
        assert_eq!(full["s3Prefix"], serde_json::Value::Null);
        assert_eq!(full["itemCount"], 8);
        assert_eq!(full["exportType"], "FULL_EXPORT");
        let view = "NEW_IMAGE".to_owned();
        let part = summary(Extent::Incremental { from: "a".into(), to: "b".into(), view });
        assert_eq!(part["version"], "2023-08-01");
        assert_eq!(part["exportFromTime"], "a");
        assert_eq!(part["exportToTime"], "b");
        assert_eq!(part["outputView"], "NEW_IMAGE");
        assert_eq!(part["exportTime"], serde_json::Value::Null);
    }

    #[test]
    fn a_file_is_a_line() {
        let file = DataFile { key: "k".into(), items: 2, md5: "m==".into(), etag: "e".into() };
        let mut out = Vec::new();
        file.write(&mut out);
        let line = "{\"itemCount\":2,\"md5Checksum\":\"m==\",\"etag\":\"e\",\"dataFileS3Key\":\"k\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), line);
    }
}
