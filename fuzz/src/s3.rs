//! Whole requests to S3, as [`crate::http`] says them, over a small world: two buckets, one with objects, an upload in parts
//! and settings. They come in by the front door, and are signed as anybody's where they do not say otherwise; `{upload}` stands
//! for the id of the upload. Whatever a request is, it is answered with no error that is the server's and a document that
//! can be read; an object that was put is got as it was put; and all of it is the same when it is opened again.

use crate::front::Front;
use crate::ground::{Ground, World, Worlds, opened};
use crate::http::{Answer, Asked};
use memchr::memmem;
use server::{Routes, Settings};
use services::objects::s3::S3;
use services::objects::s3::xml::Node;
use services::objects::{Address, BucketName, Listing, ObjectKey, Objects, Options, Place};
use std::future::pending;
use std::ops::Bound::Unbounded;
use std::sync::Arc;

/// Any signature is believed by a server without keys.
const SIGNATURE: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// How many objects of a bucket, or parts of an upload, are looked at: more than a request can make.
const LISTED_MAX: usize = 1_000;

/// What is there before the request.
const BEFORE: [&str; 8] = [
    "PUT /bucket",
    "PUT /other",
    "PUT /bucket/key\ncontent-type: text/plain\nx-amz-meta-a: b\nx-amz-tagging: k=v\n\nwhat is in it",
    "PUT /bucket/d%2Fe%20%C3%A4\n\n",
    "PUT /bucket/d/f\nx-amz-checksum-algorithm: SHA256\n\nmore",
    "POST /bucket/parts?uploads",
    "PUT /bucket/parts?partNumber=1&uploadId={upload}\n\nthe first part",
    "PUT /bucket?versioning\n\n<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
];

/// The store, and its front door.
struct Store {
    front: Front,
    objects: Objects,
}

thread_local! {
    static WORLDS: Worlds<Store> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Store {
    /// Buckets with their settings, objects with their bytes, uploads with their parts.
    type Seen = Vec<String>;

    fn open(ground: &Ground) -> Self {
        let path = ground.directory().join("objects");
        let place = Place::Directory { path, sync: false, undo_ms: 0, free_bytes_min: 0 };
        let options = Options { place, shared: false };
        let environment = ground.environment.clone();
        let objects = opened(Objects::open(ground.runner(), ground.space, options, environment.clone()));
        let routes = Routes::new().stream_service(Arc::new(S3::new(objects.clone())));
        let serve = |door| async move {
            let server = server::Server::on(vec![door], Settings::default(), routes, environment);
            server.serve(pending()).await;
        };
        Self { front: Front::serve(ground, serve), objects }
    }

    async fn furnish(&self, ground: &Ground) {
        for text in BEFORE {
            let answer = self.ask(ground, text.as_bytes()).await;
            assert_eq!(answer.map(|answer| answer.status), Some(200), "{text}");
        }
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        self.ask(ground, data).await;
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        let account = &ground.caller.account;
        let mut seen = Vec::new();
        for bucket in opened(self.objects.buckets(account)) {
            seen.push(format!("{bucket:?}"));
            let name = opened(BucketName::new(&bucket.name));
            let all = Listing { prefix: String::new(), delimiter: None, from: Unbounded, count: LISTED_MAX };
            for entry in opened(self.objects.list(&name, account, &all)).entries {
                let key = opened(ObjectKey::new(entry.name()));
                let (object, mut reader) =
                    opened(self.objects.open_object(Address { account, bucket: &name, key: &key }));
                seen.push(format!("{key}: {object:?}"));
                while let Some(piece) = opened(reader.next().await) {
                    seen.push(piece.escape_ascii().to_string());
                }
            }
            for (key, id, upload) in opened(self.objects.uploads(&name, account, "", None)) {
                let key = opened(ObjectKey::new(&key));
                let at = Address { account, bucket: &name, key: &key };
                let parts = opened(self.objects.parts(at, &id, None, LISTED_MAX));
                seen.push(format!("{key} {id:?} {upload:?} {parts:?}"));
            }
        }
        seen
    }
}

impl Store {
    /// Makes a request that is written as the module says, and looks at its answer.
    async fn ask(&self, ground: &Ground, data: &[u8]) -> Option<Answer> {
        let data = self.with_upload(ground, data);
        let asked = signed(Asked::of(&data)?);
        let answer = self.front.ask(ground, &asked).await;
        // What is not done says so.
        assert!(answer.status < 500 || answer.status == 501, "{asked:?}: {answer:?}");
        let has_body = asked.method != "HEAD";
        if answer.status >= 400 && has_body && answer.header("content-type") == Some("application/xml") {
            let error = Node::parse(&answer.body);
            assert!(error.is_ok_and(|error| error.value("Code").is_some()), "{asked:?}: {answer:?}");
        }
        if answer.status == 200 && puts_an_object(&asked) {
            let got = self.get(ground, asked.target).await;
            let is_same = got.status == 200 && got.body == asked.body;
            assert!(is_same && got.header("etag") == answer.header("etag"), "{asked:?}: {got:?}");
        }
        if asked.method == "GET" && answer.status < 400 {
            let again = self.front.ask(ground, &asked).await;
            assert_eq!((again.status, again.body), (answer.status, answer.body.clone()), "{asked:?}");
        }
        Some(answer)
    }

    async fn get(&self, ground: &Ground, target: &str) -> Answer {
        let asked = Asked { method: "GET", target, headers: Vec::new(), trailers: Vec::new(), body: b"" };
        self.front.ask(ground, &signed(asked)).await
    }

    /// With the id of the first upload for what stands for it.
    fn with_upload(&self, ground: &Ground, data: &[u8]) -> Vec<u8> {
        const MARK: &[u8] = b"{upload}";
        let Some(at) = memmem::find(data, MARK) else { return data.to_vec() };
        let bucket = opened(BucketName::new("bucket"));
        let uploads = self.objects.uploads(&bucket, &ground.caller.account, "", None).unwrap_or_default();
        let id = uploads.first().map_or("", |(_, id, _)| id.as_str());
        [&data[..at], id.as_bytes(), &data[at + MARK.len()..]].concat()
    }
}

fn signed(asked: Asked<'_>) -> Asked<'_> {
    let asked = asked.or("host", "localhost").or("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    asked.or("authorization", SIGNATURE)
}

/// Whether a request puts its body as an object, by bucket and key in its path, as whom everybody is here.
fn puts_an_object(asked: &Asked<'_>) -> bool {
    let path = asked.target.trim_start_matches('/');
    asked.method == "PUT"
        && path.split_once('/').is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        && !path.contains(['?', '#'])
        && asked.header("host") == Some("localhost")
        && asked.header("authorization") == Some(SIGNATURE)
        && asked.header("x-amz-content-sha256") == Some("UNSIGNED-PAYLOAD")
        && asked.header("x-amz-copy-source").is_none()
}
