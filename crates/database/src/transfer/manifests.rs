//! The objects of an export: files of lines, compressed, and small ones.

use super::export::Export;
use super::items::{Lines, Page};
use super::job::Failure;
use crate::objects::{Bucket, ObjectWriter, Objects};
use bytes::Bytes;
use environment::Random;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::sync::Arc;
use transfer::Md5;
use transfer::manifest::DataFile;

/// A file ends when its lines have this many bytes.
const FILE_BYTES: u64 = 128 << 20;

/// What is compressed is written in pieces of about this many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// A file that is being written.
struct Open {
    key: String,
    object: Box<dyn ObjectWriter>,
    digest: Md5,
    encoder: GzEncoder<Vec<u8>>,
    items: u64,
    bytes: u64,
}

/// Writes the objects of an export.
pub(super) struct Files {
    objects: Arc<dyn Objects>,
    bucket: String,
    account: String,
    suffix: &'static str,
    random: Random,
    open: Option<Open>,
    /// `manifest-files.json` so far.
    manifest: Vec<u8>,
    items: u64,
}

impl Files {
    pub(super) fn new(objects: Arc<dyn Objects>, export: &Export, random: Random) -> Self {
        Self {
            objects,
            bucket: export.bucket.clone(),
            account: export.bucket_owner.clone().unwrap_or_else(|| export.job.account.clone()),
            suffix: if export.format == "ION" { "ion" } else { "json" },
            random,
            open: None,
            manifest: Vec::new(),
            items: 0,
        }
    }

    async fn create(&mut self, key: &str) -> Result<Box<dyn ObjectWriter>, Failure> {
        let bucket = Bucket { name: &self.bucket, account: &self.account };
        Ok(self.objects.create(bucket, key).await?)
    }

    /// Writes an object whole.
    pub(super) async fn write_small(&mut self, key: &str, text: Vec<u8>) -> Result<(), Failure> {
        let mut object = self.create(key).await?;
        if !text.is_empty() {
            object.write(text.into()).await?;
        }
        object.finish().await?;
        Ok(())
    }

    async fn opened(&mut self, data: &str) -> Result<Open, Failure> {
        if let Some(open) = self.open.take() {
            return Ok(open);
        }
        let key = format!("{data}{}.{}.gz", name(&self.random), self.suffix);
        let object = self.create(&key).await?;
        let encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        Ok(Open { key, object, digest: Md5::default(), encoder, items: 0, bytes: 0 })
    }

    /// Writes a page to the file that is open, or to a new one.
    pub(super) async fn write_page(
        &mut self,
        data: &str,
        page: Page,
        lines: &Arc<Lines>,
    ) -> Result<(), Failure> {
        let mut open = self.opened(data).await?;
        let lines = Arc::clone(lines);
        // Compressing takes a while, which no other task is to wait for.
        let written = environment::offload(move || {
            let mut text = Vec::new();
            let count = lines.write(&mut text, page).map_err(|error| internal(&error))?;
            open.encoder.write_all(&text).map_err(|error| internal(&error))?;
            open.items += count;
            open.bytes += text.len() as u64;
            Ok::<_, Failure>(open)
        });
        let mut open = written.await.map_err(|error| internal(&error))??;
        if open.encoder.get_ref().len() >= PIECE_BYTES {
            let piece = std::mem::take(open.encoder.get_mut());
            open.write(piece).await?;
        }
        if open.bytes < FILE_BYTES {
            self.open = Some(open);
            return Ok(());
        }
        self.close(open).await
    }

    async fn close(&mut self, mut open: Open) -> Result<(), Failure> {
        open.encoder.try_finish().map_err(|error| internal(&error))?;
        let piece = std::mem::take(open.encoder.get_mut());
        open.write(piece).await?;
        let tag = open.object.finish().await?;
        self.items += open.items;
        let file = DataFile {
            key: open.key,
            items: open.items,
            md5: open.digest.base64(),
            etag: tag.unwrap_or_else(|| open.digest.hex()),
        };
        file.write(&mut self.manifest);
        Ok(())
    }

    /// Ends the last file; there is one at least. Answers `manifest-files.json` and how many items there are.
    pub(super) async fn finish(&mut self, data: &str) -> Result<(Vec<u8>, u64), Failure> {
        if self.open.is_some() || self.manifest.is_empty() {
            let open = self.opened(data).await?;
            self.close(open).await?;
        }
        Ok((std::mem::take(&mut self.manifest), self.items))
    }
}

impl Open {
    async fn write(&mut self, piece: Vec<u8>) -> Result<(), Failure> {
        self.digest.update(&piece);
        Ok(self.object.write(Bytes::from(piece)).await?)
    }
}

fn internal(error: &dyn std::fmt::Display) -> Failure {
    Failure::new("InternalServerError", error.to_string())
}

/// A random name in 26 digits of base 32, as AWS names files.
fn name(random: &Random) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bits = random.next_u128();
    let mut digit = || {
        let digit = DIGITS[(bits & 31) as usize];
        bits >>= 5;
        char::from(digit)
    };
    (0..26).map(|_| digit()).collect()
}
